"""What the chapter on EPOpt shows of the adaptation of the source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.source_adaptation import (
    Adaptation,
    AdaptationSettings,
    fit_source,
    log_density,
    log_likelihoods,
)
from lecture_code.experiments.results import Result
from lecture_code.learning.particles import posterior
from lecture_code.show import GREY, METHOD_COLOURS, Picture, Table, band, new_figure
from lecture_code.simulation import Source, Trajectories, TruncatedGaussian, World

from .ensembles import COLOURS, Arrays, several

Array = NDArray[np.float64]

BRANCHES = {
    "adapted": COLOURS["EPOpt(0.1)"],
    "not adapted": GREY,
    "in the target": METHOD_COLOURS["reality"],
}
"""Where a policy trains on after each round -> colour."""
KNOBS = ("torso mass", "friction")


def source_row(source: Source) -> dict[str, str]:
    """Mean ± standard deviation of every knob of a source; a knob with a narrow range
    has two decimals.
    """
    row = {}
    for knob, belief in source.items():
        if isinstance(belief, TruncatedGaussian):
            digits = 1 if belief.high - belief.low > 2 else 2
            row[knob.replace("_", " ")] = (
                f"{belief.mean:.{digits}f} ± {belief.std:.{digits}f}"
            )
    return row


def cloud(
    hopper: World,
    prior: dict[str, TruncatedGaussian],
    particles: Mapping[str, Array],
    recording: Trajectories,
    truth: tuple[float, float],
    steps: int,
) -> Picture:
    """Particles weighted by how well they explain some steps of the robot.

    Args:
        hopper: the simulator.
        prior: the source so far, of mass and friction.
        particles: knob -> values, drawn from the prior three times as wide.
        recording: of the robot.
        truth: the robot's mass [kg] and friction.
        steps: of the recording that are used.
    """
    pairs = zip(*particles.values(), strict=True)
    worlds = [
        hopper.change(torso_mass=float(mass), friction=float(friction))
        for mass, friction in pairs
    ]
    sampling = {knob: belief.widened(3.0) for knob, belief in prior.items()}
    ratio = log_density(prior, particles), log_density(sampling, particles)
    likely = log_likelihoods(worlds, recording, AdaptationSettings(steps=steps))
    found = posterior(particles, likely, *ratio, least_ess=0.1)
    source = fit_source(found, prior, floor=0.02)
    return _draw_cloud(particles, found, source, truth, steps)


def _draw_cloud(
    particles: Mapping[str, Array],
    found: Any,
    source: Mapping[str, TruncatedGaussian],
    truth: tuple[float, float],
    steps: int,
) -> Picture:
    mass, friction = source["torso_mass"], source["friction"]
    figure, axes = new_figure(height=3.4)
    dots = {"s": 4 + 900 * found.weights, "alpha": 0.5, "linewidth": 0}
    axes.scatter(*particles.values(), color=COLOURS["EPOpt(0.1)"], **dots)
    bars = {"color": METHOD_COLOURS["simulation"], "capsize": 3}
    ends = mass.mean, friction.mean, friction.std, mass.std
    axes.errorbar(*ends, label="new source", **bars)
    axes.plot(*truth, "*", ms=15, color=METHOD_COLOURS["reality"], label="the robot")
    axes.set(xlabel="torso mass [kg]", ylabel="friction [×]", xlim=(2.8, 9.2))
    axes.set_ylim(0.4, 1.8)
    axes.legend(loc="upper left", ncols=2)
    row = source_row(source)
    words = f"mass {row['torso mass']} kg, friction {row['friction']}"
    axes.set_title(f"ESS {found.ess:.0f} of {len(found.weights)}, β = {found.beta:.2g}")
    return Picture(
        figure,
        alt=f"After {steps} {'step' if steps == 1 else 'steps'} of the robot: {words}. "
        f"Effective sample size "
        f"{found.ess:.0f} of {len(found.weights)} at β = {found.beta:.2g}.",
        caption=f"New source: {words}. A large dot is a particle with a large weight.",
        form="webp",
    )


def rounds_table(prior: Source, states: Sequence[Adaptation[Any]]) -> Table:
    """The source after each episode, and how many particles are behind it."""
    rows = {"before": source_row(prior)}
    for turn, state in enumerate(states, 1):
        rows[f"episode {turn}"] = source_row(state.source)
        if state.posterior is not None:
            rows[f"episode {turn}"]["ESS"] = f"{state.posterior.ess:.0f}"
    return Table(rows, corner="after")


# --- the committed result `epopt_adaptation`


def hidden_errors(result: Result, knob: int) -> Array:
    """Error of the source's mean as a share of the knob's range, (targets, rounds)."""
    _, _, low, high = list(result.settings["source"].values())[knob]
    rows = []
    for run in result.curves["hidden"]:
        for truth, *found in run.values():
            rows.append([abs(source[knob][0] - truth[knob]) for source in found])
    errors: Array = np.array(rows) / (high - low)
    return errors


def hidden(result: Result) -> Picture:
    """Error of the source's mean against episodes in the target."""
    figure, axes = new_figure()
    words = []
    for knob, name in enumerate(KNOBS):
        errors = 100 * hidden_errors(result, knob)
        episodes = np.arange(1, errors.shape[1] + 1)
        colour = COLOURS[("EPOpt(0.1)", "EPOpt(1)")[knob]]
        band(axes, episodes, errors, name, colour)
        words.append(f"{name} {several(np.median(errors, axis=0))}")
    axes.axhline(10, color=GREY, linestyle=":")
    axes.set(xlabel="episodes in the target", ylabel="error [% of the range]")
    axes.set_xticks(episodes)
    axes.set_ylim(bottom=0)
    axes.legend()
    return Picture(
        figure,
        alt="Error of the source's mean against episodes. Medians in per cent of the "
        f"range: {'; '.join(words)}.",
        caption=f"{len(errors)} targets: median, lowest and highest. Dotted: a tenth "
        "of the range.",
    )


def loop(arrays: Arrays) -> Picture:
    """Return in the target against rounds, for every branch."""
    figure, axes = new_figure()
    words = []
    for earned, (name, colour) in zip(_returns(arrays), BRANCHES.items(), strict=True):
        band(axes, np.arange(earned.shape[1]), earned, name, colour)
        ends = np.median(earned, axis=0)[[0, -1]]
        words.append(f"{name} {several(ends)}")
    axes.set(xlabel="rounds", ylabel="return in the target", ylim=(0, None))
    axes.legend(loc="lower right", ncols=3)
    return Picture(
        figure,
        alt="Return in the target against rounds. Medians before the first and after "
        f"the last: {'; '.join(words)}.",
        caption="Five policies: median, lowest and highest of the means of twenty "
        "episodes.",
    )


def _returns(arrays: Arrays) -> Array:
    """Mean return in the target, (branches, seeds, rounds + 1)."""
    return np.asarray(arrays["returns"].mean(axis=-1), dtype=float)


def loop_table(arrays: Arrays) -> Table:
    """Return in the target before, after two rounds and at the end."""
    rows = {}
    for earned, name in zip(_returns(arrays), BRANCHES, strict=True):
        rows[name] = {
            "before": earned[:, 0].tolist(),
            "after two rounds": earned[:, 2].tolist(),
            "after five rounds": earned[:, -1].tolist(),
        }
    return Table(
        rows,
        corner="trained on",
        digits=0,
        caption="Return in the target, five policies: median (lowest–highest)",
    )


def particles_table(result: Result) -> Table:
    """How many particles counted in each round, and how far weights were tempered."""
    particles = AdaptationSettings(**result.settings["adaptation"]).particles
    ess_of, raw_of, beta_of = (
        np.transpose(result.curves[key]) for key in ("ess", "untempered", "beta")
    )  # (rounds, seeds)
    rows = {}
    for k, (ess, raw, beta) in enumerate(zip(ess_of, raw_of, beta_of, strict=True), 1):
        rows[str(k)] = {
            "ESS": ess.tolist(),
            "ESS without tempering": raw.tolist(),
            "β": beta.tolist(),
        }
    return Table(
        rows,
        corner="round",
        digits={"ESS": 0, "ESS without tempering": 1, "β": 3},
        caption=f"Of {particles} particles, five policies: median (lowest–highest)",
    )


def numbers_of_adaptation(result: Result) -> dict[str, str]:
    """What the text says of `epopt_adaptation`."""
    errors = [hidden_errors(result, knob) for knob in range(2)]
    close = np.all([error < 0.1 for error in errors], axis=0)  # (targets, rounds)
    return {
        "targets": str(len(close)),
        "within_1": str(int(close[:, 0].sum())),
        "within_3": str(int(close[:, 2].sum())),
        "round_steps": f"{result.settings['round_steps']:,}",
    }

"""What the chapter on EPOpt shows of the adaptation of the source."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.source_adaptation import (
    Adaptation,
    AdaptationSettings,
    adapt_and_retrain,
)
from lecture_code.experiments.results import Result
from lecture_code.figures.dynamics.epopt.ensembles import COLOURS, Arrays, several
from lecture_code.show import GREY, METHOD_COLOURS, Picture, Table, band, new_figure
from lecture_code.simulation import Policy, Source, TruncatedGaussian, World

Array = NDArray[np.float64]

BRANCHES = {
    "adapted": COLOURS["EPOpt(0.1)"],
    "not adapted": GREY,
    "in the target": METHOD_COLOURS["reality"],
}
"""Where a policy trains on after each round -> colour."""
KNOBS = ("torso mass", "friction")
COUNTS = ("none", "one", "two", "three", "four", "five")
"""How the text counts five policies."""


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


def rounds_table(prior: Source, states: Sequence[Adaptation[Any]]) -> Table:
    """The source after each episode, and how many particles are behind it."""
    rows = {"before": source_row(prior)}
    for turn, state in enumerate(states, 1):
        rows[f"episode {turn}"] = source_row(state.source)
        if state.posterior is not None:
            rows[f"episode {turn}"]["ESS"] = f"{state.posterior.ess:.0f}"
    return Table(rows, corner="after")


def adapted_to_12_kg(
    hopper: World, policy: Policy, heaviest: float, episodes: int
) -> Table:
    """The source after each episode of a robot of 12 kg.

    Args:
        hopper: the simulator.
        policy: acts on the robot; it is not trained.
        heaviest: end of the source's support [kg].
        episodes: on the robot.
    """
    source = {"torso_mass": TruncatedGaussian(6.0, 1.5, 3.0, heaviest)}
    rounds = adapt_and_retrain(
        hopper,
        hopper.change(torso_mass=12.0),
        source,
        policy,
        lambda policy, source, rng: policy,
        AdaptationSettings(particles=50, steps=20),
        horizon=100,
        rng=np.random.default_rng(0),
    )
    return rounds_table(source, list(islice(rounds, episodes)))


# --- the committed result `epopt_adaptation`


def hidden_errors(result: Result, knob: int) -> Array:
    """Error of the source's mean as a share of the knob's range, (targets, rounds)."""
    _, _, low, high = list(result.settings["source"].values())[knob]
    rows = []
    for run in result.curves["hidden"]:
        for truth, *sources in run.values():
            rows.append([abs(source[knob][0] - truth[knob]) for source in sources])
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


def quick(arrays: Arrays, rounds: int) -> NDArray[np.bool_]:
    """Which policies have more than half of their gain after a few rounds on the
    adapted source, (seeds,).
    """
    adapted = _returns(arrays)[0]  # (seeds, rounds + 1)
    before, after, last = adapted[:, 0], adapted[:, rounds], adapted[:, -1]
    return np.asarray(after - before > (last - before) / 2)


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


def numbers_of_adaptation(result: Result, arrays: Arrays) -> dict[str, str]:
    """What the text says of `epopt_adaptation`."""
    errors = [hidden_errors(result, knob) for knob in range(2)]
    old = np.median(_returns(arrays)[list(BRANCHES).index("not adapted")], axis=0)
    close = np.all([error < 0.1 for error in errors], axis=0)  # (targets, rounds)
    return {
        "quick": COUNTS[int(quick(arrays, 2).sum())],
        "targets": str(len(close)),
        "within_1": str(int(close[:, 0].sum())),
        "within_3": str(int(close[:, 2].sum())),
        "old_before": f"{old[0]:,.0f}",
        "old_after": f"{old[-1]:,.0f}",
        "pretraining": f"{result.settings['training']['steps'] / 1e6:g}",
        "epsilon_of_rounds": f"{result.settings['epsilon']:g}",
        "round_steps": f"{result.settings['round_steps']:,}",
    }

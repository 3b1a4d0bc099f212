"""What the chapter on EPOpt shows of its trained policies: returns over masses and
frictions, and the controls that ask for the cause.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.results import Result
from lecture_code.figures.dynamics.epopt.ensembles import (
    COLOURS,
    ENSEMBLES,
    SPECIALISTS,
    Arrays,
    arm_index,
    several,
)
from lecture_code.show import GREY, Picture, Table, new_figure

Array = NDArray[np.float64]

FAILURE = 1000.0
"""A training fails if its policy's mean return on some mass is below this. It is about
two thirds of what a specialist earns on its own mass.
"""
LAST_THIRD = {
    "all 120 (ε = 1)": COLOURS["EPOpt(1)"],
    "any 12": GREY,
    "the worst 12 (ε = 0.1)": COLOURS["EPOpt(0.1)"],
}
"""What the last third of a training learns from -> colour."""


def sweep_of(result: Result, arrays: Arrays, arm: str) -> Array:
    """Returns of an arm, (seeds, masses, episodes)."""
    return np.asarray(arrays["sweep"][arm_index(result, arm)], dtype=float)


def sweep(result: Result, arrays: Arrays) -> Picture:
    """Return against torso mass: the specialists above, the ensembles below."""
    masses = result.settings["masses"]
    looked_at = [0, len(masses) // 2, -1]  # 3, 6 and 9 kg
    figure, panels = new_figure(2, 1, height=5.8)
    descriptions = []
    for axes, arms in zip(panels, (SPECIALISTS, ENSEMBLES), strict=True):
        for arm, style in zip(arms, ("-", "--", "-."), strict=False):
            by_seed = sweep_of(result, arrays, arm)
            returns = by_seed.swapaxes(0, 1).reshape(len(masses), -1)
            means = returns.mean(axis=1)
            edges = np.percentile(returns, [10, 90], axis=1)
            line = {"color": COLOURS[arm], "linestyle": style}
            axes.fill_between(masses, *edges, color=COLOURS[arm], alpha=0.12, lw=0)
            axes.plot(masses, edges.T, lw=0.9, alpha=0.8, **line)
            axes.plot(masses, means, label=arm, **line)
            descriptions.append(f"{arm} {several(means[looked_at])}")
        axes.set(xlabel="torso mass [kg]", ylabel="return", ylim=(0, 1750))
        above = {"loc": "lower left", "bbox_to_anchor": (0, 0.98), "borderpad": 0}
        axes.legend(ncols=3, columnspacing=2.4, handlelength=1.6, **above)
    numbers = "; ".join(descriptions)
    return Picture(
        figure,
        alt=f"Return against torso mass. Means at 3, 6 and 9 kg: {numbers}.",
        caption="Thick lines are means. Bands between thin lines reach from the 10th "
        "to the 90th percentile of all episodes of all five trainings.",
    )


def summary(returns: Array) -> dict[str, Array]:
    """Three measures of a sweep (seeds, masses, episodes), (seeds,) each."""
    return {
        "10th percentile": np.percentile(returns, 10, axis=2).mean(axis=1),
        "mean": returns.mean(axis=(1, 2)),
        "worst mass": returns.mean(axis=2).min(axis=1),
    }


def fails(result: Result, arrays: Arrays, arm: str) -> NDArray[np.bool_]:
    """Which trainings of an arm fail on some mass, (seeds,)."""
    worst_mass = summary(sweep_of(result, arrays, arm))["worst mass"]
    return np.asarray(worst_mass < FAILURE)


def sweep_table(result: Result, arrays: Arrays) -> Table:
    """Every arm over all masses: its low end, its mean, and in how many trainings it
    fails. No row is marked as best, because the ranges overlap.
    """
    rows = {}
    for arm in result.settings["arms"]:
        measures = summary(sweep_of(result, arrays, arm))
        failed = fails(result, arrays, arm)
        rows[arm] = {
            name: measures[name].tolist() for name in ("10th percentile", "mean")
        }
        rows[arm]["fails"] = f"{failed.sum()} of {len(failed)}"
    return Table(
        rows,
        corner="policy",
        digits=0,
        caption="Return over all masses, five trainings: median (lowest–highest). The "
        "10th percentile of the episodes is averaged over the masses. *Fails*: "
        "trainings whose mean return on the worst mass is below "
        f"{FAILURE:,.0f}",
    )


def home_table(result: Result, arrays: Arrays) -> Table:
    """The specialists at 3, 6 and 9 kg."""
    masses = result.settings["masses"]
    rows = {}
    for arm in SPECIALISTS:
        means = sweep_of(result, arrays, arm).mean(axis=2)
        rows[arm] = {
            f"on {mass:g} kg": means[:, masses.index(mass)].tolist()
            for mass in (3.0, 6.0, 9.0)
        }
    return Table(
        rows,
        corner="policy",
        digits=0,
        caption="Return on three masses, five trainings: median (lowest–highest)",
    )


def gain_of_last_third(result: Result, arm: str) -> Array:
    """What an arm gained in the last third of its training over all masses, (seeds,):
    the mean of the last two evaluations over that of the two before the last third.
    """
    settings = result.settings
    last_third = round(settings["warm_up"] * settings["evaluations"])
    by_mass = np.array(result.curves[arm]["evaluations"])
    returns = by_mass.mean(axis=2)  # (seeds, evaluations)
    before, after = returns[:, last_third - 1 : last_third + 1], returns[:, -2:]
    return np.asarray(after.mean(axis=1) - before.mean(axis=1))


def last_thirds(result: Result, arrays: Arrays, thinned: Arrays) -> dict[str, Array]:
    """Mean return over all masses for each way to make the last third, (seeds,)."""
    sweeps = (
        sweep_of(result, arrays, "EPOpt(1)"),
        thinned["sweep"][0],
        sweep_of(result, arrays, "EPOpt(0.1)"),
    )
    means = [returns.mean(axis=(1, 2)) for returns in sweeps]
    return dict(zip(LAST_THIRD, means, strict=True))


def selection_or_number(result: Result, arrays: Arrays, thinned: Arrays) -> Picture:
    """A dot for every training: what the last third learns from, and where it leads."""
    figure, axes = new_figure(height=2.4)
    descriptions = []
    for row, (name, means) in enumerate(last_thirds(result, arrays, thinned).items()):
        colour = LAST_THIRD[name]
        axes.plot(means, np.full(len(means), row), "o", color=colour, alpha=0.7)
        axes.plot(np.median(means), row, "|", ms=22, mew=2, color=colour)
        descriptions.append(f"{name}: {several(np.sort(means))}")
    axes.set_yticks(range(len(LAST_THIRD)), list(LAST_THIRD))
    axes.set(xlabel="mean return over all masses", ylim=(2.5, -0.5))
    axes.set_xlim(left=0)
    figure.subplots_adjust(left=0.38)
    numbers = "; ".join(descriptions)
    return Picture(
        figure,
        alt=f"Mean return over all masses, five trainings each. {numbers}.",
        caption="What the last third of the training learns from. Dots are trainings, "
        "bars are medians.",
    )


def maps_of(result: Result, arrays: Arrays, arm: str) -> Array:
    """Median return of an arm, (masses, frictions)."""
    by_seed = arrays["map"][arm_index(result, arm)]
    return np.asarray(np.median(by_seed, axis=0), dtype=float)


def maps(result: Result, arrays: Arrays, arms: tuple[str, ...]) -> Picture:
    """Return against torso mass and friction for several arms."""
    frictions = result.settings["frictions"]
    masses = result.settings["map_masses"]
    medians = {arm: maps_of(result, arrays, arm) for arm in arms}
    highest = max(values.max() for values in medians.values())
    figure, panels = new_figure(1, len(arms), height=2.9, sharey=True)
    descriptions = []
    for axes, (arm, values) in zip(panels, medians.items(), strict=True):
        drawn = axes.pcolormesh(values.T, vmin=0, vmax=highest)
        axes.set_title(arm, fontsize=10)
        axes.set_xticks(
            np.arange(0, len(masses), 2) + 0.5, [f"{m:g}" for m in masses[::2]]
        )
        axes.set_yticks(np.arange(len(frictions)) + 0.5, [f"{f:g}" for f in frictions])
        axes.set_xlabel("mass [kg]")
        descriptions.append(f"{arm}: {several(values[masses.index(6.0)])}")
    panels[0].set_ylabel("friction [×]")
    figure.colorbar(drawn, ax=panels, label="return")
    numbers = "; ".join(descriptions)
    return Picture(
        figure,
        alt=f"Return against torso mass and friction. On 6 kg, {numbers} for "
        f"frictions of {', '.join(f'{friction:g}' for friction in frictions)}.",
        caption="Medians of five trainings. In training the friction was always 1.",
    )


def slippery_table(
    result: Result, arrays: Arrays, other: Result, other_arrays: Arrays
) -> Table:
    """EPOpt(1) on slippery grounds at 6 kg, by what varied in its ensemble."""
    place = result.settings["map_masses"].index(6.0)
    varied = arm_index(other, "EPOpt(1), all")
    rows = {
        "masses alone": arrays["map"][arm_index(result, "EPOpt(1)"), :, place],
        "mass, friction, damping, armature": other_arrays["map"][varied, :, place],
    }  # (seeds, frictions) each
    frictions = result.settings["frictions"]
    return Table(
        {
            name: {
                f"friction {frictions[k]:g}": by_seed[:, k].tolist() for k in (0, 1, 3)
            }
            for name, by_seed in rows.items()
        },
        corner="the ensemble varies",
        digits=0,
        caption="Return at 6 kg, five trainings: median (lowest–highest). The second "
        "row had half of the control steps",
    )


def fewest_updates(result: Result) -> int:
    """Updates after the warm-up if no trajectory ends early."""
    settings = result.settings
    steps: float = (1 - settings["warm_up"]) * settings["steps"]
    batch: int = settings["trajectories"] * settings["horizon"]
    return math.ceil(steps / batch)


def numbers_of_the_sweep(result: Result, arrays: Arrays) -> dict[str, str]:
    """What the text says of the policies over all masses."""
    gains = {arm: gain_of_last_third(result, arm) for arm in ENSEMBLES}
    return {
        "fewest_updates": str(fewest_updates(result)),
        "failure": f"{FAILURE:,.0f}",
        "one_gains": str(int(np.sum(gains["EPOpt(1)"] > 0))),
        "tenth_gains": str(int(np.sum(gains["EPOpt(0.1)"] > 0))),
    }


def numbers_of_ensembles(
    result: Result, arrays: Arrays, thinned: Arrays, tuning: Result
) -> dict[str, str]:
    """What the text says of the trainings, their tuning and their control."""
    _, any_twelve, worst_twelve = last_thirds(result, arrays, thinned).values()
    settings = result.settings
    (delta,) = {arm["max_kl"] for arm in settings["arms"].values()}
    return {
        "budget": f"{settings['steps'] / 1e6:g}",
        "tuning_steps": f"{tuning.settings['steps'] / 1e6:g}",
        "episodes": str(settings["episodes"]),
        "delta": f"{delta:g}",
        "thin_pairs": str(int(np.sum(any_twelve > worst_twelve))),
    }

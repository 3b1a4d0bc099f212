"""What the chapter on EPOpt shows of policies outside their ensemble: trained over the
mass, where friction, damping and armature vary besides (`epopt_hard`), and trained
without the mass, where the mass varies (`epopt_unmodelled`).

The functions take a committed result and its arrays.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.results import Result
from lecture_code.figures.dynamics.epopt.ensembles import COLOURS, Arrays, several
from lecture_code.figures.dynamics.epopt.trained import sweep_of
from lecture_code.show import GREY, METHOD_COLOURS, Picture, Table, band, new_figure

Array = NDArray[np.float64]


UNMODELLED = {
    "EPOpt(1), all": COLOURS["EPOpt(1)"],
    "EPOpt(0.1), all": COLOURS["EPOpt(0.1)"],
    "EPOpt(0.1), all but mass": METHOD_COLOURS["reality"],
}
HOPS = 700
"""A policy whose mean return over the masses is higher hops at all."""


def low_ends(result: Result, arrays: Arrays) -> dict[tuple[str, str], Array]:
    """(Arm, ensemble) -> 10th percentile of the returns over the worlds, (seeds,)."""
    low = np.percentile(arrays["trials"][:, :, :, 0], 10, axis=-1)
    return {
        (arm, ensemble): low[:, i, k].astype(float)
        for i, arm in enumerate(result.settings["arms"])
        for k, ensemble in enumerate(result.settings["ensembles"])
    }


def falls(result: Result, arrays: Arrays, arm: str) -> Array:
    """By which share an arm's 10th percentile falls in the hard ensemble, (seeds,)."""
    low = low_ends(result, arrays)
    easy, hard = (low[arm, name] for name in result.settings["ensembles"])
    return 1 - hard / easy


def hard(result: Result, arrays: Arrays) -> Picture:
    """The 10th percentile in both ensembles; a line joins the two of a training."""
    low = low_ends(result, arrays)
    ensembles = list(result.settings["ensembles"])
    figure, axes = new_figure(height=2.6)
    ticks: dict[int, str] = {}
    descriptions = []
    for i, arm in enumerate(result.settings["arms"]):
        places = [3 * i, 3 * i + 1]
        pair = np.array([low[arm, name] for name in ensembles])  # (2, seeds)
        axes.plot(places, pair, color=GREY, lw=0.8)
        axes.plot(places, pair, "o", color=COLOURS[arm])
        axes.plot(places, np.median(pair, axis=1), "_", ms=26, mew=2.5, color=GREY)
        axes.text(3 * i + 0.5, 1620, arm, ha="center")
        ticks |= dict(zip(places, ensembles, strict=True))
        descriptions.append(
            f"{arm}: {several(pair[0])} over the {ensembles[0]}, and "
            f"{several(pair[1])} over {ensembles[1]}"
        )
    words = [name.replace(" ", "\n") for name in ticks.values()]
    axes.set_xticks(list(ticks), words)
    axes.set(ylabel="10th percentile", xlim=(-0.7, 4.7), ylim=(0, 1800))
    return Picture(
        figure,
        alt="10th percentile of the return, five trainings each. "
        f"{'; '.join(descriptions)}.",
        caption=f"Over {result.settings['worlds']} worlds. A line joins the two "
        "results of a training, and bars are medians.",
    )


def hard_table(result: Result, arrays: Arrays) -> Table:
    """Both arms in both ensembles."""
    low = low_ends(result, arrays)
    trials = arrays["trials"].astype(float)  # (seeds, arms, ensembles, 2, worlds)
    rows = {}
    for i, arm in enumerate(result.settings["arms"]):
        for k, ensemble in enumerate(result.settings["ensembles"]):
            returns, up = trials[:, i, k].swapaxes(0, 1)  # (seeds, worlds) each
            rows[f"{arm}, {ensemble}"] = {
                "10th percentile": low[arm, ensemble].tolist(),
                "stays up": (100 * up.mean(axis=1)).tolist(),
                "mean": returns.mean(axis=1).tolist(),
            }
    return Table(
        rows,
        corner="policy, what varies",
        digits=0,
        units={"stays up": "%"},
        caption="Five trainings: median (lowest–highest). *Stays up*: for all "
        f"{result.settings['horizon']} steps. In three trainings of EPOpt(1) most "
        "robots fall where the mass alone varies. In two of these they fall late, and "
        "still earn more than nine tenths of what the other robots earn",
    )


# --- the committed result `epopt_unmodelled`


def unmodelled(result: Result, arrays: Arrays) -> Picture:
    """Return against torso mass for ensembles with and without the mass."""
    masses = result.settings["masses"]
    figure, axes = new_figure()
    descriptions = []
    for arm, colour in UNMODELLED.items():
        means = sweep_of(result, arrays, arm).mean(axis=2)
        band(axes, masses, means, arm, colour)
        corners = np.median(means, axis=0)[[0, len(masses) // 2, -1]]
        descriptions.append(f"{arm}: {several(corners)}")
    axes.set(xlabel="torso mass [kg]", ylabel="return", ylim=(0, 2400))
    axes.legend(loc="upper left")
    numbers = "; ".join(descriptions)
    return Picture(
        figure,
        alt=f"Return against torso mass. Medians at 3, 6 and 9 kg: {numbers}.",
        caption="Five trainings each: median, lowest and highest of their means.",
    )


def unmodelled_table(result: Result, arrays: Arrays) -> Table:
    """Mean return over all masses, and how many trainings hop at all."""
    rows = {}
    for arm in UNMODELLED:
        means = sweep_of(result, arrays, arm).mean(axis=(1, 2))
        hopping = int(np.sum(means > HOPS))
        rows[arm] = {
            "mean return": means.tolist(),
            "trainings that hop": f"{hopping} of {len(means)}",
        }
    return Table(rows, corner="policy", digits=0, caption="Over all masses")

"""Both families from the same start: what they learn, and how good their gradients are.

Read `family_table`, then `gradient_picture`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments import Result
from lecture_code.experiments.gradients.sequence_generation.grammar_runs import (
    at_equal_time,
    paired_difference,
)
from lecture_code.experiments.summaries import Interval, mean_of_seeds
from lecture_code.figures.gradients.sequence_generation.grammar import (
    NAMES,
    at_end,
    colour_of,
)
from lecture_code.show import (
    GREY,
    METHOD_COLOURS,
    Explore,
    Picture,
    Table,
    band,
    explore,
    new_figure,
)

ARMS = (
    "REINFORCE",
    "REINFORCE, roll-outs",
    "τ = 0.1, softened 0.99",
    "straight-through",
    "τ = 1, softened 0.99",
    "annealed, softened 0.99",
)
DRAWN = ARMS[:4]
"""Arms of the curves; the table has all."""
TRAININGS = ("REINFORCE", "τ = 0.1, softened 0.99")
"""The trainings of `sequence_gradients`."""


def steps_of(result: Result) -> int:
    """Steps of each training."""
    return int(result.settings["arms"]["REINFORCE"]["steps"])


def family_curves(result: Result) -> Picture:
    """Parse rate and total variation over the training."""
    figure, axes = new_figure(1, 2, height=3.2)
    told = []
    for arm in DRAWN:
        for panel, name, scale in zip(
            axes, ("parse", "variation"), (100, 1), strict=True
        ):
            rows = scale * np.array(result.curves[arm]["curves"][name])
            x = np.linspace(0, steps_of(result), rows.shape[1])
            band(panel, x, rows, label=NAMES[arm], colour=colour_of(arm))
        told.append(
            f"{NAMES[arm]} {100 * np.median(at_end(result, arm, 'parse')):.0f} % and "
            f"{np.median(at_end(result, arm, 'variation')):.2f}"
        )
    axes[0].set(xlabel="steps", title="parse rate [%]", ylim=(0, 102))
    axes[1].set(xlabel="steps", title="total variation", ylim=(0, 1.02))
    figure.legend(
        *axes[0].get_legend_handles_labels(),
        loc="lower center",
        ncols=2,
        fontsize=9.5,
    )
    figure.subplots_adjust(bottom=0.36, top=0.9)
    alt = (
        "Parse rate and total variation over the training, from the same start. "
        f"Medians at the end: {'; '.join(told)}."
    )
    caption = (
        f"Lines: medians of {len(result.seeds)} seeds. Bands: from the lowest to the "
        "highest."
    )
    return Picture(figure, alt=alt, caption=caption)


def family_table(result: Result) -> Table:
    """All arms after the same number of steps, and after the same time."""
    same_time = {
        name: at_equal_time(result.curves, ARMS, steps_of(result), name)
        for name in ("parse", "variation")
    }
    rows: dict[str, dict[str, Any]] = {
        NAMES[arm]: {
            "parse rate": list(100 * at_end(result, arm, "parse")),
            "total variation": list(at_end(result, arm, "variation")),
            "same time": list(same_time["variation"][arm]),
            "step": 1000 * float(np.mean(result.curves[arm]["seconds_per_step"])),
        }
        for arm in ARMS
    }
    return Table(
        rows,
        units={"parse rate": "%", "step": "ms"},
        digits={"parse rate": 0, "total variation": 2, "same time": 2, "step": 1},
        best={"total variation": "low", "same time": "low"},
        corner="how G learns",
        caption=f"After {steps_of(result):,} steps from the same start: median of "
        f"{len(result.seeds)} seeds (lowest–highest). *Same time*: total variation "
        "when the fastest training has ended, on 500 strings instead of 4,000.",
    )


def lead(result: Result, rival: str, measure: str = "variation") -> Interval:
    """REINFORCE minus a rival at the end, paired by seed."""
    return paired_difference(result.curves, "REINFORCE", rival, measure)


def lead_at_equal_time(result: Result, rival: str) -> Interval:
    """The same for the total variation, when the faster of the two has finished."""
    arms = ("REINFORCE", rival)
    found = at_equal_time(result.curves, arms, steps_of(result), "variation")
    return mean_of_seeds(found["REINFORCE"] - found[rival])


# --- gradients ---


def diagnosis(
    result: Result, training: str, way: str, name: str, stop: int
) -> NDArray[np.float64]:
    """One of `DIAGNOSES` at one stop, by seed."""
    rows = np.array(result.curves[training][way][name], dtype=np.float64)
    return np.asarray(rows[:, stop])


def way_colour(way: str) -> str:
    """Of a way to get a gradient."""
    if way == "REINFORCE, no baseline":
        return GREY
    for name in ("straight-through", "Gumbel-softmax"):
        if way.startswith(name):
            return METHOD_COLOURS[name]
    return METHOD_COLOURS["REINFORCE"]


def gradient_picture(result: Result, training: str, stop: int) -> Picture:
    """How well one batch's gradient, and the mean of all of them, point the right way;
    a dot for each seed.
    """
    ways = list(result.settings["ways"])
    repeats = result.settings["repeats"]
    panels = {"cosine": "one batch", "direction": f"mean of {repeats}"}
    figure, axes = new_figure(1, 2, height=3.4, sharey=True)
    told = []
    for row, way in enumerate(ways):
        colour = way_colour(way)
        for panel, name in zip(axes, panels, strict=True):
            values = diagnosis(result, training, way, name, stop)
            panel.plot(values, np.full(len(values), row), "o", color=colour, alpha=0.5)
            panel.plot(np.median(values), row, "|", color=colour, markersize=15)
        of_mean = diagnosis(result, training, way, "direction", stop)
        told.append(f"{way} {of_mean.min():.2f} to {of_mean.max():.2f}")
    axes[0].set_yticks(range(len(ways)), ways, fontsize=9.5)
    axes[0].set_ylim(len(ways) - 0.5, -0.5)
    for panel, title in zip(axes, panels.values(), strict=True):
        panel.set(xlim=(-1.1, 1.1), xlabel="cosine", title=title)
    figure.subplots_adjust(left=0.36, right=0.98, bottom=0.17, top=0.9, wspace=0.1)
    alt = (
        f"Gradients of G after {100 * result.settings['stops'][stop]:.0f} % of a "
        f"training by {NAMES[training]}. Cosine of the mean of {repeats} batches and "
        f"the reference, lowest to highest seed: {'; '.join(told)}."
    )
    caption = "1: the right direction. 0: no relation. −1: the opposite direction."
    return Picture(figure, alt=alt, caption=caption)


def explore_gradients(result: Result) -> Explore:
    """The same, with training and moment to choose."""
    stops = range(len(result.settings["stops"]))
    words = [f"{100 * share:.0f} %" for share in result.settings["stops"]]
    return explore(
        lambda training, stop: gradient_picture(result, training, stop),
        training=list(TRAININGS),
        stop=list(stops),
        start={"training": "REINFORCE", "stop": 1},
        labels={"training": "G and D trained by", "stop": "after this share of it"},
        names={"training": [NAMES[name] for name in TRAININGS], "stop": words},
        buttons=["training", "stop"],
    )

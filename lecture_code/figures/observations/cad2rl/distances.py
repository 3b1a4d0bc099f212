"""How far each method flies: a table, and the share of robots that still fly."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.observations.cad2rl.flown import (
    COLOURS,
    METHODS,
    Flown,
    classifier_name,
)
from lecture_code.show import Picture, Table, new_figure

SEEN = {"clearance": ", sees the map"}
LATER = "exact roll-outs"  # of all methods, shown behind the third question
SURVIVAL = ("random", "one texture", "left-right-straight", "pretraining", "CAD2RL")
"""Methods with a line in `survival`."""
SHORTEST = 0.3  # where the lines begin [m]


def flight_table(result: Result) -> Table:
    """How far each method but exact roll-outs flies before it crashes.

    Args:
        result: `cad2rl`.
    """
    flown = Flown(result)
    end = f"after {flown.longest:.0f} m"
    rows: dict[str, dict[str, float | str]] = {}
    arms = result.settings["arms"]
    asked = arms["left-right-straight"]["distance"]
    names = METHODS | {"left-right-straight": classifier_name(asked)}
    for method, name in names.items():
        if method == LATER:
            continue
        training = "the same"
        if not flown.is_rule(method):
            training = str(mean_of_seeds(flown.means(method, "training")))
        rows[name + SEEN.get(method, "")] = {
            "“real” looks": str(mean_of_seeds(flown.means(method))),
            "training looks": training,
            end: f"{100 * flown.still_flying(method):.1f}",
        }
    return Table(
        rows,
        caption="Mean metres before the crash on held-out maps, after two rounds, with "
        f"a 95 % interval over {flown.seeds} seeds; last, the share that still flies "
        f"{end} in “real” looks",
        units={"“real” looks": "m", "training looks": "m", end: "%"},
        corner="method",
    )


def survival(result: Result) -> Picture:
    """Share of the flights that are longer than so many metres, in "real" looks.

    Args:
        result: `cad2rl`.
    """
    flown = Flown(result)
    figure, axes = new_figure(height=3.7)
    figure.subplots_adjust(right=0.62)
    means: dict[str, float] = {}  # method -> its mean distance
    words = []
    for method in SURVIVAL:
        metres = np.sort(flown.last(method).ravel())
        means[method] = float(metres.mean())
        _draw_survival(axes, method, metres, flown.longest)
        still = 100 * flown.still_flying(method)
        half = f"half crash within {np.median(metres):.1f} m, " if still < 50 else ""
        words.append(
            f"{METHODS[method]}: {half}{still:.1f} % still fly after "
            f"{flown.longest:.0f} m"
        )
    axes.set(xscale="log", xlim=(SHORTEST, flown.longest), ylim=(0, 102))
    axes.set(xlabel="metres flown", ylabel="still flying [%]")
    axes.set_xticks([0.3, 1, 3, 10, 30, 100], ["0.3", "1", "3", "10", "30", "100"])
    axes.minorticks_off()
    names = sorted(means, key=lambda method: means[method], reverse=True)
    lines = {str(line.get_label()): line for line in axes.lines}
    figure.legend(
        [lines[METHODS[method]] for method in names],
        [METHODS[method] for method in names],
        loc="center left",
        bbox_to_anchor=(0.63, 0.58),
    )
    return Picture(
        figure,
        alt="Share of robots that still fly, against metres flown. "
        f"{'; '.join(words)}.",
        caption="“Real” looks, held-out maps, after two rounds, "
        f"{flown.seeds} seeds × {flown.flights} flights.",
    )


def _draw_survival(axes: Axes, method: str, metres: np.ndarray, longest: float) -> None:
    """The line of a method.

    Args:
        axes: where to draw.
        method: of `SURVIVAL`.
        metres: of all flights, sorted.
        longest: where a test ends [m].
    """
    at = np.geomspace(SHORTEST, longest, 120)
    share = 100 * (1 - np.searchsorted(metres, at - 0.05) / len(metres))
    axes.plot(
        at,
        share,
        ":" if method == "random" else "-",
        color=COLOURS[method],
        lw=2,
        label=METHODS[method],
    )

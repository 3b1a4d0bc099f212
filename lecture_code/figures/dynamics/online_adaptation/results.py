"""What the chapter *Online dynamics adaptation* shows of its committed results.

There are two results with the same seeds: `online_adaptation` has one setting for all
adapting methods and many variants, and `online_adaptation_tuned` has a setting for each
method. `comparison` and `differences` show the methods, `share_that_stays` the sweep
over N / m, and `predictions` the one-step errors over the weight of the newest step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.results import Result
from lecture_code.figures.dynamics.online_adaptation.films import COLOURS
from lecture_code.show import GREY, Picture, Table, band, new_figure
from lecture_code.simulation.slot_arm import TOLERANCE

Array = NDArray[np.float64]

ROWS = {
    "network": "network",
    "mixture": "mixture",
    "least squares": "least squares",
    "no prior": "no prior",
    "network + offset": "network + offset",
    "network alone": "network, fixed",
    "least squares alone": "least squares, fixed",
    "oracle": "oracle",
}
"""Method of the result -> its name on the page, in the order of the tables."""
NAMES = {
    "payload 1": "payload × 1",
    "payload 2": "payload × 2",
    "payload 3": "payload × 3",
    "payload 6": "payload × 6",
    "payload jumps": "payload jumps to × 6",
    "damping 15": "damping × 15",
    "gain 0.4": "motor gain × 0.4",
    "gain 1.6": "motor gain × 1.6",
    "gain 2.2": "motor gain × 2.2",
    "far start": "far start",
}
"""Condition of the result -> its name on the page."""
FEW = "far start, gain 1.6"
NAMES_WITH_FEW = NAMES | {FEW: "few movements, far start and gain × 1.6"}
PLAIN = 1000 * TOLERANCE  # largest distance of a success [mm]
KEPT = "network"


def cell(result: Result, method: str, condition: str) -> Mapping[str, Any]:
    """What was measured with a method under a condition.

    Raises:
        KeyError: the result holds no such cell.
    """
    measures: Mapping[str, Any] = result.curves["cells"][method][condition]
    return measures


def rate(result: Result, method: str, condition: str) -> float:
    """Success of a method under a condition [%]."""
    return float(100 * np.mean(cell(result, method, condition)["success"]))


def ahead(tuned: Result, method: str, condition: str) -> tuple[float, float, float]:
    """How far the adapting network is ahead of a method, and the 95 % interval [points
    of success].

    Args:
        tuned: `online_adaptation_tuned`.
        method: with the ending ", few" after the practice of few movements.
        condition: a name of `NAMES`, or `FEW`.
    """
    low, high = cell(tuned, method, condition)["ahead"]
    practice = ", few" if method.endswith(", few") else ""
    lead = rate(tuned, f"{KEPT}{practice}", condition) - rate(tuned, method, condition)
    return lead, 100 * low, 100 * high


def lead_in_words(tuned: Result, method: str, condition: str) -> str:
    """'+35 [10, 60]' for a lead in points of success."""
    lead, low, high = (round(value) for value in ahead(tuned, method, condition))
    words = f"{lead:+d}" if lead else "0"
    return f"{words} [{low}, {high}]".replace("-", "−")


def best_without_prior(weights: Result) -> str:
    """The cell of *no prior* that won the tuning.

    Args:
        weights: `online_adaptation_weights`.
    """
    name: str = weights.curves["best"]["no prior"]
    return name


def comparison(tuned: Result, plain: Result, weights: Result, condition: str) -> Table:
    """Success of every method under a condition, the lead of the adapting network, and
    the distance that remains at the end.

    Args:
        tuned: `online_adaptation_tuned`.
        plain: `online_adaptation`, for the methods that need no tuning.
        weights: `online_adaptation_weights`, for *no prior*.
        condition: a name of `NAMES`, or `FEW` after the practice of few movements.
    """
    few = ", few" if condition == FEW else ""
    rows: dict[str, dict[str, float | str]] = {}
    for method, name in ROWS.items():
        key = f"{method}{few}"
        result = tuned if key in tuned.curves["cells"] else plain
        if key not in result.curves["cells"]:
            continue
        if key == "no prior":
            result = weights
            key = best_without_prior(weights)
        measures = cell(result, key, condition)
        paired = result is tuned and method != KEPT
        rows[name] = {
            "success": float(100 * np.mean(measures["success"])),
            "end": float(np.median(measures["miss"])),
            "lead": lead_in_words(tuned, key, condition) if paired else "–",
        }
    return Table(
        rows,
        caption=f"{NAMES_WITH_FEW[condition].capitalize()}. *Success* in %. *End*: "
        "median distance from the goal in mm. *Lead*: of the adapting network in "
        "points, with its 95 % interval. All but *fixed* and *oracle* adapt",
        digits={"success": 0, "end": 0},
        corner="method",
    )


def differences(tuned: Result) -> Picture:
    """The lead of the adapting network over every other method, with its interval.

    Args:
        tuned: `online_adaptation_tuned`.
    """
    rivals = ("network alone", "network + offset", "least squares", "mixture")
    figure, axes = new_figure(height=6.4)
    words = []
    for j, method in enumerate(rivals):
        for i, condition in enumerate(NAMES_WITH_FEW):
            name = f"{method}, few" if condition == FEW else method
            lead, low, high = ahead(tuned, name, condition)
            place = -i - 0.18 * (j - 1.5)
            label = f"over {ROWS[method]}" if i == 0 else None
            axes.plot([low, high], [place] * 2, color=COLOURS[method], lw=2)
            axes.plot(lead, place, "o", ms=5, color=COLOURS[method], label=label)
            if low > 0:
                words.append(f"{ROWS[method]} at {NAMES_WITH_FEW[condition]}")
    axes.axvline(0, color=GREY, lw=1)
    ticks = [words.replace(" and ", "\nand ") for words in NAMES_WITH_FEW.values()]
    axes.set(yticks=[-i for i in range(len(ticks))], yticklabels=ticks)
    axes.set(xlim=(-60, 105), ylim=(0.5 - len(ticks), 0.5))
    axes.set_xlabel("lead in success [points]")
    figure.subplots_adjust(left=0.36, top=0.87)
    figure.legend(loc="upper left", ncols=2, bbox_to_anchor=(0.0, 1.0))
    return Picture(
        figure,
        alt="Lead of the adapting network in success, with 95 % intervals. The "
        f"interval lies above zero over: {'; '.join(words)}.",
        caption="95 % bootstrap intervals of paired differences, over five practices "
        "with eight attempts each.",
    )


# --- the weight of the newest step


def weights_table(weights: Result) -> Table:
    """Success over the weight β of the newest step on the tuning seeds, for the network
    and for *no prior*, and the median distance at the end.

    Args:
        weights: `online_adaptation_weights`.
    """
    rows: dict[str, dict[str, float | str]] = {}
    for name, found in weights.curves["tuning"].items():
        success = np.mean([each["success"] for each in found.values()], axis=0)
        star = " ★" if name in weights.curves["best"].values() else ""
        rows[f"{name}{star}"] = {
            "success": (100 * success).tolist(),
            "end": float(np.median([each["miss"] for each in found.values()])),
        }
    n = len(weights.seeds)
    return Table(
        rows,
        caption=f"{n} tuning seeds, four attempts under each of ten conditions: "
        "success with the lowest and the highest seed. ★: the largest success",
        units={"success": "%", "end": "mm"},
        digits={"success": 0, "end": 1},
        corner="method",
    )


# --- how much of the past, how much of the prior


class Sweep:
    """Distances from the goal over N / m, with N = 1, from both results.

    Args:
        results: `online_adaptation_tuned` and `online_adaptation`.
        arrays: their arrays, in the same order.
    """

    def __init__(
        self, results: Sequence[Result], arrays: Sequence[Mapping[str, Array]]
    ) -> None:
        self.sources: dict[float, tuple[Result, Mapping[str, Array]]] = {}
        for result, stored in zip(results, arrays, strict=True):
            for m in result.settings["prior_means"]:
                self.sources[1 / m] = (result, stored)
        self.ratios = sorted(self.sources)

    def misses(self, ratio: float, payload: str) -> Array:
        """Median distance of the attempts after each practice, (seeds,) [mm].

        Args:
            ratio: one of `ratios`.
            payload: "payload 3" or "payload 6".
        """
        result, arrays = self.sources[ratio]
        name = f"m = {1 / ratio:g}, N = 1"
        place = list(result.curves["cells"][name]).index(payload)
        return 1000 * np.median(arrays[f"miss/{name}"][:, place], axis=1)

    def draw(self, ratio: float, payload: str) -> Picture:
        """Distance from the goal at the end against N / m, with one N / m marked."""
        figure, axes = new_figure(height=3.4)
        for x in self.ratios:
            values = self.misses(x, payload)
            colour = COLOURS[KEPT] if x == ratio else GREY
            size = 9 if x == ratio else 6
            axes.plot([x] * len(values), values, "o", ms=4, color=colour, alpha=0.6)
            axes.plot(x, np.median(values), "o", ms=size, color=colour)
        axes.axhline(PLAIN, color=GREY, lw=1, ls="--")
        axes.text(0.25, PLAIN * 0.6, "2 cm", color=GREY)
        axes.set(xscale="log", yscale="log", ylim=(0.05, 1500), xlim=(0.2, 6000))
        axes.set(xlabel="N / m", ylabel="distance at the end [mm]")
        values = self.misses(ratio, payload)
        share = 100 / (1 + ratio)
        return Picture(
            figure,
            alt=f"Distance from the goal against N / m at {NAMES[payload]}. At N / m = "
            f"{ratio:.3g} the share of the offset that stays is {share:.2g} %, and the "
            f"median distance is {np.median(values):.1f} mm.",
            caption=f"N / m = {ratio:.3g}: a share of {share:.2g} % of the offset "
            f"stays. Small dots: five practices. Large dots: their medians.",
        )


def predictions(result: Result, noise: float) -> Picture:
    """Error of one-step predictions against the weight of the newest step."""
    settings = result.settings
    place = settings["noises"].index(noise)
    errors = np.array(result.curves["predictions"])[:, place]
    figure, axes = new_figure()
    band(axes, settings["weights"], errors, "network", COLOURS["network"])
    middle = np.median(errors, axis=0)
    best = settings["weights"][int(np.argmin(middle))]
    axes.axvline(best, color=GREY, lw=1, ls="--")
    axes.set(xlabel="weight of the newest step", ylabel="error [rad/s]", ylim=(0, 0.9))
    return Picture(
        figure,
        alt=f"One-step error against the weight of the newest step, with noise of "
        f"{noise:g} rad in the angles. The smallest median is {middle.min():.2f} rad/s "
        f"at a weight of {best:g}.",
        caption="Median and range of five networks. Dashed: the best weight.",
    )

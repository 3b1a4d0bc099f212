"""What the weights of the chapter *Online dynamics adaptation* do: `Sweep` shows the
distance over N / m, `predictions` the one-step error over the weight β of the newest
step, and `weights_table` the success over β.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.dynamics.online_adaptation.attempts import SETTINGS
from lecture_code.experiments.dynamics.online_adaptation.tuned import TUNED
from lecture_code.experiments.results import Result
from lecture_code.figures.dynamics.online_adaptation.films import COLOURS
from lecture_code.figures.dynamics.online_adaptation.results import (
    KEPT,
    NAMES,
    ROWS,
    cell,
)
from lecture_code.show import GREY, Picture, Table, band, new_figure
from lecture_code.simulation.slot_arm import TOLERANCE

Array = NDArray[np.float64]

PLAIN = 1000 * TOLERANCE  # largest distance of a success [mm]


def weights_table(weights: Result) -> Table:
    """Success over the weight β of the newest step on the tuning seeds, for the network
    and for *no prior*, and the median distance at the end.

    Args:
        weights: `online_adaptation_weights`.
    """
    rows: dict[str, dict[str, float | str]] = {}
    for name, found in weights.curves["tuning"].items():
        success = 100 * np.mean([each["success"] for each in found.values()], axis=0)
        star = " ★" if name in weights.curves["best"].values() else ""
        rows[f"{name}{star}"] = {
            "success": float(success.mean()),
            "seeds": f"{success.min():.0f}–{success.max():.0f}",
            "end": float(np.median([each["miss"] for each in found.values()])),
        }
    n = len(weights.seeds)
    return Table(
        rows,
        caption=f"{n} tuning seeds, four attempts under each of ten conditions: mean "
        "success and its range over the seeds in %, and the median distance at the end "
        "in mm. ★: chosen; of equal means, the smaller mean logarithm of the distance "
        "decides",
        digits={"success": 1, "end": 1},
        corner="method",
    )


def ratio_in_words(ratio: float) -> str:
    """N / m with three digits, and never as a power of ten: '0.33', '3333'."""
    return f"{ratio:.0f}" if ratio >= 100 else f"{ratio:.3g}"


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
        self.plain = results[-1]

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
        fixed = np.median(cell(self.plain, "network alone", payload)["miss"])
        left = fixed / (1 + np.array(self.ratios))
        axes.plot(self.ratios, left, "--", color=GREY, lw=1.5)
        axes.axhline(PLAIN, color=GREY, lw=0.8)
        axes.text(15, PLAIN * 1.2, "20 mm: on the lower wall", color=GREY)
        axes.set(xscale="log", yscale="log", ylim=(0.05, 1500), xlim=(0.2, 6000))
        axes.set(xlabel="N / m", ylabel="distance at the end [mm]")
        values = self.misses(ratio, payload)
        share = 100 / (1 + ratio)
        return Picture(
            figure,
            alt=f"Distance from the goal against N / m at {NAMES[payload]}. At N / m = "
            f"{ratio_in_words(ratio)} the share of the offset that stays is "
            f"{share:.2g} %, and the median distance is {np.median(values):.1f} mm.",
            caption=f"N / m = {ratio_in_words(ratio)}: a share of {share:.2g} % of the "
            "offset stays. Small dots: five practices. Large dots: their medians. "
            "Dashed: this share of the fixed network's distance. An attempt succeeds "
            "below 20 mm. Points near 20 mm are tips that rest on the lower wall. "
            "Beyond N / m = 100 the prior's offset is no longer what is left.",
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


def tuned_weights() -> Table:
    """The weights with which *Does it hold?* compares the methods."""
    settings = {
        name: replace(SETTINGS, **method.settings) for name, method in TUNED.items()
    }
    return Table(
        {
            ROWS[name]: {"m": "–" if TUNED[name].offset else f"{s.m:g}", "β": s.w_new}
            for name, s in settings.items()
            if s.N > 0
        },
        caption="The tuned weights. N and n₀ are 1",
        corner="method",
    )

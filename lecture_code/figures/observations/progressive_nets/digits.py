"""The supervised twin of *Progressive nets*: printed digits, then scanned ones from few
labels. Accuracies are in percent, and each method has its rate by the validation scans.

`digits_table` is for the live cell; `by_labels` draws the committed runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lecture_code.data.digits import Digits
from lecture_code.experiments.observations.progressive_nets.digit_learning import (
    AS_IT_IS,
    LEARNERS,
    DigitRecord,
    DigitTrial,
)
from lecture_code.experiments.observations.progressive_nets.digits import best_rate
from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import (
    Interval,
    mean_of_seeds,
)
from lecture_code.figures.observations.progressive_nets.runs import (
    COLOURS,
    MARKERS,
    METHODS,
)
from lecture_code.show import GREY, Picture, Table, new_figure

Array = NDArray[np.float64]

NEVER_PRINTED = ("scratch", "untrained column")
"""Methods in which nothing has learnt printed digits."""
BEGAN_WITH_PRINT = tuple(method for method in LEARNERS if method not in NEVER_PRINTED)
FOUR = ("scratch", "fine-tuning", "head only", "copied head")
"""The methods of the core; `OTHER_STARTS` are drawn beside *progressive* alone."""
OTHER_STARTS = ("copied head", "progressive", "untrained column")


class DigitScores:
    """Accuracies of all seeds [%], each method at its rate.

    Args:
        result: `progressive_nets_digits`.
    """

    def __init__(self, result: Result) -> None:
        self.result = result
        self.labels = [int(n) for n in result.settings["labels"]]
        self.rates = [float(rate) for rate in result.settings["rates"]]
        self.seeds = len(result.seeds)

    def rate(self, method: str, n: int) -> float:
        """The rate of a method with n labels.

        Raises:
            KeyError: the result has no such runs; the message lists methods and n.
        """
        methods = self.result.settings["methods"]
        if method not in methods or n not in self.labels:
            raise KeyError(
                f"no runs of {method!r} with {n} labels; there are "
                f"{', '.join(methods)} with {', '.join(map(str, self.labels))}"
            )
        return best_rate(self.result.curves, method, n, self.rates)

    def at(self, method: str, n: int, entry: str = "scans") -> Array:
        """Accuracies of a method with n labels, (seeds,) [%].

        Args:
            method: of `LEARNERS`.
            n: number of labels.
            entry: "scans", or "printed" for printed digits afterwards.
        """
        name = DigitTrial(method, n, self.rate(method, n)).name
        return 100 * np.array(self.result.curves[name][entry], dtype=float)

    def before(self, entry: str = "scans") -> Array:
        """Accuracies of the first columns as they are, (seeds,) [%]."""
        return 100 * np.array(self.result.curves[AS_IT_IS][entry], dtype=float)

    def lead(self, method: str, other: str, n: int) -> Interval:
        """How much better a method is than another, seed by seed [percentage points].

        Args:
            method, other: of `LEARNERS`, or "as it is".
            n: number of labels of both.
        """
        pair = [
            self.before() if name == AS_IT_IS else self.at(name, n)
            for name in (method, other)
        ]
        return mean_of_seeds(pair[0] - pair[1])


def digit_numbers(scores: DigitScores) -> dict[str, str]:
    """Name in the text -> words: how far the progressive net is behind two methods with
    the most labels, 'behind_scratch' and 'behind_tuned' [percentage points].
    """
    most = scores.labels[-1]
    return {
        name: f"{scores.lead(method, 'copied head', most).value:.1f}"
        for name, method in {
            "behind_scratch": "scratch",
            "behind_tuned": "fine-tuning",
        }.items()
    }


def two_domains(printed: Digits, scans: Digits) -> Picture:
    """The first digits of each class: printed above, scanned below.

    Args:
        printed, scans: at least two digits of each class.
    """
    figure, axes = new_figure(2, 1, height=1.9)
    figure.subplots_adjust(left=0.17, right=0.99, top=0.98, bottom=0.02, hspace=0.1)
    for panel, name, digits in zip(
        axes, ("printed", "scanned"), (printed, scans), strict=True
    ):
        rows = [np.flatnonzero(digits.labels == d)[:2] for d in range(10)]
        ink = digits.images[np.concatenate(rows), ..., 0]
        size = ink.shape[1]
        pairs = ink.reshape(10, 2, size, size).transpose(1, 2, 0, 3)
        panel.imshow(pairs.reshape(2 * size, 10 * size), cmap="gray", vmin=0, vmax=1)
        panel.set(xticks=[], yticks=[], ylabel=name)
        panel.grid(visible=False)
        panel.spines[:].set_visible(False)
    return Picture(
        figure,
        alt="Digits from 0 to 9, white on black. Above: printed in several fonts, "
        "sharp. Below: handwritten and scanned, soft.",
        caption="What the columns see, two digits of each class.",
    )


def by_labels(scores: DigitScores, methods: Sequence[str] = FOUR) -> Picture:
    """Accuracy on scans against the number of labels, and below what is left of the
    printed digits.

    Args:
        scores: of all seeds.
        methods: that are drawn, of `LEARNERS`.
    """
    figure, (upper, lower) = new_figure(
        2, 1, height=5.6, sharex=True, gridspec_kw={"height_ratios": [2.6, 1]}
    )
    words = []
    kept = []
    for i, method in enumerate(methods):
        place = i - (len(methods) - 1) / 2
        curves = np.stack([scores.at(method, n) for n in scores.labels], axis=1)
        _with_range(upper, scores.labels, curves, method, place)
        few, many = np.median(curves, axis=0)[[0, -1]]
        words.append(f"{METHODS[method]} {few:.0f} and {many:.0f}")
        if method in BEGAN_WITH_PRINT:
            rows = [scores.at(method, n, "printed") for n in scores.labels]
            curves = np.stack(rows, axis=1)
            _with_range(lower, scores.labels, curves, method, place)
            kept.append(f"{METHODS[method]} {np.median(curves[:, -1]):.0f}")
    for panel, entry in ((upper, "scans"), (lower, "printed")):
        middle = np.median(scores.before(entry))
        panel.axhline(middle, color=GREY, ls=":", label="first column as it is")
    upper.set(xscale="log", ylabel="right on scans [%]")
    lower.set(xlabel="labelled scans n", ylabel="right on\nprint [%]")
    lower.set(xticks=scores.labels, xticklabels=scores.labels, ylim=(0, 105))
    lower.minorticks_off()
    named = upper.get_legend_handles_labels()
    ncols = 2 if len(methods) > 3 else 1  # long names need a row each
    figure.legend(*named, ncols=ncols, loc="upper center", columnspacing=1)
    figure.subplots_adjust(top=0.8, left=0.16, hspace=0.12)
    few, many = scores.labels[0], scores.labels[-1]
    return Picture(
        figure,
        alt=f"Two panels against the number of labels. Right on scans with {few} and "
        f"{many} labels, in percent: {'; '.join(words)}; first column as it is "
        f"{np.median(scores.before()):.0f}. Right on printed digits with {many} "
        f"labels: {'; '.join(kept)}.",
        caption=f"Medians of {scores.seeds} seeds; bars reach from the lowest to the "
        "highest seed. Below: printed digits after learning. Learning rates were "
        f"chosen on {scores.result.settings['validation']} further scans.",
    )


def _with_range(
    axes: Axes, labels: list[int], curves: Array, method: str, place: float
) -> None:
    """Medians of the seeds with their range, `place` steps beside the labels."""
    beside = np.array(labels) * 1.07**place
    colour = COLOURS[method]
    axes.vlines(beside, curves.min(axis=0), curves.max(axis=0), colour, lw=1.2)
    axes.plot(
        beside,
        np.median(curves, axis=0),
        color=colour,
        marker=MARKERS[method],
        ms=5,
        lw=1.2,
        label=METHODS[method],
    )


def digits_table(records: Iterable[DigitRecord]) -> Table:
    """What each trial of a comparison has brought, for the live cell.

    Args:
        records: as `comparison` gives them, of one seed.

    Raises:
        ValueError: no network has learnt in them.
    """
    seen = list(records)
    counts = sorted({record.trial.labels for record in seen} - {0})
    if not counts:
        raise ValueError("the table needs records of networks that have learnt")
    rows: dict[str, dict[str, float | str]] = {}
    for record in seen:
        trial = record.trial
        name = METHODS.get(trial.method, trial.method)
        several = len(counts) > 1 and trial.labels
        has_print = trial.method not in NEVER_PRINTED
        rows[f"{name}, {trial.labels} labels" if several else name] = {
            "scans": 100 * record.scans,
            "print": f"{100 * record.printed:.1f}" if has_print else "–",
            "learns": f"{record.learnt:,}",
        }
    words = " or ".join(map(str, counts))
    return Table(
        rows,
        caption=f"Right on *scans* after {words} labels and right on *print* "
        "afterwards, in percent, and how many parameters *learn*. One seed. *Head "
        "only*: only the last layer learns. *Random head*: the new output starts at "
        "random. *Untrained column*: the first column has never learned",
        digits={"scans": 1},
        corner="method",
    )

"""How many layers, for how long, and with how many labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle

from lecture_code.experiments.observations.fine_tuning.further import (
    HEADS,
    TURNED_HEADS,
    best_probe,
)
from lecture_code.experiments.observations.fine_tuning.grid import WAYS, GridTrial
from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.observations.fine_tuning.runs import (
    COMMON_RATE,
    LAYER_WAYS,
    PRINT,
    SCANS,
    Array,
    at_end,
    best_trial,
    of_trial,
    spread,
)
from lecture_code.show import Picture, Table, new_figure

PANELS = {"target": "scans", "source": "print"}
"""Accuracy -> what the page calls its digits."""
SHOWN_LABELS = 100  # n, where one n is shown
AGAINST = "all"
SOLVED = "solved probe"


class LayerGrid:
    """Accuracy on scans and on print for each number of layers k and of batches, all at
    one rate and with `SHOWN_LABELS` labels; means of the seeds.

    Args:
        result: `fine_tuning`.
    """

    def __init__(self, result: Result) -> None:
        self.layers = tuple(range(1, len(LAYER_WAYS) + 1))
        self.batches = tuple(result.settings["times"][1:])  # before, all are alike
        self.seeds = len(result.seeds)
        names = [GridTrial(way, SHOWN_LABELS, COMMON_RATE).name for way in LAYER_WAYS]
        self.means = {
            entry: np.stack(
                [of_trial(result, name, entry).mean(0)[1:] for name in names]
            )
            for entry in PANELS
        }
        self.before = float(of_trial(result, names[0], "source").mean(0)[0])

    def draw(self, layers: int, batches: int) -> Picture:
        """Both maps, with one cell marked.

        Args:
            layers: k of the marked cell.
            batches: of the marked cell.

        Raises:
            ValueError: there is no such cell.
        """
        row, column = self.layers.index(layers), self.batches.index(batches)
        figure, panels = new_figure(1, 2, height=3.5, sharey=True)
        figure.subplots_adjust(left=0.1, right=0.97, bottom=0.33, top=0.9, wspace=0.1)
        words = []
        for axes, (entry, kind) in zip(panels, PANELS.items(), strict=True):
            colours = self.draw_map(axes, self.means[entry])
            box = Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, lw=3.5)
            box.set_edgecolor(SCANS)
            axes.add_patch(box)
            words.append(f"{kind} {self.means[entry][row, column]:.0f} %")
            axes.set_title(words[-1])
            axes.set_xlabel("batches")
            left, _, width, _ = axes.get_position().bounds
            scale = figure.add_axes((left, 0.1, width, 0.04))
            bar = figure.colorbar(colours, cax=scale, orientation="horizontal")
            bar.outline.set_visible(False)
        panels[0].set_ylabel("layers k")
        regret = self.regret(layers, batches)
        lost = self.before - self.means["source"][row, column]
        marked = f"k = {layers}, {batches} batches"
        return Picture(
            figure,
            alt=f"Right on scans and on print for each number of layers and batches. "
            f"Marked: {marked}: {', '.join(words)}.",
            caption=f"Marked: {marked}: {', '.join(words)}. On scans this cell is "
            f"{regret:.1f} points behind the best cell, and {lost:.1f} points of print "
            f"are lost. Colours: right [%], mean of {self.seeds} seeds, with "
            f"{SHOWN_LABELS} labels and the rate {COMMON_RATE:g} for all. The two maps "
            "have different scales.",
        )

    def regret(self, layers: int, batches: int) -> float:
        """How far a cell is behind the best cell on scans [percentage points]."""
        scans = self.means["target"]
        cell = scans[self.layers.index(layers), self.batches.index(batches)]
        return float(scans.max() - cell)

    def draw_map(self, axes: Axes, means: Array) -> AxesImage:
        """Accuracies (k, batches) as colours, from the worst cell to the best one in
        steps of five points.
        """
        low, high = 5 * np.floor(means.min() / 5), 5 * np.ceil(means.max() / 5)
        colours = axes.imshow(
            means, cmap="cividis", vmin=low, vmax=high, aspect="auto", origin="lower"
        )
        axes.set_xticks(range(len(self.batches)), [str(time) for time in self.batches])
        axes.set_yticks(range(len(self.layers)), [str(k) for k in self.layers])
        axes.grid(visible=False)
        return colours


def duration(result: Result) -> Picture:
    """Scans and print against the number of batches; all layers learn, at their best
    rate.

    Args:
        result: `fine_tuning`.
    """
    times = result.settings["times"]
    figure, panels = new_figure(1, 2, height=3.0, sharey=True)
    figure.subplots_adjust(top=0.8, left=0.13, right=0.98, bottom=0.2)
    words = []
    for axes, (entry, kind) in zip(panels, PANELS.items(), strict=True):
        colour = SCANS if entry == "target" else PRINT
        for n, style in zip(result.settings["labels"], (":", "-.", "--", "-")):
            runs = of_trial(result, best_trial(result, AGAINST, n).name, entry)
            if n == SHOWN_LABELS:
                axes.plot(times, runs.T, color=colour, lw=0.8, alpha=0.5)
            axes.plot(times, runs.mean(0), style, color=colour, label=f"n = {n}")
            ends = runs.mean(0)
            words.append(f"{kind}, n = {n}: {ends[0]:.0f} to {ends[-1]:.0f}")
        axes.set(title=kind, xlabel="batches", ylim=(48, 101))
    panels[0].legend(loc="lower right", handlelength=2.2)
    panels[0].set_ylabel("right [%]")
    return Picture(
        figure,
        alt="Right in percent from the first to the last batch, means of the seeds: "
        f"{'; '.join(words)}.",
        caption=f"All layers learn from n labelled scans. Means of {len(result.seeds)} "
        f"seeds; thin lines are the seeds of n = {SHOWN_LABELS}.",
    )


def labels_table(result: Result, probe: Result) -> Table:
    """Every way at its own best rate: right on scans, for each number of labels.

    Args:
        result: `fine_tuning`.
        probe: `fine_tuning_probe`.
    """
    rows = {
        way: {
            f"n = {n}": spread(mean_of_seeds(at_end(result, trial, "target")))
            for n in result.settings["labels"]
            for trial in [best_trial(result, way, n)]
        }
        for way in WAYS
    }
    rows[SOLVED] = {
        f"n = {n}": spread(mean_of_seeds(solved_probe_right(probe, n)))
        for n in result.settings["labels"]
    }
    return Table(
        rows,
        caption="Right on scans [%] with *n* labels: mean of "
        f"{len(result.seeds)} seeds with 95 % interval. Each way has its own best "
        f"rate, chosen on other scans. *{SOLVED}*: the probe after convergence",
        corner="way",
    )


def solved_probe_right(probe: Result, labels: int) -> Array:
    """What a probe that has converged reads of the scans, (seeds,) [%].

    Args:
        probe: `fine_tuning_probe` or `fine_tuning_probe_turned`.
        labels: n.
    """
    settings = TURNED_HEADS if probe.settings["quarters"] else HEADS
    return of_trial(probe, best_probe(probe.curves, settings, labels).name, "target")


def lead(result: Result, way: str, other: str, labels: int) -> Array:
    """How far a way is ahead of another on scans, (seeds,) [percentage points].

    Args:
        result: `fine_tuning`, or another grid of the same kind.
        way: of `WAYS`.
        other: of `WAYS`.
        labels: n.
    """
    ends = [
        at_end(result, best_trial(result, name, labels), "target")
        for name in (way, other)
    ]
    return ends[0] - ends[1]


PAIRS = (
    ("last 2", AGAINST),
    ("discriminative", AGAINST),
    ("gradual", AGAINST),
    ("probe, then all", AGAINST),
    ("linear probe", AGAINST),
    ("scratch", AGAINST),
    ("linear probe", "scratch"),
)


def leads_table(result: Result, probe: Result) -> Table:
    """How far ways are ahead of others, seed by seed.

    Args:
        result: `fine_tuning`.
        probe: `fine_tuning_probe`.
    """
    counts = result.settings["labels"]
    rows: dict[str, dict[str, Any]] = {
        f"{way} − {other}": {
            f"n = {n}": str(mean_of_seeds(lead(result, way, other, n))) for n in counts
        }
        for way, other in PAIRS
    }
    for other in (AGAINST, "scratch"):
        rows[f"{SOLVED} − {other}"] = {
            f"n = {n}": str(
                mean_of_seeds(
                    solved_probe_right(probe, n)
                    - at_end(result, best_trial(result, other, n), "target")
                )
            )
            for n in counts
        }
    return Table(
        rows,
        caption="Difference on scans [percentage points], paired over "
        f"{len(result.seeds)} seeds, with 95 % interval",
        corner="difference",
    )


def other_grid_table(result: Result, probe: Result) -> Table:
    """A smaller grid: right on scans after the last batch, and leads of ways.

    Args:
        result: `fine_tuning_turned` or `fine_tuning_longer`.
        probe: the solved probe on the same scans.
    """
    settings = result.settings.get("grid", result.settings)
    counts = settings["labels"]
    right = {
        way: {n: at_end(result, best_trial(result, way, n), "target") for n in counts}
        for way in WAYS
        if way in settings["rates"]
    }
    right[SOLVED] = {n: solved_probe_right(probe, n) for n in counts}
    rows = {
        way: {f"n = {n}": spread(mean_of_seeds(runs)) for n, runs in found.items()}
        for way, found in right.items()
    }
    for way, other in (
        ("scratch", AGAINST),
        ("linear probe", "scratch"),
        (SOLVED, "scratch"),
    ):
        rows[f"{way} − {other}"] = {
            f"n = {n}": str(mean_of_seeds(right[way][n] - right[other][n]))
            for n in counts
        }
    turned = "turned by a quarter" if "quarters" in result.settings else "upright"
    return Table(
        rows,
        caption=f"Scans {turned}, {settings['times'][-1]} batches. Right [%], and "
        "below differences [percentage points], paired over "
        f"{len(result.seeds)} seeds, with 95 % interval",
        corner="way",
    )

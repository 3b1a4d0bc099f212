"""The grid of learning rates: returns on the robot, and then in the simulation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from lecture_code.experiments.observations.progressive_nets.learning import FIRST
from lecture_code.experiments.summaries import (
    mean_of_seeds,
)
from lecture_code.figures.observations.progressive_nets.runs import (
    COLOURS,
    MAIN,
    MARKERS,
    METHODS,
    Grid,
)
from lecture_code.learning.actor_critic import ActorCriticSettings
from lecture_code.show import GREY, Picture, Table, new_figure

TRAINED = {
    "scratch": 80_183,
    "fine-tuning": 80_183,
    "head only": 903,
    "copied head": 13_335,
    "frozen copy": 12_439,
    "progressive": 13_335,
    "untrained column": 13_335,
}
"""Method -> number of parameters that learn; a test counts them."""
NEW = ("scratch", "untrained column")
"""Methods in which nothing has learned in the simulation."""
LEARNERS = ("scratch", "fine-tuning", "head only", "copied head", "frozen copy")
"""Methods whose learning curves are drawn."""


def both_returns(grid: Grid, domain: str, rate: float) -> Picture:
    """Three methods at one learning rate: every seed on the robot, and afterwards in
    the simulation.

    Args:
        grid: all runs.
        domain: the robot.
        rate: of the grid.
    """
    figure, axes = new_figure(1, 2, sharey=True, height=2.9)
    figure.subplots_adjust(left=0.12)
    where = grid.rates.index(rate)
    words = []
    for panel, entry in zip(axes, ("after", "source"), strict=True):
        for place, method in enumerate(MAIN):
            values = grid.all(entry, domain, method)[where]
            _dots(panel, place, values, method)
            words.append(f"{METHODS[method]} {values.mean():.0f}")
        panel.set(xlim=(-0.6, 2.6), ylim=(-1, 43), xticks=range(len(MAIN)))
        panel.set_xticklabels(["fine-\ntuning", "head\nonly", "progres-\nsive"])
        panel.grid(visible=False, axis="x")
    for place, method in enumerate(MAIN):
        middle = grid.all("before", domain, method)[where].mean()
        axes[0].plot([place - 0.35, place + 0.35], [middle] * 2, ":", color=GREY)
    axes[0].set(title=f"on robot {domain}", ylabel="return")
    axes[1].set_title("back in the simulation")
    return Picture(
        figure,
        alt=f"Learning rate {rate:g}. Mean returns on robot {domain}: "
        f"{', '.join(words[:3])}. Back in the simulation: {', '.join(words[3:])}.",
        caption=f"Each dot is one of {grid.seeds} seeds. Dotted: the return before "
        "learning on the robot.",
    )


def _dots(axes: Axes, place: int, values: np.ndarray, method: str) -> None:
    """All seeds beside each other, and their mean as a line."""
    across = place + np.linspace(-0.22, 0.22, len(values))
    colour = COLOURS[method]
    axes.plot(across, values, MARKERS[method], ms=5, color=colour, alpha=0.9)
    axes.plot([place - 0.35, place + 0.35], [values.mean()] * 2, color=colour, lw=2)


def by_rate(grid: Grid, domain: str, methods: Sequence[str]) -> Picture:
    """Return on the robot against the learning rate, for some methods.

    Args:
        grid: all runs.
        domain: the robot.
        methods: of `METHODS`.
    """
    figure, axes = new_figure(height=3.5)
    words = []
    for method in methods:
        values = grid.all("after", domain, method)
        middle = values.mean(axis=1)
        below = middle - values.min(axis=1)
        above = values.max(axis=1) - middle
        axes.errorbar(
            grid.rates,
            middle,
            [below, above],
            color=COLOURS[method],
            marker=MARKERS[method],
            ms=5,
            capsize=3,
            label=METHODS[method],
        )
        best = grid.best(domain, method)
        words.append(f"{METHODS[method]} {middle[best]:.0f} at {grid.rates[best]:g}")
    axes.set(
        xscale="log",
        xlabel="learning rate",
        ylabel="return on the robot",
        ylim=(-1, 52),
    )
    axes.legend(ncols=2, loc="upper center", columnspacing=1, handletextpad=0.4)
    return Picture(
        figure,
        alt=f"Return on robot {domain} against the learning rate. Best means: "
        f"{'; '.join(words)}.",
        caption=f"Robot {domain}: mean of {grid.seeds} seeds, with the lowest and the "
        "highest seed.",
    )


def learning_curves(grid: Grid, domain: str) -> Picture:
    """Return while a method learns at its best rate; at zero the return before.

    Args:
        grid: all runs.
        domain: the robot.
    """
    figure, axes = new_figure(height=3.3)
    settings = grid.result.settings
    length = settings["episodes"] * ActorCriticSettings().steps / 1000  # of a turn
    words = []
    for method in LEARNERS:
        returns = grid.curves(domain, method)
        strides = np.arange(returns.shape[1]) + 0.5  # their middles
        turns = np.array([0, *(FIRST + settings["stride"] * strides)])
        before = grid.at_best("before", domain, method)
        returns = np.column_stack([before, returns])
        axes.plot(
            turns * length,
            returns.mean(axis=0),
            color=COLOURS[method],
            marker=MARKERS[method],
            ms=5,
            label=METHODS[method],
        )
        low, high = returns.min(axis=0), returns.max(axis=0)
        axes.fill_between(turns * length, low, high, color=COLOURS[method], alpha=0.15)
        words.append(
            f"{METHODS[method]} {before.mean():.0f} and {returns[:, -1].mean():.0f}"
        )
    axes.set(xlabel="thousand control steps", ylabel="return on the robot")
    axes.set_ylim(-1, 46)
    axes.legend(ncols=2, loc="upper center", columnspacing=1, handletextpad=0.4)
    return Picture(
        figure,
        alt=f"Return on robot {domain} against the control steps. Mean before learning "
        f"and at the end: {'; '.join(words)}.",
        caption=f"Robot {domain}, each method at its best rate: mean and range of "
        f"{grid.seeds} seeds, over the episodes that ended while it learned.",
    )


def best_table(grid: Grid, domain: str) -> Table:
    """Every method at its best rate, and what it still earns in the simulation.

    Args:
        grid: all runs.
        domain: the robot.
    """
    rows: dict[str, dict[str, float | str]] = {}
    for method, name in METHODS.items():
        back = f"{grid.at_best('source', domain, method).mean():.1f}"
        rows[name] = {
            "return": str(mean_of_seeds(grid.at_best("after", domain, method))),
            "rate": f"{grid.rates[grid.best(domain, method)]:g}",
            "back": "–" if method in NEW else back,
            "learns": f"{TRAINED[method]:,}",
        }
    before = mean_of_seeds(grid.all("before", domain, "fine-tuning")[0])
    source = grid.all("source", domain, "copied head")[0].mean()
    rows["as it is"] = {
        "return": str(before),
        "rate": "–",
        "back": f"{source:.1f}",
        "learns": "0",
    }
    return Table(
        rows,
        caption=f"Robot {domain}, each method at its best rate: *return* on the robot "
        "with its 95 % interval, return *back* in the simulation, and how many "
        "parameters *learn*",
        corner="method",
    )

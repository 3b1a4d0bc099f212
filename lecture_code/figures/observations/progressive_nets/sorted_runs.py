"""All runs of a method, sorted by their returns: the paper's evidence."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lecture_code.experiments.observations.progressive_nets.summary import (
    SortedRuns,
)
from lecture_code.experiments.summaries import (
    Interval,
    paired_median,
)
from lecture_code.figures.observations.progressive_nets.runs import (
    COLOURS,
    MAIN,
    MARKERS,
    METHODS,
    ROBOTS,
    Draws,
)
from lecture_code.show import GREY, Picture, Table, new_figure

PAPER = {  # read off the paper's figure 6: share of dead runs [%], median, best
    "subtle perspective": {"fine-tuning": (57, 0, 8), "progressive": (0, 8, 29)},
    "strong perspective": {"fine-tuning": (57, 0, 17), "progressive": (0, 16, 22)},
    "subtle colour": {"fine-tuning": (35, 17, 38), "progressive": (0, 18, 33)},
    "strong colour": {"fine-tuning": (58, 0, 35), "progressive": (0, 12, 28)},
}
"""Change of the domain -> method -> the three numbers."""


def summaries(draws: Draws, domain: str) -> dict[str, SortedRuns]:
    """What the runs of each method say together, on one robot."""
    return {
        method: SortedRuns.from_returns(
            draws.returns(domain, method), np.random.default_rng(0)
        )
        for method in MAIN
    }


def sorted_runs(draws: Draws, ceiling: Mapping[str, float], domain: str) -> Picture:
    """The runs of three methods on one robot, the best first.

    Args:
        draws: all runs.
        ceiling: robot -> return of a network that was trained there to the end.
        domain: the robot.
    """
    figure, axes = new_figure(height=3.4)
    words = []
    share = 100 * np.arange(draws.count) / (draws.count - 1)
    for method, runs in summaries(draws, domain).items():
        axes.plot(
            share,
            runs.returns,
            color=COLOURS[method],
            marker=MARKERS[method],
            ms=4,
            lw=1.5,
            label=METHODS[method],
        )
        words.append(
            f"{METHODS[method]} best {runs.returns[0]:.0f}, median "
            f"{runs.median.value:.0f}, {100 * runs.dead.value:.0f} % dead"
        )
    before = draws.returns(domain, MAIN[0], "before").mean()
    axes.axhline(before, color=GREY, lw=1.2, ls=":", label="as it is")
    axes.axhline(ceiling[domain], color=GREY, lw=1.2, ls="--", label="trained there")
    axes.set(
        xlabel="runs, the best first [%]", ylabel="return on the robot", ylim=(-1, 56)
    )
    axes.legend(ncols=3, loc="upper center", columnspacing=1, handletextpad=0.4)
    return Picture(
        figure,
        alt=f"Sorted returns on robot {domain}: {'; '.join(words)}. As it is "
        f"{before:.0f}, trained there {ceiling[domain]:.0f}.",
        caption=f"Robot {domain}: {draws.count} runs of each method, with the same "
        "random learning rates and entropy weights. *Trained there*: from scratch, "
        "twenty times as long, at one learning rate.",
    )


def sorted_table(draws: Draws) -> Table:
    """Dead runs, median and best tenth on every robot, with 95 % intervals."""
    rows: dict[str, dict[str, float | str]] = {}
    for domain in ROBOTS:
        for method, runs in summaries(draws, domain).items():
            rows[f"{domain}, {METHODS[method]}"] = {
                "dead": percent(runs.dead),
                "median": str(runs.median),
                "best": str(runs.best),
            }
    return Table(
        rows,
        caption=f"{draws.count} runs of each method, with 95 % intervals. *Dead*: a "
        "return of at most 2. *Best*: mean of the best tenth",
        units={"dead": "%"},
        corner="robot, method",
    )


def paper_table() -> Table:
    """The paper's figure 6 in numbers, read off."""
    rows: dict[str, dict[str, float | str]] = {
        f"{change}, {method}": {"dead": dead, "median": median, "best": best}
        for change, methods in PAPER.items()
        for method, (dead, median, best) in methods.items()
    }
    return Table(
        rows,
        caption="The paper's figure 6: 300 runs of each method, read off by eye. "
        "*Best* is the best run",
        units={"dead": "%"},
        digits=0,
        corner="change, method",
    )


def lead(draws: Draws, domain: str, method: str, over: str) -> Interval:
    """Difference of the medians of two methods on one robot; the draws are paired."""
    return paired_median(
        draws.returns(domain, method),
        draws.returns(domain, over),
        np.random.default_rng(0),
    )


def percent(share: Interval) -> str:
    """'12 [5, 26]'."""
    low, high = f"{100 * share.low:.0f}", f"{100 * share.high:.0f}"
    return f"{100 * share.value:.0f} [{low},\N{NO-BREAK SPACE}{high}]"

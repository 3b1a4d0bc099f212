"""What the searchers found: regret, reward and luck, from `architecture_searchers`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments import Result
from lecture_code.show import METHOD_COLOURS, Picture, Table, new_figure

NAMES = {
    "random strings": "random search",
    "local search": "local search",
    "evolution": "regularised evolution",
    "REINFORCE, logits": "REINFORCE without memory",
    "REINFORCE, LSTM": "REINFORCE",
}
"""Arm of the result -> name on the page."""
PAPER = "REINFORCE, paper's rate"
BLOCK = 10  # queries whose rewards the result has averaged


def regrets(result: Result, arm: str) -> NDArray[np.float64]:
    """Regret of all repeats of an arm at the points, (repeats, points) [points]."""
    return 100 * np.array(result.curves[arm]["regret"])


def interval(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Mean of one value a repeat, and the ends of its 95 % interval."""
    mean = float(values.mean())
    half = 1.96 * float(values.std(ddof=1)) / len(values) ** 0.5
    return mean, mean - half, mean + half


def regret_curves(result: Result) -> Picture:
    """Regret against queries of every searcher: mean and its 95 % interval."""
    points = result.settings["points"]
    figure, axes = new_figure(height=3.3)
    told = []
    for arm, name in NAMES.items():
        rows = np.array([interval(column) for column in regrets(result, arm).T])
        colour = METHOD_COLOURS[name]
        style = "--" if name == "REINFORCE without memory" else "-"
        axes.plot(points, rows[:, 0], style, color=colour, label=name)
        axes.fill_between(points, rows[:, 1], rows[:, 2], color=colour, alpha=0.18)
        told.append(f"{name} {rows[-1, 0]:.2f}")
    axes.set(xscale="log", yscale="log", xlabel="queries")
    axes.set_ylabel("regret [points of %]")
    axes.legend(fontsize=9)
    axes.set_yticks([0.5, 1, 2, 5, 10, 20], ["0.5", "1", "2", "5", "10", "20"])
    axes.minorticks_off()
    repeats = len(result.seeds)
    alt = (
        "Falling curves of regret against queries, on logarithmic axes, one for each "
        f"searcher. After {points[-1]} queries: {'; '.join(told)} points."
    )
    caption = f"Means of {repeats} repeats, with their 95 % intervals."
    return Picture(figure, alt=alt, caption=caption)


def reward_curves(result: Result) -> Picture:
    """Mean accuracy that stands for the expected reward of the strings asked for."""
    figure, axes = new_figure(height=2.9)
    told = []
    for arm, name in NAMES.items():
        reward = np.array(result.curves[arm]["reward"])
        queries = BLOCK * (np.arange(len(reward)) + 0.5)
        style = "--" if name == "REINFORCE without memory" else "-"
        axes.plot(queries, reward, style, color=METHOD_COLOURS[name], label=name)
        told.append(f"{name} from {reward[0]:.2f} to {reward[-1]:.2f}")
    axes.set(xlabel="queries", ylabel="expected reward")
    axes.legend(fontsize=9, loc="lower right")
    alt = "Expected reward of the strings asked for: " + "; ".join(told) + "."
    caption = "What the children that a searcher pays for are worth on average."
    return Picture(figure, alt=alt, caption=caption)


def searcher_table(result: Result) -> Table:
    """Regret after 50 and after all queries, and what else the repeats noted."""
    points = list(result.settings["points"])
    rows: dict[str, dict[str, Any]] = {}
    for arm, name in (NAMES | {PAPER: "REINFORCE at the paper's rate"}).items():
        curves = result.curves[arm]
        found = regrets(result, arm)
        rows[name] = {
            "after 50": _with_interval(found[:, points.index(50)]),
            f"after {points[-1]}": _with_interval(found[:, -1]),
            "different strings": float(np.mean(curves["distinct"])),
            "promised too much": float(100 * np.mean(curves["excess"])),
        }
    return Table(
        rows,
        digits={"different strings": 0, "promised too much": 2},
        units={"promised too much": "points"},
        corner="searcher",
        caption="Regret [points of %] with the 95 % interval of its mean; "
        f"{len(result.seeds)} repeats.",
    )


def _with_interval(values: NDArray[np.float64]) -> str:
    mean, low, high = interval(values)
    return f"{mean:.2f} [{low:.2f}, {high:.2f}]"


def policy_map(
    probabilities: list[list[NDArray[np.float64]]], labels: list[str], every: int
) -> Picture:
    """How likely each choice of each token is, batch by batch.

    Args:
        probabilities: of each batch, of each token, (choices,).
        labels: token and choice of each row of the map.
        every: queries of a batch.
    """
    shown = np.array([np.concatenate(batch) for batch in probabilities]).T
    figure, axes = new_figure(height=4.6)
    ends = (0, every * shown.shape[1], len(shown) - 0.5, -0.5)
    axes.imshow(shown, aspect="auto", cmap="Blues", vmin=0, vmax=1, extent=ends)
    edge = 0
    for tokens in probabilities[0][:-1]:
        edge += len(tokens)
        axes.axhline(edge - 0.5, color="grey", linewidth=0.8)
    axes.set_yticks(range(len(labels)), labels, fontsize=9)
    axes.set(xlabel="queries")
    axes.grid(visible=False)
    figure.subplots_adjust(left=0.3, bottom=0.13, top=0.98)
    last = ", ".join(
        f"{label} {value:.2f}"
        for label, value in zip(labels, shown[:, -1], strict=True)
    )
    alt = f"A map of probabilities, all equal on the left. At the right end: {last}."
    caption = "Dark: the controller writes this choice almost always."
    return Picture(figure, alt=alt, caption=caption)

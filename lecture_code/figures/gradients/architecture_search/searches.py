"""What the searchers found: regret, reward and luck, from `architecture_searchers`.

Three regrets are drawn: `observed` of the string with the highest observed reward,
`confirmed` of the best of ten strings that were trained again, `found` of the best
string that was asked for. The curves show `confirmed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments import Result
from lecture_code.experiments.summaries import mean_of_seeds
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
OURS = "REINFORCE, LSTM"
TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)  # of regrets
BLOCK = 10  # queries whose rewards the result has averaged


def regrets(result: Result, arm: str, kind: str = "confirmed") -> NDArray[np.float64]:
    """Regret of all repeats of an arm at the points, (repeats, points) [points of %].

    Args:
        result: `architecture_searchers`.
        arm: its name in the result.
        kind: "observed", "confirmed" or "found".
    """
    return 100 * np.array(result.curves[arm][kind])


def regret_curves(result: Result) -> Picture:
    """Confirmed regret against queries of every searcher: mean and 95 % interval."""
    points = result.settings["points"]
    figure, axes = new_figure(height=3.3)
    told = []
    for arm, name in NAMES.items():
        found = [mean_of_seeds(column) for column in regrets(result, arm).T]
        means = [one.value for one in found]
        low, high = [one.low for one in found], [one.high for one in found]
        colour = METHOD_COLOURS[name]
        style = "--" if name == "REINFORCE without memory" else "-"
        axes.plot(points, means, style, color=colour, label=name)
        axes.fill_between(points, low, high, color=colour, alpha=0.18)
        told.append(f"{name} {means[-1]:.2f}")
    axes.set(xscale="log", yscale="log", xlabel="queries")
    axes.set_ylabel("confirmed regret [points]")
    axes.legend(fontsize=9.5)
    bottom, top = axes.get_ylim()
    ticks = [tick for tick in TICKS if bottom <= tick <= top]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xticks(points, [str(point) for point in points])
    axes.minorticks_off()
    repeats = len(result.seeds)
    alt = (
        "Curves of confirmed regret against queries, on logarithmic axes, one for each "
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
    low, high = axes.get_ylim()
    axes.set(xlabel="queries", ylabel="expected reward")
    axes.set_ylim(low - 0.45 * (high - low), high)  # room for the names
    axes.legend(fontsize=9.5, ncols=2, loc="lower right", handlelength=1.4)
    alt = "Expected reward of the strings asked for: " + "; ".join(told) + "."
    caption = "What the children that a searcher pays for are worth on average."
    return Picture(figure, alt=alt, caption=caption)


def searcher_table(result: Result, exact: Result) -> Table:
    """The three regrets of every searcher, and its regret without noise.

    Args:
        result: `architecture_searchers`.
        exact: `architecture_searchers_exact`.
    """
    points = list(result.settings["points"])
    early = 50
    end = points[-1]
    rows: dict[str, dict[str, str]] = {}
    for arm, name in (NAMES | {PAPER: "REINFORCE at the paper's rate"}).items():
        after = {
            f"confirmed ({early})": regrets(result, arm)[:, points.index(early)],
            "confirmed": regrets(result, arm)[:, -1],
            "observed": regrets(result, arm, "observed")[:, -1],
            "found": regrets(result, arm, "found")[:, -1],
            "without noise": regrets(exact, arm)[:, -1],
        }
        rows[name] = {
            column: mean_and_reach(values) for column, values in after.items()
        }
    return Table(
        rows,
        corner="searcher",
        caption=f"Regret after {end} queries [percentage points], mean ± half of "
        f"the 95 % interval, {len(result.seeds)} repeats; {len(exact.seeds)} without "
        "noise.",
    )


def longer_table(longer: Result) -> Table:
    """The settings of every searcher, and its confirmed regret in a longer search.

    Args:
        longer: `architecture_searchers_long`.
    """
    points = list(longer.settings["points"])
    rows = {
        name: {
            "settings": settings_in_words(longer.settings["searchers"][arm]),
            **{
                f"{points[at]:,} queries": mean_and_reach(regrets(longer, arm)[:, at])
                for at in (points.index(500), -1)
            },
        }
        for arm, name in (NAMES | {PAPER: "REINFORCE at the paper's rate"}).items()
    }
    return Table(
        rows,
        corner="searcher",
        caption=f"Confirmed regret [points of %]: mean of {len(longer.seeds)} repeats "
        "and half of its 95 % interval.",
    )


def settings_in_words(choice: Mapping[str, Any]) -> str:
    """The settings of a searcher: "P = 20, S = 6", or "m = 1, rate 0.01, w = 0.1"."""
    if choice["population"]:
        return f"P = {choice['population']}, S = {choice['sample']}"
    if choice["children"]:
        bonus = choice["entropy"]
        return f"m = {choice['children']}, rate {choice['rate']:g}, w = {bonus:g}"
    return "to the first better string" if choice["greedy"] else "none"


def lead_in_words(
    result: Result, kind: str = "confirmed", at: int = -1, arm: str = OURS
) -> str:
    """How far an arm lies below random search at a point, paired, with its interval.

    Args:
        result: of `architecture_searchers`, or of one of its variants.
        kind: "observed", "confirmed" or "found".
        at: index of the point.
        arm: its name in the result.
    """
    random = regrets(result, "random strings", kind)[:, at]
    return mean_in_words(random - regrets(result, arm, kind)[:, at])


def mean_and_reach(values: NDArray[np.float64]) -> str:
    """The mean of one value a repeat, and half of its interval: "0.52 ± 0.04"."""
    found = mean_of_seeds(values)
    reach = found.high - found.value
    return f"{found.value:.2f}\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}{reach:.2f}"


def mean_in_words(values: NDArray[np.float64]) -> str:
    """The mean of one value a repeat, with its interval: "0.52 [0.48, 0.56]"."""
    found = mean_of_seeds(values)
    words = f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"
    return words.replace("-0.00", "0.00").replace("-", "−")


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
    drawn = axes.imshow(shown, aspect="auto", cmap="Blues", vmin=0, vmax=1, extent=ends)
    scale = figure.add_axes((0.92, 0.3, 0.02, 0.5))
    figure.colorbar(drawn, cax=scale, ticks=(0, 0.5, 1)).ax.set_title("P", fontsize=9.5)
    edge = 0
    for tokens in probabilities[0][:-1]:
        edge += len(tokens)
        axes.axhline(edge - 0.5, color="grey", linewidth=0.8)
    axes.set_yticks(range(len(labels)), labels, fontsize=9.5)
    axes.set(xlabel="queries")
    axes.grid(visible=False)
    figure.subplots_adjust(left=0.3, right=0.89, bottom=0.13, top=0.98)
    last = ", ".join(
        f"{label} {value:.2f}"
        for label, value in zip(labels, shown[:, -1], strict=True)
    )
    alt = f"A map of probabilities, all equal on the left. At the right end: {last}."
    caption = "Dark: the controller writes this choice almost always."
    return Picture(figure, alt=alt, caption=caption)

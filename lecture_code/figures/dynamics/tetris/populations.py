"""Searches without noise whose populations differ in size: a prediction and its test.

The result `tetris_population_10x10` (here `small`) is drawn. Start with
`predicted_ratio`.
"""

from __future__ import annotations

import numpy as np

from lecture_code.experiments import Result
from lecture_code.experiments.dynamics.tetris_population import width_by_chance
from lecture_code.figures.dynamics.tetris.searches import Array, final_scores, scores
from lecture_code.show import Picture, Table, band, new_figure
from lecture_code.show.figures import BLUE, GREEN, GREY, PURPLE
from lecture_code.show.table import Cell

COLOURS = {100: GREY, 200: PURPLE, 500: GREEN}
LAST = 30  # generations
T_95 = {5: 2.776, 10: 2.262}  # 97.5 % quantile of Student's t, by number of seeds


def widths(result: Result, population: int) -> Array:
    """Width of every search as a share of its first width: (seeds, generations + 1)."""
    width = np.array(result.curves[str(population)]["std"])
    return np.asarray(width / width[:, :1])


def predicted_ratio(result: Result, population: int, generations: int) -> float:
    """How much wider this population stays than the smallest, by the closed form.

    Args:
        result: of which the share of the elite is taken.
        population: number of candidates in a generation, N.
        generations: number of generations, t.
    """
    share = result.settings["search"]["elite"]
    first = min(result.settings["populations"])
    narrow, wide = (
        width_by_chance(round(share * n), generations) for n in (first, population)
    )
    return wide / narrow


def measured_ratio(result: Result, population: int) -> tuple[float, float, float]:
    """How much wider this population is than the smallest in the end.

    Returns:
        The geometric mean over seeds, and both ends of its 95 % interval, for searches
        of the same seed in pairs.
    """
    first = min(result.settings["populations"])
    ends = [np.log(widths(result, n)[:, -1]) for n in (first, population)]
    gain = ends[1] - ends[0]
    margin = T_95[len(gain)] * gain.std(ddof=1) / np.sqrt(len(gain))
    low, middle, high = np.exp(gain.mean() + margin * np.array([-1, 0, 1]))
    return float(middle), float(low), float(high)


def three_populations(small: Result) -> Picture:
    """Width and lines of searches with three populations, beside the prediction.

    Args:
        small: the searches on the board of 10 × 10.
    """
    figure, (upper, lower) = new_figure(2, 1, height=5.6, sharex=True)
    figure.subplots_adjust(top=0.86)
    time = np.arange(LAST + 1)
    words = []
    first = np.median(widths(small, 100), axis=0)
    for n, colour in COLOURS.items():
        width = widths(small, n)
        lines = scores(small, str(n))
        band(upper, time, width, f"N = {n}", colour)
        band(lower, small.curves["generations"], lines, f"N = {n}", colour)
        last_width = np.median(width[:, -1])
        last_lines = np.median(lines[:, -1])
        words.append(f"N = {n}: width {last_width:.2g}, {last_lines:.0f} lines")
        if n > 100:
            ratio = [predicted_ratio(small, n, int(t)) for t in time]
            upper.plot(time, first * ratio, "--", color=BLUE, linewidth=1.4)
    upper.plot([], [], "--", color=BLUE, linewidth=1.4, label="predicted")
    figure.legend(*upper.get_legend_handles_labels(), loc="upper center", ncols=2)
    upper.set(yscale="log", ylim=(0.01, 1.2), title="width of the population [σ₀]")
    lower.set(xlabel="generation", ylim=(0, 400))
    lower.set_title("lines a game, 10 × 10 board")
    return Picture(
        figure,
        alt="Two panels against the generation, for populations of 100, 200 and 500 "
        "without noise: the width of the population on a logarithmic axis, and the "
        f"lines a game. Medians after {LAST} generations: {'; '.join(words)}. Dashed "
        "lines predict the widths of the two larger populations, and lie close to "
        "them.",
        caption="Ten searches of each kind: median and both extremes. Dashed: the "
        "width of N = 100 times the predicted ratio.",
    )


def population_table(small: Result) -> Table:
    """Lines, and the ratio of widths, predicted and measured.

    Args:
        small: the searches on the board of 10 × 10.
    """
    rows: dict[str, dict[str, Cell]] = {}
    for n in COLOURS:
        row: dict[str, Cell] = {"predicted": "1", "measured": "1"}
        if n > 100:
            middle, low, high = measured_ratio(small, n)
            row["predicted"] = f"{predicted_ratio(small, n, LAST):.1f}"
            row["measured"] = f"{middle:.1f} ({low:.1f}–{high:.1f})"
        row["lines"] = final_scores(small, str(n)).tolist()
        rows[f"N = {n}"] = row
    return Table(
        rows,
        caption=f"After {LAST} generations without noise: how many times as wide as "
        "N = 100 the population is, and its lines a game on the 10 × 10 board.",
        digits={"lines": 0},
    )

"""Tables of the committed searches, and the numbers that the text mentions."""

from __future__ import annotations

import numpy as np

from lecture_code.experiments import Result
from lecture_code.figures.dynamics.tetris.long_searches import (
    TIMES,
    lead,
    ratio_words,
)
from lecture_code.figures.dynamics.tetris.ruins import ROWS, lost_moves
from lecture_code.figures.dynamics.tetris.searches import (
    ARMS,
    LECTURE,
    OTHERS_ABOVE,
    Array,
    Arrays,
    final_scores,
    relative_width,
    score_at,
    share_of_holes,
    travel_of_holes,
)
from lecture_code.show import Table
from lecture_code.show.table import Cell

HALF_TIME = 25  # generation at which half of the decreasing noise is gone
LAST_TESTS = (50, 55, 60)  # generations


def stalled_table(small: Result) -> Table:
    """Lines a game of the search without noise, early and at the end."""
    return Table(
        {
            f"{generation}": {
                "lines a game": score_at(small, "none", generation).tolist()
            }
            for generation in (10, 20, 80)
        },
        caption="Search without noise, 10 × 10 board, ten seeds.",
        digits=0,
        corner="generation",
    )


def width_table(small: Result, weights: Arrays) -> Table:
    """Width of the population and travel of the weight of holes, for the three arms."""
    rows: dict[str, dict[str, Cell]] = {}
    for arm, name in ARMS.items():
        width = np.array(small.curves[arm]["std"])
        rows[name] = {
            "width, 40": float(np.median(width[:, 40])),
            "holes": travel_of_holes(weights, arm)[:, -1].tolist(),
            "share": (100 * share_of_holes(weights, arm)[:, -1]).tolist(),
        }
    return Table(
        rows,
        caption="Width of the population at generation 40; how far the weight of holes "
        "has moved in the end, and its share of the length of w.",
        units={"holes": "σ₀", "share": "%"},
        digits={"width, 40": 2, "holes": 1, "share": 0},
        corner="noise",
    )


def relative_table(small: Result) -> Table:
    """Width of the population relative to the length of its mean, early and late."""
    rows = {}
    for arm, name in ARMS.items():
        middle = np.median(relative_width(small, arm), axis=0)  # from generation 1 on
        rows[name] = {f"generation {t}": float(middle[t - 1]) for t in (20, 80)}
    return Table(
        rows,
        caption="Relative width of the population, medians of ten searches.",
        digits={"generation 20": 2, "generation 80": 3},
        corner="noise",
    )


def scores_table(full: Result) -> Table:
    """The searches on the whole board beside the lecture's numbers.

    Where games were cut off, "here" is the estimate `uncensored_mean`.
    """
    return Table(
        {
            name: {
                "lecture": LECTURE[arm],
                "here, estimated": final_scores(full, arm).tolist(),
                "cut off": sum(run[-1] for run in full.curves[arm]["censored"]),
            }
            for arm, name in ARMS.items()
        },
        caption="Lines a game on the 10 × 20 board, after 60 generations. Where games "
        "were cut off, the number is an estimate of the mean without a cap.",
        digits=0,
        corner="noise",
    )


def last_tests_table(full: Result) -> Table:
    """Median of each arm on the whole board in the last three tests."""
    return Table(
        {
            name: {f"{t}": float(np.median(score_at(full, arm, t))) for t in LAST_TESTS}
            for arm, name in ARMS.items()
        },
        caption="Medians of the lines a game, at the last three tested generations. "
        "The ranges of the two kinds of noise overlap at each of them.",
        digits=0,
        corner="noise",
    )


def numbers(
    full: Result, small: Result, players: Arrays, sizes: Result, larger: Result
) -> dict[str, str]:
    """The numbers that the chapter's sentences mention, by the name of their glue.

    Args:
        full, small: the searches on the two boards.
        players: the arrays beside `full`.
        sizes: the searches with three sizes of the population, on the small board.
        larger: the searches with 200 candidates on the whole board.
    """
    end = {arm: final_scores(full, arm) for arm in ARMS}
    lost = end["decreasing"] < end["constant"].min()
    half = {arm: score_at(full, arm, HALF_TIME) for arm in ARMS}
    slow = half["constant"].argmin()
    middle = {arm: np.median(end[arm]) for arm in ARMS}
    plain = {arm: players[f"{arm}_lines"][:, -1].astype(float) for arm in ARMS}
    ratio = [plain[arm].std(axis=1) / plain[arm].mean(axis=1) for arm in list(ARMS)[:2]]
    once = score_at(full, "none", larger.settings["search"]["generations"])
    twice = final_scores(larger, "200")
    pieces = sum(sum(full.curves[arm]["pieces"]) for arm in ARMS)
    return {
        "rubble_rows": f"{ROWS}",
        "lost_moves": f"{len(lost_moves(full, players))}",
        "none_lines": f"{round(middle['none'], -1):.0f}",
        "best_lines": f"{max(OTHERS_ABOVE.values()):,}",
        "minutes": f"{full.wall_time / 60:.0f}",
        "cores": f"{full.machine['cores']}",
        "cap": f"{full.settings['cap']:,}",
        "factor": f"{middle['constant'] / middle['none']:.0f}",
        "below": f"{LECTURE['none'] / middle['none']:.0f}",
        "noise_pairs": f"{(end['constant'][:, None] > end['none']).sum()}",
        "pairs": wins(end["decreasing"], end["constant"]),
        "lost": f"{lost.sum()}",
        "lost_then": f"{half['decreasing'][lost].max():,.0f}",
        "slow_then": f"{half['constant'][slow]:,.0f}",
        "slow_end": f"{end['constant'][slow]:,.0f}",
        "pieces": f"{pieces / 1e9:.1f}",
        "ratio": f"{np.median(ratio):.2f}",
        "capped_decreasing": f"{np.median(plain['decreasing'].mean(axis=1)):,.0f}",
        "larger": f"{np.median(twice) / np.median(once):.0f}",
        "larger_range": f"{twice.min():,.0f} to {twice.max():,.0f}",
        "early_ratio": ratio_words(lead(small, TIMES[0])),
        "size_pairs": wins(final_scores(sizes, "500"), final_scores(sizes, "100")),
    }


def wins(first: Array, second: Array) -> str:
    """In how many pairs of a search of each arm the first one is better."""
    pairs = first[:, None] > second
    return f"{pairs.sum()} of {pairs.size}"


def small_table(small: Result) -> Table:
    """The three arms on the small board, at two times."""
    return Table(
        {
            name: {
                f"{time} generations": score_at(small, arm, time).tolist()
                for time in (60, 80)
            }
            for arm, name in ARMS.items()
        },
        caption="Lines a game on the 10 × 10 board: median and range of ten seeds.",
        digits=0,
        corner="noise",
    )

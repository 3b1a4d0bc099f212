"""Which kind of noise is ahead in the end? Tetris on half a board, 240 generations.

The search of the module `tetris` on the board of 10 × 10, with its three arms, three
times as long as `tetris_10x10`, and on seeds that no other search of the chapter had.
There the order of constant and decreasing noise was open: it changed with the time at
which we stopped.

Expectation, written down before the runs. After fifty generations the decreasing noise
is zero. The width of its population then vanishes as without noise, so the search soon
stands still. Constant noise keeps the width, while the mean gets longer. So its noise
gets smaller relative to the mean, and its search can go on. If the order changes late,
then in favour of constant noise.

Protocol, written down before the runs. Ten seeds, each with the same pieces in all
arms. The mean weights are tested every twenty generations, in a hundred fresh games.
The comparison is the ratio of the lines of decreasing and of constant noise: a
geometric mean over pairs of the same seed, with the 95 % interval of Student's t for
the mean of the logarithms. It is taken after 60, 120 and 240 generations. The order
counts as *settled* if the interval after 240 generations does not hold 1. Whether an
arm still gains is the same ratio of its own lines after 240 and after 120 generations.
Nothing is selected on the runs.
"""

from __future__ import annotations

from dataclasses import replace

from lecture_code.experiments.dynamics import tetris
from lecture_code.experiments.protocol import Experiment

LONG = replace(
    tetris.SMALL,
    seeds=tuple(range(30, 40)),
    generations=240,
    tests=100,
    test_every=20,
)

EXPERIMENTS = (
    Experiment(
        "tetris_10x10_long", LONG, tetris.smoke(LONG), tetris.runs, tetris.summarise
    ),
)

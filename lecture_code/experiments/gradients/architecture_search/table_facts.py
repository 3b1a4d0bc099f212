"""What a table of a whole space says before any search: spread, noise, rank, curse.

All shares and means are over strings, as a search that draws strings uniformly meets
them: a child with six aliases counts six times.

Read `facts_of`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from lecture_code.gradients.architecture_table import ArchitectureTable

NEAR_CHANCE = 0.2
"""A child below this accuracy has learnt next to nothing: chance is 0.1."""


@dataclass(frozen=True)
class TableFacts:
    """Numbers of a table; accuracies from 0 to 1.

    Args:
        best: highest mean validation accuracy.
        test_of_best: mean test accuracy of this string.
        median: of the strings' mean validation accuracies.
        near_chance: share of strings whose mean is below `NEAR_CHANCE`.
        within_1_percent: share of strings whose regret is at most 0.01.
        noise: typical standard deviation over the seeds: the median over strings.
        noise_of_good: the same, of strings whose regret is at most 0.02.
        rank_correlation: of validation and test, Spearman's, all strings.
        rank_correlation_of_good: the same, of strings whose regret is at most 0.02.
        curse: accuracy of the best single training minus the mean of the same string
            over the other seeds; the mean over seeds.
    """

    best: float
    test_of_best: float
    median: float
    near_chance: float
    within_1_percent: float
    noise: float
    noise_of_good: float
    rank_correlation: float
    rank_correlation_of_good: float
    curse: float


def facts_of(table: ArchitectureTable) -> TableFacts:
    """Measure a table of at least two seeds. No choice is made by test accuracies."""
    values = table.values
    regrets = table.regret(table.space.every_string())
    place = int(table.space.place(table.best[None])[0])
    noise = table.validation.std(axis=1, ddof=1)
    tests = table.test.mean(axis=1)
    good = regrets <= 0.02
    return TableFacts(
        best=float(values[place]),
        test_of_best=float(tests[place]),
        median=float(np.median(values)),
        near_chance=float((values < NEAR_CHANCE).mean()),
        within_1_percent=float((regrets <= 0.01 + 1e-9).mean()),
        noise=float(np.median(noise)),
        noise_of_good=float(np.median(noise[good])),
        rank_correlation=float(spearmanr(values, tests)[0]),
        rank_correlation_of_good=float(spearmanr(values[good], tests[good])[0]),
        curse=float(winners_curse(table.validation).mean()),
    )


def winners_curse(validation: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much too high the accuracy is that chose a winner, for each seed, (seeds,).

    For a seed s, the winner is the string with the highest accuracy of this seed. The
    other seeds had no part in the choice, so their mean is fair. If several strings
    share the highest accuracy, their mean is taken.

    Args:
        validation: accuracies of strings and seeds, (count, seeds ≥ 2).

    Raises:
        ValueError: there is one seed only.
    """
    seeds = validation.shape[1]
    if seeds < 2:
        raise ValueError(f"the curse needs two seeds or more; got {seeds}")
    gaps = []
    for s in range(seeds):
        highest = validation[:, s].max()
        winners = validation[validation[:, s] == highest]
        gaps.append(highest - np.delete(winners, s, axis=1).mean())
    return np.array(gaps)

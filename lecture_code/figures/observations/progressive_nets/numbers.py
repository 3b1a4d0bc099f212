"""The numbers of the text of the chapter *Progressive nets*."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lecture_code.experiments.observations.progressive_nets.summary import DEAD
from lecture_code.experiments.results import Result
from lecture_code.figures.observations.progressive_nets.runs import (
    METHODS,
    ROBOTS,
    Draws,
    Grid,
    Mean,
)
from lecture_code.figures.observations.progressive_nets.sorted_runs import lead

WORDS = {
    "scratch": "scratch",
    "fine-tuning": "tuned",
    "head only": "head",
    "copied head": "progressive",
    "frozen copy": "frozen",
    "progressive": "random",
    "untrained column": "untrained",
}
"""Method of the results -> its name in the names of the numbers."""


def ceilings(result: Result) -> dict[str, float]:
    """Robot -> mean return of a network that was trained there to the end."""
    return {
        domain: sum(curve["tests"][domain]) / len(curve["tests"][domain])
        for domain, curve in result.curves.items()
    }


def numbers(
    grid: Grid,
    draws: Draws,
    ceiling: Mapping[str, float],
    longer: Grid,
    layers: Grid,
) -> dict[str, str]:
    """Name in the text -> words: 'B_tuned' is the mean return of fine-tuning on robot B
    at its best rate, 'B_before' what the policy of the simulation earns there,
    'B_ceiling' that of a training on the robot, and 'B_tuned_ahead' the lead of
    fine-tuning's median over the progressive net's in the runs with random settings;
    'B_lead_tuned' is fine-tuning's lead in the grid, each at its best rate, and
    'B_lead_longer' the same after three times the control steps. 'B_convolutions' and
    'B_others' compare fine-tuning of the convolutions, and of all but them, with
    fine-tuning of all layers. 'tuned_die' and 'progressive_die' count dead runs at the
    largest rate.
    """
    words = {"source": f"{grid.all('source', 'A', 'copied head')[0].mean():.0f}"}
    for domain in ROBOTS:
        for method in METHODS:
            mean = grid.at_best("after", domain, method).mean()
            words[f"{domain}_{WORDS[method]}"] = f"{mean:.1f}"
        before = grid.all("before", domain, "fine-tuning")[0].mean()
        words[f"{domain}_before"] = f"{before:.1f}"
        words[f"{domain}_ceiling"] = f"{ceiling[domain]:.1f}"
        tuned = grid.at_best("after", domain, "fine-tuning")
        other = grid.at_best("after", domain, "copied head")
        words[f"{domain}_lead_tuned"] = str(Mean.of(tuned - other))
        difference = lead(draws, domain, "fine-tuning", "copied head")
        words[f"{domain}_tuned_ahead"] = (
            f"{difference.value:.1f} [{difference.low:.1f}, {difference.high:.1f}]"
        )
    pair = [longer.all("after", "B", m)[0] for m in ("fine-tuning", "copied head")]
    return words | {
        "tuned_die": dying(grid, "fine-tuning"),
        "progressive_die": dying(grid, "copied head"),
        "B_convolutions": over_all(layers, grid, "only convolutions"),
        "B_others": over_all(layers, grid, "all but convolutions"),
        "B_lead_longer": str(Mean.of(pair[0] - pair[1])),
        "n_seeds": f"{grid.seeds}",
        "n_draws": f"{draws.count}",
        "n_frames": f"{grid.result.settings['frames']:,}",
    }


def dying(grid: Grid, method: str) -> str:
    """'3 of 10': dead runs of a method on A and B at the largest rate of the grid.

    Args:
        grid: the comparison.
        method: of `METHODS`.
    """
    ends = [grid.all("after", domain, method)[-1] for domain in ("A", "B")]
    returns = np.concatenate(ends)
    return f"{(returns <= DEAD).sum()} of {len(returns)}"


def over_all(layers: Grid, grid: Grid, method: str) -> str:
    """Lead on B of fine-tuning some layers over fine-tuning all, each at its best rate.

    Args:
        layers: `progressive_nets_layers`.
        grid: the comparison.
        method: which layers learn.
    """
    whole = grid.at_best("after", "B", "fine-tuning")
    return str(Mean.of(layers.at_best("after", "B", method) - whole))

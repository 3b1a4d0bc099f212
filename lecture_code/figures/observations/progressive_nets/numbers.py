"""The numbers of the text of the chapter *Progressive nets*."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lecture_code.experiments.observations.progressive_nets.summary import (
    DEAD,
    mean_of_seeds,
)
from lecture_code.experiments.results import Result
from lecture_code.figures.observations.progressive_nets.runs import (
    Draws,
    Grid,
)
from lecture_code.figures.observations.progressive_nets.sorted_runs import lead


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
    """Name in the text -> words.

    'tuned' and 'progressive' are mean returns on robot B, each at its best rate, and
    'lead' is their difference; 'lead_longer' is the same after three times the control
    steps, and 'lead_drawn' the difference of the medians of random settings.
    'A_worst_tuned' and its like are the smallest returns of the random settings.
    'convolutions' and 'others' compare fine-tuning of the convolutions, and of all but
    them, with fine-tuning of all layers. 'tuned_die' and 'progressive_die' count dead
    runs at the largest rate.
    """
    tuned = grid.at_best("after", "B", "fine-tuning")
    progressive = grid.at_best("after", "B", "copied head")
    drawn = lead(draws, "B", "fine-tuning", "copied head")
    pair = [longer.all("after", "B", m)[0] for m in ("fine-tuning", "copied head")]
    names = {"tuned": "fine-tuning", "progressive": "copied head"}
    worst = {
        f"{domain}_worst_{name}": f"{draws.returns(domain, method).min():.0f}"
        for domain in ("A", "B")
        for name, method in names.items()
    }
    return worst | {
        "source": f"{grid.all('source', 'A', 'copied head')[0].mean():.0f}",
        "ceiling": f"{ceiling['B']:.1f}",
        "tuned": f"{tuned.mean():.1f}",
        "progressive": f"{progressive.mean():.1f}",
        "lead": str(mean_of_seeds(tuned - progressive)),
        "lead_drawn": str(drawn),
        "tuned_die": dying(grid, "fine-tuning"),
        "progressive_die": dying(grid, "copied head"),
        "convolutions": over_all(layers, grid, "only convolutions"),
        "others": over_all(layers, grid, "all but convolutions"),
        "lead_longer": str(mean_of_seeds(pair[0] - pair[1])),
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
    return str(mean_of_seeds(layers.at_best("after", "B", method) - whole))

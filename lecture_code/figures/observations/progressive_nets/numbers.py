"""The numbers of the text of the chapter *Progressive nets*."""

from __future__ import annotations

import numpy as np

from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import (
    mean_of_seeds,
)
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
    trained: Result,
    longer: Grid,
    layers: Grid,
) -> dict[str, str]:
    """Name in the text -> words.

    'source' and 'before_B' are the old policy's returns in the simulation and on B.
    'lead' is the lead of fine-tuning over the progressive net on robot B, each at its
    best rate; 'lead_longer' is the same after three times the control steps, and
    'lead_drawn' the difference of the medians of random settings. 'worst_tuned' and
    'worst_progressive' are the smallest returns of these settings. 'convolutions' and
    'others' compare fine-tuning of the convolutions, and of all but them, with
    fine-tuning of all layers. 'ceiling' is the return on B of networks that were
    trained there from scratch, 'from_A' that of networks trained on A, and 'ceiling_C'
    that on C of networks trained on C.
    """
    tuned = grid.at_best("after", "B", "fine-tuning")
    progressive = grid.at_best("after", "B", "copied head")
    drawn = lead(draws, "B", "fine-tuning", "copied head")
    pair = [longer.all("after", "B", m)[0] for m in ("fine-tuning", "copied head")]
    return {
        "source": f"{grid.all('source', 'A', 'copied head')[0].mean():.0f}",
        "before_B": f"{grid.all('before', 'B', 'copied head')[0].mean():.0f}",
        "ceiling": f"{np.mean(trained.curves['B']['tests']['B']):.0f}",
        "ceiling_C": f"{np.mean(trained.curves['C']['tests']['C']):.0f}",
        "from_A": f"{np.mean(trained.curves['A']['tests']['B']):.0f}",
        "lead": str(mean_of_seeds(tuned - progressive)),
        "lead_drawn": str(drawn),
        "worst_tuned": f"{draws.returns('B', 'fine-tuning').min():.0f}",
        "worst_progressive": f"{draws.returns('B', 'copied head').min():.0f}",
        "convolutions": over_all(layers, grid, "only convolutions"),
        "others": over_all(layers, grid, "all but convolutions"),
        "lead_longer": str(mean_of_seeds(pair[0] - pair[1])),
        "n_seeds": f"{grid.seeds}",
        "n_draws": f"{draws.count}",
        "n_frames": f"{grid.result.settings['frames']:,}",
    }


def over_all(layers: Grid, grid: Grid, method: str) -> str:
    """Lead on B of fine-tuning some layers over fine-tuning all, each at its best rate.

    Args:
        layers: `progressive_nets_layers`.
        grid: the comparison.
        method: which layers learn.
    """
    whole = grid.at_best("after", "B", "fine-tuning")
    return str(mean_of_seeds(layers.at_best("after", "B", method) - whole))


def entropy_at_start(softer: Grid, method: str) -> str:
    """'0.04', the mean entropy of a method's first policies on robot C.

    Args:
        softer: `progressive_nets_softer`.
        method: of its methods.
    """
    records = softer.result.first_records
    name = f"C {method} {softer.rates[0]:g}"
    starts = [
        steps[0]["entropy"]
        for run, steps in records.items()
        if run.startswith(f"{name}/")
    ]
    return f"{np.mean(starts):.2f}"


def softer_numbers(softer: Grid) -> dict[str, str]:
    """Name in the text -> words.

    'sure' and 'unsure' are entropies at the start of the progressive net, without and
    with softening. 'soft_source' and 'tuned_source' are returns in the simulation after
    robot C, of the softened progressive net and of fine-tuning. 'tuned_lead' is how
    much more fine-tuning earns on C than the softened progressive net.

    Args:
        softer: `progressive_nets_softer`.
    """
    tuned, soft = (
        softer.all("after", "C", method)[0]
        for method in ("fine-tuning", "soft copied head")
    )
    return {
        "tuned_lead": str(mean_of_seeds(tuned - soft)),
        "sure": entropy_at_start(softer, "copied head"),
        "unsure": entropy_at_start(softer, "soft copied head"),
        "soft_source": f"{softer.all('source', 'C', 'soft copied head').mean():.0f}",
        "tuned_source": f"{softer.all('source', 'C', 'fine-tuning').mean():.0f}",
    }


def edge_numbers(grid: Grid, beyond: Grid) -> dict[str, str]:
    """Name in the text -> words: a rate below the grid, 'edge_rate', and how much less
    fine-tuning earned on B with it than at its best rate of the grid, 'edge_loss'.

    Args:
        grid: the comparison.
        beyond: `progressive_nets_edge`: one rate.
    """
    (rate,) = beyond.rates
    (lower,) = beyond.all("after", "B", "fine-tuning")
    return {
        "edge_rate": np.format_float_positional(rate),
        "edge_loss": str(
            mean_of_seeds(grid.at_best("after", "B", "fine-tuning") - lower)
        ),
    }


def longer_numbers(longer: Grid) -> dict[str, str]:
    """Name in the text -> words: what the progressive net gains on B in all, and what
    is 'carried' by its own output.

    Args:
        longer: `progressive_nets_longer`.
    """
    before, after, without = (
        longer.all(entry, "B", "copied head")[0]
        for entry in ("before", "after", "without own output")
    )
    return {
        "gain": f"{(after - before).mean():.1f}",
        "carried": str(mean_of_seeds(after - without)),
    }

"""Checks of the comparison: three times the frames, starts that are less sure, and
fine-tuning of some layers alone.
"""

from __future__ import annotations

from lecture_code.experiments.observations.progressive_nets.methods import SOFT
from lecture_code.experiments.summaries import (
    mean_of_seeds,
)
from lecture_code.figures.observations.progressive_nets.runs import (
    MAIN,
    METHODS,
    Grid,
)
from lecture_code.show import Table


def longer_table(grid: Grid, longer: Grid) -> Table:
    """Return on a robot after the usual frames and after three times as many, at the
    same rate.

    Args:
        grid: the comparison.
        longer: `progressive_nets_longer`: one robot, one rate.
    """
    (domain,) = longer.result.settings["domains"]
    (rate,) = longer.rates
    usual = grid.rates.index(rate)
    steps = [f"{each.result.settings['frames']:,} steps" for each in (grid, longer)]
    rows: dict[str, dict[str, float | str]] = {}
    for method in MAIN:
        short = grid.all("after", domain, method)[usual]
        long = longer.all("after", domain, method)[0]
        rows[METHODS[method]] = {
            steps[0]: f"{short.mean():.1f}",
            steps[1]: str(mean_of_seeds(long)),
            "simulation": f"{longer.all('source', domain, method)[0].mean():.1f}",
        }
    return Table(
        rows,
        caption=f"Robot {domain}, learning rate {rate:g}: mean return of "
        f"{longer.seeds} seeds after the usual control steps, and after three times as "
        "many with a 95 % interval; then the return back in the *simulation*",
        corner="method",
    )


def layers_table(grid: Grid, layers: Grid) -> Table:
    """Return on a robot when only some layers of the first column learn.

    Args:
        grid: the comparison.
        layers: `progressive_nets_layers`: one robot.
    """
    (domain,) = layers.result.settings["domains"]
    found = {name: (layers, name) for name in layers.result.settings["methods"]}
    found |= {METHODS[name]: (grid, name) for name in ("fine-tuning", "head only")}
    rows: dict[str, dict[str, float | str]] = {}
    for name, (source, method) in found.items():
        rows[name] = {
            "return": str(mean_of_seeds(source.at_best("after", domain, method))),
            "simulation": f"{source.at_best('source', domain, method).mean():.1f}",
        }
    return Table(
        rows,
        caption=f"Robot {domain}: which layers of the first column learn, each at its "
        "best rate; then the return back in the *simulation*",
        corner="what learns",
    )


def softer_table(softer: Grid) -> Table:
    """Return on a robot of starts as they are, and of starts that are less sure.

    Args:
        softer: `progressive_nets_softer`: one robot, one rate.
    """
    (domain,) = softer.result.settings["domains"]
    rows: dict[str, dict[str, float | str]] = {}
    for method in softer.result.settings["methods"]:
        name = METHODS[method.removeprefix(SOFT)]
        if method.startswith(SOFT):
            name += ", softened"
        rows[name] = {
            "before": f"{softer.all('before', domain, method)[0].mean():.1f}",
            "after": str(mean_of_seeds(softer.all("after", domain, method)[0])),
        }
    steps = softer.result.settings["frames"]
    return Table(
        rows,
        caption=f"Robot {domain}, {steps:,} control steps, learning rate "
        f"{softer.rates[0]:g}, {softer.seeds} seeds: mean return before and after, "
        "with a 95 % interval. *Softened*: the logits of the first column were divided "
        "by ten",
        corner="method",
    )

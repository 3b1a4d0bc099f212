"""What the GANs of `sequence_grammar` have learnt, and the strings that they write.

Read `grammar_table`: the parse rate stands beside the total variation, because a
generator that writes one valid string for ever has a perfect parse rate.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lecture_code.data.arithmetic import LENGTHS, first_mistake
from lecture_code.experiments import Result
from lecture_code.show import (
    GREY,
    METHOD_COLOURS,
    GrammarSampler,
    Picture,
    Table,
    grammar_sampler,
    new_figure,
)
from lecture_code.show.svg import FOREGROUND

NAMES = {
    "maximum likelihood": "maximum likelihood, no D",
    "REINFORCE": "REINFORCE",
    "REINFORCE, roll-outs": "REINFORCE, roll-outs",
    "annealed": "Gumbel, τ 5 → 1 (paper)",
    "τ = 5": "Gumbel, τ = 5",
    "τ = 1": "Gumbel, τ = 1",
    "τ = 0.1": "Gumbel, τ = 0.1",
    "annealed, softened 0.99": "Gumbel, τ 5 → 1, 0.99",
    "τ = 1, softened 0.99": "Gumbel, τ = 1, 0.99",
    "τ = 0.1, softened 0.99": "Gumbel, τ = 0.1, 0.99",
    "hard reals": "Gumbel, hard real strings",
    "straight-through": "straight-through",
}
"""Arm of the results -> name on the page."""
SHOWN = (
    "REINFORCE",
    "maximum likelihood",
    "annealed",
    "τ = 0.1, softened 0.99",
    "hard reals",
    "straight-through",
)
"""Arms whose strings the reader sees."""
ONE_STRING = 1 - 1 / len(LENGTHS)
"""Total variation of a generator that writes one valid string only."""


def at_end(result: Result, arm: str, measure: str) -> NDArray[np.float64]:
    """A measure of an arm at the end of the training, by seed."""
    return np.array(result.curves[arm]["end"][measure], dtype=np.float64)


def is_one_string(result: Result, arm: str) -> NDArray[np.bool_]:
    """In which seeds an arm ends with one or two strings that nearly always parse."""
    parse = at_end(result, arm, "parse")
    return np.asarray((at_end(result, arm, "distinct") <= 2) & (parse > 0.9))


def colour_of(arm: str) -> str:
    """By the way of the gradient."""
    if arm == "maximum likelihood":
        return GREY
    if arm == "straight-through":
        return METHOD_COLOURS["straight-through"]
    if arm == "REINFORCE, roll-outs":
        return METHOD_COLOURS["REINFORCE without memory"]
    return METHOD_COLOURS["REINFORCE" if arm == "REINFORCE" else "Gumbel-softmax"]


def measures_row(result: Result, arm: str) -> dict[str, Any]:
    """Parse rate, total variation and different strings of all seeds."""
    return {
        "parse rate": list(100 * at_end(result, arm, "parse")),
        "total variation": list(at_end(result, arm, "variation")),
        "different": list(at_end(result, arm, "distinct")),
    }


def grammar_table(result: Result) -> Table:
    """Every arm at the end of the training."""
    drawn = result.settings["drawn_at_end"]
    steps = result.settings["arms"]["annealed"]["steps"]
    rows: dict[str, dict[str, Any]] = {
        name: measures_row(result, arm) for arm, name in NAMES.items()
    }
    for confidence, (parse, variation) in result.curves["ceiling"].items():
        rows[f"real strings, softened {confidence}"] = {
            "parse rate": 100 * parse,
            "total variation": variation,
        }
    return Table(
        rows,
        units={"parse rate": "%"},
        digits={"parse rate": 0, "total variation": 2, "different": 0},
        best={"total variation": "low"},
        corner="how G learns",
        caption=f"After {steps:,} steps from scratch: median of "
        f"{len(result.seeds)} seeds (lowest–highest), {drawn:,} strings each. The last "
        "column counts different valid strings; as many real strings contain "
        f"{result.curves['expected_distinct']:.0f}. “0.99”: probability of the true "
        "symbol in softened real strings; elsewhere it is 0.9.",
    )


def _dots(axes: Axes, result: Result) -> None:
    """A dot for each training, by the way of its gradient."""
    groups = {
        "REINFORCE": ("REINFORCE", "REINFORCE, roll-outs"),
        "Gumbel-softmax": tuple(arm for arm, name in NAMES.items() if "Gumbel" in name),
        "straight-through": ("straight-through",),
        "maximum likelihood": ("maximum likelihood",),
    }
    marks = dict(zip(groups, "osD^", strict=True))
    rings = {"markersize": 9, "fillstyle": "none", "markeredgewidth": 1.6, "zorder": 4}
    filled = {"markersize": 6, "alpha": 0.7}
    for name, arms in groups.items():
        x = np.concatenate([100 * at_end(result, arm, "parse") for arm in arms])
        y = np.concatenate([at_end(result, arm, "variation") for arm in arms])
        axes.plot(
            x,
            y,
            marks[name],
            color=colour_of(arms[0]),
            label=name,
            clip_on=False,
            **(rings if name == "REINFORCE" else filled),
        )


def parse_and_variation(result: Result) -> Picture:
    """Parse rate against total variation, a dot for each seed."""
    figure, axes = new_figure(height=3.3)
    _dots(axes, result)
    axes.plot([0, 100], [1, 0], ":", color=FOREGROUND, linewidth=1)
    axes.axhline(ONE_STRING, color=FOREGROUND, linewidth=0.8)
    axes.annotate(
        "one length only",
        (97, ONE_STRING),
        xytext=(0, 4),
        textcoords="offset points",
        ha="right",
        fontsize=9.5,
    )
    axes.set(xlabel="parse rate [%]", ylabel="total variation", ylim=(0, 1.02))
    axes.legend(fontsize=9.5, loc="lower left")
    stuck = sum(
        int(is_one_string(result, arm).sum())
        for arm in ("REINFORCE", "REINFORCE, roll-outs")
    )
    runs = 2 * len(result.seeds)
    alt = (
        "Dots, one for each training: total variation against parse rate. No dot lies "
        "below the falling line. Maximum likelihood lies in the good corner at the "
        f"right. {stuck} of {runs} trainings by REINFORCE have a parse rate of nearly "
        f"100 % and a total variation of {ONE_STRING:.2f}."
    )
    caption = (
        "A mark is a training. The lower right corner is best. No training can lie "
        f"below the dotted line. {stuck} of {runs} trainings by REINFORCE lie at the "
        "upper right."
    )
    return Picture(figure, alt=alt, caption=caption)


def written_strings(result: Result) -> GrammarSampler:
    """The strings of the first seed of six arms over their training."""
    samples = {
        NAMES[arm]: {
            int(step): texts for step, texts in result.curves[arm]["texts"].items()
        }
        for arm in SHOWN
    }
    return grammar_sampler(samples, first_mistake, title="What G writes")

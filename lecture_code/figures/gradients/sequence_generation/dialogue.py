"""Dull answers, and what the adversarial loop changes, from `sequence_dialogue` and
`sequence_dialogue_credit`.

Read `dull_answers`, the first picture of the chapter, then `dialogue_table`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.data.dialogues import DialogueGrammar
from lecture_code.experiments import Result
from lecture_code.experiments.summaries import Interval, mean_of_seeds
from lecture_code.show import (
    GREY,
    METHOD_COLOURS,
    PALETTE,
    Picture,
    Table,
    band,
    new_figure,
)
from lecture_code.show.svg import FOREGROUND

START = "start"
HOW = {
    "sampling": "model, sampled",
    "greedy": "model, likeliest words",
    "beam": "model, likeliest answer",
}
"""Decoding of the result -> name on the page."""

Floats = NDArray[np.float64]


SHOWN = (
    "maximum likelihood",
    "REINFORCE",
    "REGS, roll-outs",
    "REGS, prefixes",
    "REINFORCE, no teacher forcing",
    "REGS, prefixes, no teacher forcing",
    "REGS, prefixes, slow",
    "knowing judge",
)
"""Trainings whose curves the page shows."""
COLOURS_OF_ARMS = {
    "maximum likelihood": GREY,
    "REINFORCE": METHOD_COLOURS["REINFORCE"],
    "REGS, roll-outs": PALETTE[2],
    "REGS, prefixes": PALETTE[3],
    "REINFORCE, no teacher forcing": METHOD_COLOURS["REINFORCE"],
    "REGS, prefixes, no teacher forcing": PALETTE[3],
    "REGS, prefixes, slow": PALETTE[5],
    "knowing judge": FOREGROUND,
}
CREDIT = ("knowing judge, whole", "knowing judge, roll-outs", "knowing judge")
"""The judge that knows all, with three ways to reward; the last is of `SHOWN`, too."""


def arms_of(result: Result) -> list[str]:
    """Those of `SHOWN` that the result has."""
    return [arm for arm in SHOWN if arm in result.settings["arms"]]


def examined(result: Result, arm: str, decoding: str, entry: str) -> Floats:
    """An entry of an arm's examination at the end, by seed."""
    return np.array(result.curves[arm]["decoded"][decoding][entry], dtype=np.float64)


def dull_answers(result: Result) -> Picture:
    """Two questions with the likeliest answers, and how often an answer is dull."""
    texts = result.curves[START]["texts"]["beam"][:2]
    figure, (words, bars) = new_figure(
        2, 1, height=3.0, gridspec_kw={"height_ratios": (2, 5)}
    )
    words.axis("off")
    words.set(xlim=(0, 1), ylim=(len(texts) - 0.5, -0.5))
    for row, (question, answer) in enumerate(texts):
        words.text(0, row, f"{question}?", fontsize=10, va="center")
        words.text(1, row, answer, fontsize=10, va="center", ha="right", weight="bold")
    shares = {
        name: 100 * examined(result, START, how, "dull") for how, name in HOW.items()
    }
    human = 100 * DialogueGrammar().dull
    means = {"people": human} | {name: float(x.mean()) for name, x in shares.items()}
    colours = [GREY, *[METHOD_COLOURS["REINFORCE"]] * len(shares)]
    bars.barh(list(means), list(means.values()), color=colours, alpha=0.8, height=0.6)
    for row, found in enumerate(shares.values(), start=1):
        bars.plot(found, np.full(len(found), row), "o", color=GREY, markersize=4)
    bars.invert_yaxis()
    bars.set(xlim=(0, 101), xlabel="“i do not know” [% of the answers]")
    figure.subplots_adjust(left=0.38, right=0.97, bottom=0.14, top=0.99, hspace=0.12)
    place = words.get_position()
    words.set_position([0.03, place.y0, 0.94, place.height])
    told = ", ".join(f"{name} {mean:.0f} %" for name, mean in means.items())
    same = ", ".join(f"“{question}?” “{answer}”" for question, answer in texts)
    alt = f"Questions and answers: {same}. Share of “i do not know”: {told}."
    caption = (
        "Above: answers of the model. Below: *people* is the law of our small "
        "language; for the model, means of "
        f"{len(result.seeds)} seeds; dots are seeds. *Likeliest words*: the likeliest "
        "word at each place. *Likeliest answer*: found by beam search."
    )
    return Picture(figure, alt=alt, caption=caption)


def variation_at_end(result: Result, arm: str) -> Floats:
    """Total variation to the law of people's answers after the last turn, by seed."""
    rows = result.curves[arm]["curves"]["total_variation"]
    return np.array(rows, dtype=np.float64)[:, -1]


def lead_of_regs(result: Result, credit: Result) -> Interval:
    """How much more often a fresh judge is wrong about REGS with prefixes than about
    REINFORCE [percentage points], both with the judge that knows all.
    """
    prefixes, whole = (
        100 * examined(found, arm, "sampling", "success")
        for found, arm in ((result, CREDIT[2]), (credit, CREDIT[0]))
    )
    return mean_of_seeds(prefixes - whole)


def dialogue_table(result: Result, credit: Result) -> Table:
    """Every arm: success before a fresh evaluator, dull answers, total variation.

    Args:
        result, credit: `sequence_dialogue` and `sequence_dialogue_credit`.
    """
    known = [arm for arm in arms_of(result) if arm not in CREDIT]
    sources = dict.fromkeys((START, *known), result)
    sources |= {arm: credit if arm in credit.curves else result for arm in CREDIT}
    rows: dict[str, dict[str, Any]] = {}
    for arm, found in sources.items():
        rows[name_of(arm)] = {
            "total variation": list(variation_at_end(found, arm)),
            "success": list(100 * examined(found, arm, "sampling", "success")),
            "dull": list(100 * examined(found, arm, "beam", "dull")),
            "likeliest answer": list(100 * examined(found, arm, "beam", "success")),
        }
    ahead = lead_of_regs(result, credit)
    return Table(
        rows,
        units={"success": "%", "likeliest answer": "%", "dull": "%"},
        digits={
            "success": 1,
            "likeliest answer": 1,
            "dull": 0,
            "total variation": 2,
        },
        corner="how G learns",
        caption="*Success*: how often a fresh judge is wrong, for sampled answers "
        "and for the likeliest answer; 50 % is the best. *Dull*: of the likeliest "
        f"answers. Median of {len(result.seeds)} seeds (lowest–highest). *Lower rate*: "
        "a hundredth; one seed, trained three times as long, stays there, too. "
        "*Knowing judge*: *success* of REGS with prefixes is "
        f"{ahead.value:.0f} points higher "
        f"[{ahead.low:.0f}, {ahead.high:.0f}] than of REINFORCE. Two rates were "
        "tried for it, one for REINFORCE.",
    )


def name_of(arm: str) -> str:
    """An arm's name on the page."""
    return NAMES.get(arm, arm)


NAMES = {
    START: "maximum likelihood (start)",
    "maximum likelihood": "maximum likelihood, longer",
    "REINFORCE, no teacher forcing": "REINFORCE, no forcing",
    "REGS, prefixes, no teacher forcing": "REGS, no forcing",
    "REGS, prefixes, slow": "REGS, no forcing, lower rate",
    "knowing judge": "REGS, prefixes; knowing judge",
    "knowing judge, whole": "REINFORCE; knowing judge",
    "knowing judge, roll-outs": "REGS, roll-outs; knowing judge",
}


def dialogue_curves(result: Result) -> Picture:
    """Total variation to the law of the answers over the turns."""
    figure, axes = new_figure(height=3.4)
    stride = result.settings["stride"]
    told = []
    for arm in arms_of(result):
        rows = np.array(result.curves[arm]["curves"]["total_variation"])
        x = stride * np.arange(rows.shape[1])
        band(axes, x, rows, label=name_of(arm), colour=COLOURS_OF_ARMS[arm])
        if "no teacher forcing" in arm:
            axes.lines[-1].set_linestyle("--")
        told.append(f"{name_of(arm)} {np.median(rows[:, -1]):.2f}")
    axes.set(xlabel="turns", ylabel="total variation", ylim=(0, 1.02))
    axes.legend(fontsize=9.5, loc="upper left", bbox_to_anchor=(-0.16, -0.2), ncols=2)
    figure.subplots_adjust(bottom=0.42, top=0.97)
    alt = (
        "Total variation to the law of people's answers over the turns. Medians at "
        f"the end: {'; '.join(told)}."
    )
    caption = (
        f"Lines: medians of {len(result.seeds)} seeds. Bands: from the lowest to the "
        "highest. 0: the same law."
    )
    return Picture(figure, alt=alt, caption=caption)

"""The controls of the page: sliders, which are real range inputs that count positions,
with the text of every position beside them; and buttons for two or three categories.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

import numpy as np

from .page import fingerprint, prose

STEPS = 60  # of a slider over a range of numbers, about
BUTTONS = 3  # at most; more categories get a slider
TOOLS = (
    '<div class="rg-tools"><button type="button" class="rg-quiet rg-back" disabled>'
    'Reset</button><button type="button" class="rg-quiet rg-link" disabled>Copy link'
    "</button></div>"
)
"""Buttons below the controls of a flipbook; they need JavaScript."""


def range_slider(label: str, texts: Sequence[str], at: int, **data: str) -> str:
    """One slider with its label and what it says.

    Args:
        label: what the reader sees; `code` and *emphasis* are marked up.
        texts: of each position.
        at: the position to begin with.
        data: attributes for the element's script, `values="[1, 2]"` becomes
            `data-values`.
    """
    words = escape(json.dumps(list(texts), ensure_ascii=False))
    return (
        f'<div class="rg-slider"><label><span>{prose(label)}</span>'
        f'<input class="rg-range" type="range" min="0" max="{len(texts) - 1}" step="1" '
        f'value="{at}" {_attributes(data)}data-texts="{words}" '
        f'aria-valuetext="{escape(texts[at])}" disabled></label>'
        f"<output>{escape(texts[at])}</output></div>"
    )


def choice_buttons(
    label: str, texts: Sequence[str], at: int, *, owner: str = "", **data: str
) -> str:
    """A row of buttons of which one is pressed; arguments as for `range_slider`.

    Args:
        owner: tells this row from a row with the same words in another view; a browser
            lets one button be pressed in all rows of a name.
    """
    group = f"rg-{fingerprint(label, *texts, str(data), owner)}"
    buttons = "".join(
        f'<label><input type="radio" name="{group}" value="{position}"'
        f"{' checked' if position == at else ''} disabled>"
        f"<span>{prose(text)}</span></label>"
        for position, text in enumerate(texts)
    )
    return (
        f'<fieldset class="rg-choice" {_attributes(data)}data-at="{at}">'
        f"<legend>{prose(label)}</legend>{buttons}</fieldset>"
    )


def _attributes(data: dict[str, str]) -> str:
    return "".join(f'data-{name}="{escape(value)}" ' for name, value in data.items())


def slider_values(
    low: float, high: float, keep: Sequence[float], whole: bool
) -> list[float]:
    """Round numbers from low to high, about `STEPS` of them, and in their order those
    of `keep` that lie between.

    >>> slider_values(0, 3, (0,), True)
    [0, 1, 2, 3]
    """
    rough = (high - low) / STEPS
    power = 10 ** np.floor(np.log10(rough))
    fine = [times * power for times in (1, 2, 5, 10)]
    step = 1.0 if whole else next(s for s in fine if s >= rough * (1 - 1e-9))
    first = round(np.ceil(low / step - 1e-9))
    last = round(np.floor(high / step + 1e-9))
    close = [value for value in keep if low <= value <= high]
    numbers = [round(float(n * step), 10) for n in range(first, last + 1)]
    apart = [
        number
        for number in numbers
        if all(abs(number - value) > 0.25 * step for value in close)
    ]
    return sorted({*map(int if whole else float, [*apart, *close])})

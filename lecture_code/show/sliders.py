"""The sliders of the page: real range inputs that count positions, with the text of
every position beside them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

import numpy as np

from .page import prose

STEPS = 60  # of a slider over a range of numbers, about


def range_slider(label: str, texts: Sequence[str], at: int, **data: str) -> str:
    """One slider with its label and what it says.

    Args:
        label: what the reader sees; `code` and *emphasis* are marked up.
        texts: of each position.
        at: the position to begin with.
        data: attributes for the element's script, `values="[1, 2]"` becomes
            `data-values`.
    """
    own = "".join(f'data-{name}="{escape(value)}" ' for name, value in data.items())
    words = escape(json.dumps(list(texts), ensure_ascii=False))
    return (
        f'<div class="rg-slider"><label><span>{prose(label)}</span>'
        f'<input class="rg-range" type="range" min="0" max="{len(texts) - 1}" step="1" value="{at}" {own}'
        f'data-texts="{words}" aria-valuetext="{escape(texts[at])}" disabled></label><output>{escape(texts[at])}</output></div>'
    )


def grid(low: float, high: float, keep: Sequence[float], whole: bool) -> list[float]:
    """Round numbers from low to high, about `STEPS` of them, and in their order those
    of `keep` that lie between.

    >>> grid(0, 3, (0,), True)
    [0, 1, 2, 3]
    """
    rough = (high - low) / STEPS
    power = 10 ** np.floor(np.log10(rough))
    step = (
        1.0
        if whole
        else next(
            times * power
            for times in (1, 2, 5, 10)
            if times * power >= rough * (1 - 1e-9)
        )
    )
    first, last = round(np.ceil(low / step - 1e-9)), round(np.floor(high / step + 1e-9))
    close = [value for value in keep if low <= value <= high]
    numbers = [round(float(n * step), 10) for n in range(first, last + 1)]
    apart = [
        number
        for number in numbers
        if all(abs(number - value) > 0.25 * step for value in close)
    ]
    return sorted({*map(int if whole else float, [*apart, *close])})

"""What a reader may choose among in `explore`: the checks, and the index of a value."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

MOST_BUTTONS = 6  # of a choice that asks for them


def check_choices(
    choices: Mapping[str, tuple[Any, ...]], **named: Mapping[str, Any]
) -> None:
    """Refuse choices that cannot be shown, and arguments that name others.

    Raises:
        ValueError: the message says which and what to do.
    """
    if not choices:
        raise ValueError(
            "explore needs at least one choice, such as gravity=[-16, -9.81, -4]"
        )
    for name, options in choices.items():
        if len(options) < 2 or any(
            a == b for a, b in itertools.combinations(options, 2)
        ):
            raise ValueError(
                f"{name} needs at least two values, all different; got {list(options)}"
            )
        if any(
            isinstance(value, float) and not math.isfinite(value) for value in options
        ):
            raise ValueError(f"{name} has a value that is not finite: {list(options)}")
    for argument, given in named.items():
        if unknown := set(given) - set(choices):
            raise ValueError(
                f"{argument} names {', '.join(sorted(unknown))}; the choices are "
                f"{', '.join(choices)}"
            )
    for name, value in named["start"].items():
        position(name, choices[name], value)
    for name, texts in named["names"].items():
        if len(texts) != len(choices[name]) or len(set(texts)) != len(texts):
            raise ValueError(
                f"names of {name} must be {len(choices[name])} different texts; got "
                f"{list(texts)}"
            )
    for name in named["buttons"]:
        if len(choices[name]) > MOST_BUTTONS:
            raise ValueError(
                f"at most {MOST_BUTTONS} values fit on buttons; {name} has "
                f"{len(choices[name])}: leave {name} out of buttons"
            )


def is_number(value: Any) -> bool:
    """Whether a value is shown as a number: True and False are words."""
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def position(name: str, options: Sequence[Any], value: Any) -> int:
    """Index of a value among those of its choice.

    Raises:
        ValueError: it is not one of them.
    """
    for index, option in enumerate(options):
        if option == value:
            return index
    raise ValueError(f"{value!r} is not a value of {name}, which has {list(options)}")

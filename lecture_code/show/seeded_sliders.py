"""The sliders of an element that computes in the page: each has a list of values.

Read `SeededSliders`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .page import number
from .sliders import range_slider


class SeededSliders:
    """Sliders by the name of their knob; None among the values is "no baseline".

    Args:
        labels: what the reader sees.
        usual: values of each slider.
        begin: the value that each slider begins with.
        values: in place of some of `usual`.
        start: in place of some of `begin`.

    Raises:
        ValueError: a slider is unknown, or has no such value.
    """

    def __init__(
        self,
        labels: Mapping[str, str],
        usual: Mapping[str, Sequence[float | None]],
        begin: Mapping[str, float | None],
        values: Mapping[str, Sequence[float | None]] | None,
        start: Mapping[str, float | None] | None,
    ) -> None:
        self.labels = dict(labels)
        # a number, or None where the element allows it
        self.values: dict[str, Sequence[Any]] = {**usual, **(values or {})}
        self.start: dict[str, Any] = {**begin, **(start or {})}
        for name in (*self.values, *self.start):
            if name not in usual:
                raise ValueError(
                    f"there is no slider {name!r}; there are {', '.join(usual)}"
                )
        for name, value in self.start.items():
            if value not in self.values[name]:
                raise ValueError(
                    f"{name} cannot start at {value}; it has {tuple(self.values[name])}"
                )

    def __str__(self) -> str:
        return str((self.values, self.start))

    def html(self) -> str:
        """One slider below the other."""
        return "".join(
            range_slider(
                self.labels[name],
                ["no baseline" if v is None else number(v) for v in values],
                list(values).index(self.start[name]),
                knob=name,
            )
            for name, values in self.values.items()
        )

    def encode(self) -> dict[str, list[Any]]:
        """The values, for the page."""
        return {name: list(values) for name, values in self.values.items()}

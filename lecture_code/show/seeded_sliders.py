"""The sliders of `<choice-simplex>` and `<estimator-race>`: each has a list of values.

Read `SeededSliders`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .page import number
from .sliders import range_slider


class SeededSliders:
    """Sliders by the name of their knob.

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
        usual: Mapping[str, Sequence[float]],
        begin: Mapping[str, float],
        values: Mapping[str, Sequence[float]] | None,
        start: Mapping[str, float] | None,
    ) -> None:
        self.labels = dict(labels)
        self.values = {**usual, **(values or {})}
        self.start = {**begin, **(start or {})}
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
                [number(value) for value in values],
                list(values).index(self.start[name]),
                knob=name,
            )
            for name, values in self.values.items()
        )

    def encode(self) -> dict[str, list[float]]:
        """The values, for the page."""
        return {name: list(values) for name, values in self.values.items()}

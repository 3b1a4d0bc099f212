"""Which laterals a trained second column needs: a net whose laterals can be switched
off, and the return that is left.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from numpy.typing import NDArray

from lecture_code.experiments import Result
from lecture_code.experiments.observations.progressive_nets.parts import LATERALS, off
from lecture_code.figures.observations.progressive_nets.readings import (
    AS_IT_IS,
    HEADS,
    NEW,
    OLD,
    measured,
)
from lecture_code.show import GREY, Picture, Table, new_figure
from lecture_code.show.svg import FOREGROUND

Array = NDArray[np.float64]

ON = "on"
OFF = "off"
WIDE, HIGH = 0.53, 0.24  # of a box, from its middle
LAYERS = ("convolution", "convolution", "dense", "output")
"""Layers of a column, from the image."""
WORDS = {
    "convolution": "second convolution",
    "dense": "dense layer",
    "output": "output",
}
"""Lateral -> what it goes into, in words."""


class Laterals:
    """Returns on a robot with every subset of the laterals switched off.

    Args:
        parts: `progressive_nets_parts`.
        domain: the robot.
        method: whose second column is shown first; `draw` may name another.
    """

    def __init__(self, parts: Result, domain: str, method: str = "copied head") -> None:
        self.parts = parts
        self.domain = domain
        self.method = method

    def returns(
        self, off_laterals: tuple[str, ...], method: str | None = None
    ) -> Array:
        """Returns of all seeds with these laterals at zero, in the order of `LATERALS`;
        without any, those of the net as it is.
        """
        entries = measured(self.parts, self.domain, method or self.method)
        return np.array(entries[off(off_laterals) if off_laterals else "after"])

    def draw(
        self, convolution: str, dense: str, output: str, head: str | None = None
    ) -> Picture:
        """The net and the return that is left.

        Args:
            convolution, dense, output: "on" or "off", for the lateral into each layer.
            head: method whose second column is shown.

        Raises:
            ValueError: a lateral is neither on nor off.
        """
        states = dict(zip(LATERALS, (convolution, dense, output), strict=True))
        for name, state in states.items():
            if state not in (ON, OFF):
                raise ValueError(f"{name} must be {ON!r} or {OFF!r}; got {state!r}")
        gone = tuple(name for name, state in states.items() if state == OFF)
        whole = self.returns((), head)
        left = self.returns(gone, head)
        figure, (net, bars) = new_figure(
            1, 2, height=3.3, gridspec_kw={"width_ratios": [1.9, 1]}
        )
        figure.subplots_adjust(left=0.02, right=0.98, bottom=0.1, top=0.9, wspace=0.2)
        _draw_net(net, states)
        _draw_bars(bars, whole, left, self.highest())
        name = HEADS[head or self.method]
        words = " and ".join(f"the {WORDS[part]}" for part in gone)
        return Picture(
            figure,
            alt=f"A net of two columns, {name}, on robot {self.domain}. "
            f"Laterals off: {f'into {words}' if gone else 'none'}. Median return "
            f"{np.median(left):.1f}; as it is {np.median(whole):.1f}.",
            caption=f"Robot {self.domain}, {name}. Column 1 is frozen. "
            f"Bars: median of {len(whole)} seeds; dots: seeds. Dashed laterals are set "
            "to zero, and nothing is trained again.",
        )

    def highest(self) -> float:
        """Largest return of any group on this robot, for axes that stand still."""
        return max(
            float(value)
            for name, entries in self.parts.curves.items()
            if name.startswith(f"{self.domain} ")
            for entry in entries
            if entry == "after" or entry.startswith("off")
            for value in entries[entry]
        )


def _draw_net(axes: Axes, states: dict[str, str]) -> None:
    """Both columns over the image; laterals that are off are dashed and crossed."""
    axes.axis("off")
    axes.set(xlim=(-0.6, 2.6), ylim=(-0.2, 4.75))
    for x, colour, title in ((0, OLD, "column 1"), (2, NEW, "column 2")):
        axes.text(x, 4.6, title, ha="center", va="center", color=colour)
        for y, name in enumerate(LAYERS, start=1):
            corner = (x - WIDE, y - HIGH)
            box = FancyBboxPatch(corner, 2 * WIDE, 2 * HIGH, fc="none", ec=colour, lw=2)
            box.set_boxstyle("round", pad=0, rounding_size=0.1)
            axes.add_patch(box)
            axes.text(x, y, name, ha="center", va="center", size=10)
            below = (1, 0.2) if y == 1 else (x, y - 1 + HIGH)
            _draw_arrow(axes, below, (x, y - HIGH), GREY, 1.2, "-")
    axes.text(1, 0, "image", ha="center", va="center", size=10)
    for name, layer in LATERALS.items():
        start = (WIDE, layer)
        end = (2 - WIDE, layer + 1)
        if states[name] == ON:
            _draw_arrow(axes, start, end, NEW, 2.2, "-")
        else:
            _draw_arrow(axes, start, end, GREY, 1.2, "--")
            axes.plot(1, layer + 0.5, "x", color=FOREGROUND, ms=9, mew=2)


def _draw_arrow(
    axes: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    colour: str,
    width: float,
    line: str,
) -> None:
    """An arrow from one box to another."""
    arrow = FancyArrowPatch(
        start, end, arrowstyle="-|>", color=colour, lw=width, ls=line, mutation_scale=11
    )
    axes.add_patch(arrow)


def _draw_bars(axes: Axes, whole: Array, left: Array, highest: float) -> None:
    """Medians as bars, seeds as dots."""
    for place, returns, colour in ((0, whole, AS_IT_IS), (1, left, NEW)):
        axes.bar(place, np.median(returns), width=0.7, color=colour, alpha=0.75)
        dots = place + np.linspace(-0.2, 0.2, len(returns))
        axes.plot(dots, returns, "o", color=FOREGROUND, ms=3.5)
    axes.set(xlim=(-0.6, 1.6), ylim=(0, 1.1 * highest), title="return")
    axes.set_xticks([0, 1], ["as it is", "now"])
    axes.grid(visible=False, axis="x")


def lesions_table(parts: Result, domain: str) -> Table:
    """What a trained net keeps of its return without its own output, for every head.

    Args:
        parts: `progressive_nets_parts`.
        domain: the robot.
    """
    return _medians_table(parts, domain, {"own output off": "own output"})


def laterals_table(parts: Result, domain: str) -> Table:
    """What a trained net keeps of its return without its laterals, for every head.

    Args:
        parts: `progressive_nets_parts`.
        domain: the robot.
    """
    lesions = {
        "hidden laterals off": off(("convolution", "dense")),
        "output lateral off": off(("output",)),
    }
    return _medians_table(parts, domain, lesions)


def _medians_table(parts: Result, domain: str, lesions: Mapping[str, str]) -> Table:
    """Median returns of every head, of the net as it is and with parts at zero.

    Args:
        parts: `progressive_nets_parts`.
        domain: the robot.
        lesions: title of a column -> what the result calls it.
    """
    rows: dict[str, dict[str, float | str]] = {}
    for method in parts.settings["methods"]:
        entries = measured(parts, domain, method)
        rows[HEADS[method]] = {
            title: float(np.median(entries[entry]))
            for title, entry in {"as it is": "after", **lesions}.items()
        }
    return Table(
        rows,
        caption=f"Robot {domain}: median return of {len(parts.seeds)} seeds with a "
        "part of the trained net set to zero",
        digits=1,
        corner="method",
    )

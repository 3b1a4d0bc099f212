"""Slow features of a signal of two numbers, which hides a slow one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lecture_code.observations.slowness import SlowFeatures
from lecture_code.show import GREY, Picture, Table, new_figure
from lecture_code.show.figures import GREEN, PURPLE

Array = NDArray[np.float64]
MOMENTS = 500
STEP = 2 * np.pi / MOMENTS  # time between two moments


def hidden_signal() -> Array:
    """x of the example of Wiskott and Sejnowski: sin t is hidden in it, (N + 1, 2)."""
    t = STEP * np.arange(MOMENTS + 1)
    return np.column_stack([np.sin(t) + np.cos(11 * t) ** 2, np.cos(11 * t)])


def slow_features(degree: int) -> tuple[Array, Array]:
    """Slow features y (N, 2) of the signal and their Δ (2,), with time in seconds."""
    x = hidden_signal()
    slow = SlowFeatures.fit(x[:-1], x[1:], 2, degree=degree)
    return slow(x[:-1]), slow.deltas / STEP**2


def slow_signal(degree: int, feature: int) -> Picture:
    """The signal, and one of its slow features.

    Args:
        degree: 1 linear, 2 quadratic.
        feature: 1 is the slowest.

    Raises:
        ValueError: there is no such degree or feature.
    """
    if feature not in (1, 2):
        raise ValueError(f"feature must be 1 or 2; got {feature}")
    y, deltas = slow_features(degree)
    x = hidden_signal()[:-1]
    t = STEP * np.arange(MOMENTS)
    figure, (above, below) = new_figure(2, 1, height=3.6)
    figure.subplots_adjust(left=0.1, right=0.86, top=0.93, bottom=0.14, hspace=0.5)
    lines = (("x₁", GREY, "-"), ("x₂", PURPLE, "--"))
    for column, (name, colour, style) in enumerate(lines):
        above.plot(t, x[:, column], color=colour, ls=style, lw=1.2, label=name)
    handles = above.get_legend_handles_labels()
    figure.legend(*handles, loc="upper right", bbox_to_anchor=(1.0, 0.93))
    above.set_title("the signal")
    below.plot(t, y[:, feature - 1], color=GREEN)
    delta = deltas[feature - 1]
    below.set_title(f"y{feature}: Δ = {delta:.3g} per s²")
    below.set(xlabel="time [s]", ylim=(-3, 3))
    kind = {1: "linear", 2: "quadratic"}[degree]
    return Picture(
        figure,
        alt=f"Two quick signals, and below them {kind} feature {feature}. Its mean "
        f"squared change Δ is {delta:.3g} per second squared.",
        caption=f"The method sees only the signal above. Below is {kind} feature "
        f"{feature}. It has mean 0 and variance 1.",
    )


def delta_table() -> Table:
    """Δ of the two slowest features of the signal, linear and quadratic."""
    rows = {}
    for degree, kind in ((1, "linear"), (2, "quadratic")):
        deltas = slow_features(degree)[1]
        rows[kind] = {
            f"feature {number + 1}": f"{delta:.3g}"
            for number, delta in enumerate(deltas)
        }
    return Table(rows, caption="Δ of each feature, per s²", corner="features")

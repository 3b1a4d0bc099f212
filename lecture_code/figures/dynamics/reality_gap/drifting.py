"""How far a simulator departs from a recording when it is left to itself, before and
after identification.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lecture_code.dynamics.reality_gap import drift
from lecture_code.figures.dynamics.reality_gap.identification import (
    IDENTIFIED,
    SIMULATION,
)
from lecture_code.show import GREY, Picture, new_figure
from lecture_code.simulation import Trajectories, World

Array = NDArray[np.float64]

FLOOR, CEILING = 1e-13, 30  # ends of the axis for errors of velocity [σ]
LINEAR = (1e-11, 0.1)  # between these errors the growth is fitted [σ]


def drift_ahead(
    simulator: World,
    recordings: Mapping[str, Trajectories],
    identified: Mapping[str, World],
    steps: int,
) -> Picture:
    """Errors of a simulator that repeats recorded commands, before and after
    identification: one panel a recording. The axis is logarithmic where an error is
    tiny at first.

    Args:
        simulator: the world before identification.
        recordings: what each real robot did, by the name of the robot.
        identified: the identified world of each real robot.
        steps: how long the simulator is left to itself, in control steps.
    """
    figure, panels = new_figure(1, 2, height=3.2)
    time = np.linspace(simulator.dt, steps * simulator.dt, steps)
    words = []
    for axes, (name, recording) in zip(panels, recordings.items(), strict=True):
        before = drift(simulator, recording, steps)
        after = drift(identified[name], recording, steps)
        axes.set(title=name)
        _draw_drift(axes, time, before, after)
        words.append(
            f"{name}: the simulator's error goes from {before[0]:.1g} to "
            f"{before[-1]:.1g}, the identified simulator's from {after[0]:.0e} to "
            f"{after[-1]:.1g}."
        )
        if seconds := tenfold(after, simulator.dt):
            words.append(f"This line rises tenfold every {seconds:.1f} s.")
    panels[0].set_ylabel("error of velocity [σ]")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="lower center", ncols=2)
    figure.subplots_adjust(bottom=0.3, wspace=0.3)
    return Picture(
        figure,
        alt="Two panels, the left with a logarithmic axis: error of the predicted "
        f"velocity against the time that the simulator is left to itself. "
        f"{' '.join(words)}",
        caption="The dotted line is an error as large as the change in one step. The "
        "left axis is logarithmic: there a straight line means that the error grows by "
        "the same factor in every second.",
    )


def _draw_drift(axes: Axes, time: Array, before: Array, after: Array) -> None:
    """Both errors against time; logarithmic where the identified error is tiny."""
    axes.plot(time, before, color=SIMULATION, label="simulator")
    axes.plot(time, np.maximum(after, FLOOR), color=IDENTIFIED, label="identified")
    axes.axhline(1, color=GREY, linewidth=0.8, linestyle=":")
    axes.set(xlabel="left to itself for [s]")
    axes.set_ylim(0, 1.25 * max(before.max(), after.max()))
    if after.min() < LINEAR[1]:
        axes.set(yscale="log", ylim=(FLOOR, CEILING))
    if seconds := tenfold(after, time[0]):
        label = f"tenfold every {seconds:.1f} s"
        axes.text(time[-1], 1e-12, label, ha="right", color=IDENTIFIED)


def tenfold(errors: Array, dt: float) -> float | None:
    """Time in which an error grows to ten times its size [s], from a line through its
    logarithm; None for an error that is large from the start.

    Args:
        errors: of a simulator that is left to itself, one a control step.
        dt: length of a control step [s].
    """
    steps = np.flatnonzero((errors > LINEAR[0]) & (errors < LINEAR[1]))
    if len(steps) < 10:
        return None
    slope = np.polyfit(steps * dt, np.log10(errors[steps]), 1)[0]  # [1/s]
    return float(1 / slope)

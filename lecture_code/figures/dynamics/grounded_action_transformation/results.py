"""What the chapter *Grounded action transformation* shows of the committed results.

`grounding_models` holds how close grounded simulators come (`imitation`, `by_alpha`,
`by_recordings`). `grounding`, `grounding_long` and `grounding_feedback` hold trials of
whole methods; `starts`, `of_method` and `gained` read them, and `trials.py` and
`longer.py` draw them. The functions give a shown thing with its alt text;
`numbers_of_…` give what the text says.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.results import Result
from lecture_code.figures.dynamics.grounded_action_transformation.drawings import (
    COLOURS,
)
from lecture_code.show import Picture, Table, band, new_figure

Array = NDArray[np.float64]

SIMULATORS = {"no grounding": (0, 0), "GAT": (0, -1), "GAT with memory": (2, -1)}
"""Simulator -> its memory, and the index of its α among the α that were measured."""
UNTURNED = {"damping": 1.0, "torso_mass": 1.0, "action_delay": 0}
"""The knobs with which the robot is the simulator."""


# --- how close a grounded simulator comes: `grounding_models`


def one_step_errors(models: Result, robot: str, amount: float, name: str) -> Array:
    """One-step error of a simulator for each seed, (seeds,).

    Args:
        models: the result `grounding_models`.
        robot: name of a real robot, or of the only knob in which the robot differs.
        amount: recorded trajectories, or the value of the knob.
        name: one of `SIMULATORS`.
    """
    memory, index = SIMULATORS[name]
    errors = models.curves[f"{robot}/{memory}/{amount:g}"]["error"]
    return np.array(errors)[:, index]


def imitation(models: Result, **values: float) -> Picture:
    """One-step error of each simulator where the robot differs in one knob.

    Args:
        models: the result `grounding_models`.
        values: the value of each knob; at most one of them differs from `UNTURNED`.
    """
    turned = [knob for knob, value in values.items() if value != UNTURNED[knob]]
    knob = turned[0] if turned else "action_delay"
    figure, axes = new_figure()
    words = []
    for x, name in enumerate(SIMULATORS):
        dots = one_step_errors(models, knob, values[knob], name)
        axes.bar(x, np.median(dots), color=COLOURS[name], alpha=0.4)
        axes.plot([x] * len(dots), dots, "o", ms=4, color=COLOURS[name])
        words.append(f"{name} {np.median(dots):.2f}")
    axes.set(xticks=range(len(SIMULATORS)), xticklabels=SIMULATORS, ylim=(0, 1.2))
    axes.set_ylabel("error in one step")
    return Picture(figure, alt="Median one-step error: " + ", ".join(words) + ".")


def imitation_table(models: Result) -> Table:
    """Median one-step errors for three robots that differ in one knob."""
    cases = {
        "a robot like the simulator": ("damping", 1.0),
        "a robot with damping × 0.75": ("damping", 0.75),
        "a robot that is one step late": ("action_delay", 1),
    }
    rows = {
        case: {
            name: one_step_errors(models, *robot, name).tolist() for name in SIMULATORS
        }
        for case, robot in cases.items()
    }
    return Table(rows, digits=2, caption="Error in one step: median (lowest–highest).")


def measured(models: Result, robot: str, memory: int, what: str) -> Array:
    """A measure after the largest number of recordings, (seeds, …).

    Args:
        what: "error" and "return" have one column an α; "real" is the robot's return.
    """
    most = models.settings["amounts"][-1]
    return np.array(models.curves[f"{robot}/{memory}/{most}"][what])


def misses(models: Result, robot: str) -> Array:
    """How far the return of θ₀ in a simulator is from its return on the robot.

    Returns:
        (seeds, 2): in the plain simulator, and in the simulator with all of GAT.
    """
    truth = measured(models, robot, 0, "real")
    believed = measured(models, robot, 0, "return")[:, [0, -1]]
    return np.abs(believed - truth.reshape(-1, 1))


def misses_table(models: Result) -> Table:
    """Errors in one step, and how far the return of θ₀ is missed, with wrong parameters
    and without memory.
    """
    wrong, _ = models.settings["real"]
    errors = measured(models, wrong, 0, "error")[:, [0, -1]]
    rows = {
        name: {"one-step error": error.tolist(), "return missed by": missed.tolist()}
        for name, error, missed in zip(
            ("simulator", "grounded simulator"),
            errors.T,
            misses(models, wrong).T,
            strict=True,
        )
    }
    return Table(
        rows,
        digits={"one-step error": 2, "return missed by": 0},
        caption="Wrong parameters, GAT with α = 1: median (lowest–highest) of "
        f"{len(errors)} walks",
    )


def by_alpha(models: Result, robot: str) -> Picture:
    """One-step error, and the return of θ₀ in the grounded simulator, against α."""
    alphas = models.settings["alphas"]
    figure, (error, earned) = new_figure(2, 1, height=4.6, sharex=True)
    words = []
    for name, (memory, _) in list(SIMULATORS.items())[1:]:
        for axes, what in ((error, "error"), (earned, "return")):
            lines = measured(models, robot, memory, what)
            band(axes, alphas, lines, name, COLOURS[name])
            middle = np.median(lines, axis=0)
            words.append(f"{name}, {what}: {middle[0]:.3g} to {middle[-1]:.3g}")
    truth = float(np.median(measured(models, robot, 0, "real")))
    earned.axhline(truth, color=COLOURS["robot"], ls="--", label="on the robot")
    error.set(ylabel="error in one step", ylim=(0, None))
    earned.set(xlabel="α", ylabel="return of θ₀", ylim=(-100, 560))
    earned.legend(loc="upper right", ncols=2)
    return Picture(
        figure,
        alt=f"Robot: {robot}. Medians from α = 0 to α = 1. {'; '.join(words)}. "
        f"On the robot θ₀ earns {truth:.0f}.",
        caption="Median and range of five walks.",
    )


def by_recordings(models: Result, robot: str) -> Picture:
    """One-step error against the number of recorded trajectories."""
    amounts = models.settings["amounts"]
    figure, axes = new_figure()
    ends = []
    for name in SIMULATORS:
        lines = [one_step_errors(models, robot, N, name) for N in amounts]
        band(axes, amounts, np.transpose(lines), name, COLOURS[name])
        ends.append(f"{name} {np.median(lines[0]):.2f} to {np.median(lines[-1]):.2f}")
    axes.set(xscale="log", xlabel="recorded trajectories N")
    axes.set(xticks=amounts, xticklabels=amounts, ylabel="error in one step")
    axes.minorticks_off()
    axes.set_ylim(0, 1.5 * axes.get_ylim()[1])
    axes.legend(loc="upper right", ncols=2)
    return Picture(
        figure,
        alt=f"Robot: {robot}. Median one-step error from {amounts[0]} to {amounts[-1]} "
        f"recorded trajectories: {', '.join(ends)}.",
    )


# --- trials of whole methods: `grounding`, `grounding_long`, `grounding_feedback`


def starts(trials: Result, robot: str) -> Array:
    """Return of each trial's θ₀ on the robot, (trials,)."""
    return np.array(trials.curves[robot]["start"])


def of_method(trials: Result, robot: str, method: str, what: str = "final") -> Array:
    """What a method reached in each trial: "final" and "best" (trials,), "robot" and
    "own" (trials, generations).
    """
    return np.array(trials.curves[robot][method][what])


def gained(trials: Result, robot: str, method: str) -> Array:
    """Return that a method gained over θ₀ on the robot, (trials,)."""
    return of_method(trials, robot, method) - starts(trials, robot)


# --- numbers in the text


def numbers_of_models(models: Result) -> dict[str, str]:
    """What the text says of `grounding_models`."""
    wrong, late = models.settings["real"]
    with_memory = np.median(measured(models, late, 2, "error"), axis=0)
    plain_gat = np.median(measured(models, wrong, 0, "error"), axis=0)
    return {
        "n_most": str(models.settings["amounts"][-1]),
        "alpha_plain": f"{with_memory[0]:.2f}",
        "alpha_one": f"{with_memory[-1]:.2f}",
        "wrong_plain": f"{plain_gat[0]:.2f}",
        "wrong_one": f"{plain_gat[-1]:.2f}",
    }

"""What a local model knows: its slopes beside the true slopes, the directions that the
moments have seen, and moments beside least squares.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.dynamics.online_adaptation.attempts import (
    ArmDynamics,
    AttemptOutcome,
)
from lecture_code.figures.dynamics.online_adaptation.films import COLOURS
from lecture_code.learning.dynamics_priors import transition
from lecture_code.learning.gaussian_dynamics import Moments, condition
from lecture_code.show import GREY, Picture, Table, new_figure
from lecture_code.show.figures import VERMILLION
from lecture_code.simulation.slot_arm import DT, SlotArm

Array = NDArray[np.float64]

JOINTS = ("shoulder", "elbow", "wrist")
N_INPUTS = 9  # six numbers of the state, three torques


def idea() -> Picture:
    """A curved function, and two straight lines through its last points: one that
    forgets, and one that does not.
    """
    figure, axes = new_figure(height=2.8)
    x = np.linspace(0, 3.2, 200)
    robot = np.sin(1.3 * x) + 0.9
    prior = 0.75 * np.sin(1.3 * x) + 0.25
    axes.plot(x, robot, color=VERMILLION, label="robot")
    axes.plot(x, prior, color=COLOURS["network alone"], label="prior")
    last_steps = np.linspace(1.45, 1.9, 5)
    values = np.sin(1.3 * last_steps) + 0.9
    axes.plot(last_steps, values, "o", ms=5, color=VERMILLION, label="last steps")
    slope = 0.75 * 1.3 * np.cos(1.3 * last_steps[-1])
    near = last_steps[-1] + np.array([-0.7, 1.0])
    line = values[-1] + slope * (near - last_steps[-1])
    axes.plot(near, line, "--", color=COLOURS["network"], label="local model")
    axes.set(xlabel="state and action", ylabel="next state", xticks=[], yticks=[])
    axes.legend(loc="lower left", ncols=2)
    return Picture(
        figure,
        alt="The next state against state and action. The prior's curve lies below the "
        "robot's curve. The local model is a straight line: it goes through the last "
        "steps of the robot, and its slope is near the slope of the prior.",
        caption="Sketch. Offset from the last steps, slope mostly from the prior.",
    )


class Slopes:
    """What one Nm does to a joint's velocity in one control step, over an attempt:
    robot, fixed network and local model.

    Args:
        robot: the arm that acted.
        outcomes: weight of the newest step -> one attempt with it; 0 is the network
            without adaptation.
    """

    def __init__(
        self, robot: SlotArm, outcomes: Mapping[float, AttemptOutcome]
    ) -> None:
        self.robot = robot
        self.outcomes = dict(outcomes)
        self._truths: dict[float, Array] = {}

    def truth(self, weight: float) -> Array:
        """The arm's own slopes along an attempt, (T, 6, 9), by finite differences."""
        if weight not in self._truths:
            x = self.outcomes[weight].states[0, :-1]
            u = self.outcomes[weight].actions[0]
            dynamics = ArmDynamics([self.robot] * len(x))
            self._truths[weight] = dynamics.jacobian(x, u)
        return self._truths[weight]

    def curves(self, joint: str, weight: float) -> dict[str, Array]:
        """Robot, fixed network and local model, (T,) [rad/s per Nm].

        Args:
            joint: one of `JOINTS`.
            weight: of the newest step.
        """
        row = 3 + JOINTS.index(joint)
        column = 6 + JOINTS.index(joint)
        return {
            "robot": self.truth(weight)[:, row, column],
            "network, fixed": self.outcomes[0].slopes[:, 0, row, column],
            "local model": self.outcomes[weight].slopes[:, 0, row, column],
        }

    def draw(self, joint: str, weight: float) -> Picture:
        """The three curves of one joint; arguments as in `curves`."""
        colours = (VERMILLION, COLOURS["network alone"], COLOURS["network"])
        curves = self.curves(joint, weight)
        figure, axes = new_figure()
        for (name, curve), colour in zip(curves.items(), colours, strict=True):
            axes.plot(DT * np.arange(len(curve)), curve, color=colour, label=name)
        axes.set(xlabel="time [s]", ylabel="slope [rad/s per Nm]")
        axes.set_ylim(0, 1.7 * float(curves["robot"].max()))
        axes.legend(loc="upper left", ncols=3)
        ends = [f"{name} {np.median(curve):.2f}" for name, curve in curves.items()]
        return Picture(
            figure,
            alt=f"Slope of the {joint}'s velocity by its own torque over the attempt, "
            f"with the weight {weight:g}. Medians in rad/s per Nm: {', '.join(ends)}.",
            caption="What one Nm adds to the velocity of the joint in one step.",
        )


def ranks(steps: Array, w_new: float = 0.2) -> Array:
    """Number of directions of (x, u) in which the moments vary, after each of the
    steps (T, 15), (T,).
    """
    moments = Moments.from_point(steps[0])
    ranks_so_far = []
    for i, p in enumerate(steps):
        moments = moments.update(p, w_new) if i else moments
        spread = moments.covariance[:N_INPUTS, :N_INPUTS]
        scale = np.sqrt(np.diag(spread)) + 1e-12
        values = np.linalg.svd(spread / np.outer(scale, scale), compute_uv=False)
        ranks_so_far.append(int((values > 1e-10).sum()))
    return np.array(ranks_so_far)


def rank_figure(outcome: AttemptOutcome, still: Array) -> Picture:
    """How many directions the moments know after each step, for an arm that explores
    and for an arm that never acts.

    Args:
        outcome: of attempts that explore.
        still: states of an arm that hangs still and never acts, (T + 1, 6).
    """
    moving = transition(
        outcome.states[0, :-1], outcome.actions[0], outcome.states[0, 1:]
    )
    quiet = transition(still[:-1], np.zeros((len(still) - 1, 3)), still[1:])
    figure, axes = new_figure()
    arms = {
        "an arm that acts": (moving, COLOURS["network"]),
        "an arm that never acts": (quiet, GREY),
    }
    words = []
    for name, (steps, colour) in arms.items():
        rank = ranks(steps[:20])
        axes.step(np.arange(1, len(rank) + 1), rank, color=colour, where="mid")
        axes.plot(np.arange(1, len(rank) + 1), rank, "o", color=colour, label=name)
        words.append(f"{name} knows {rank[-1]} after {len(rank)} steps")
    axes.axhline(N_INPUTS, color=VERMILLION, ls="--", lw=1)
    axes.text(1, N_INPUTS + 0.5, "needed: nine", color=VERMILLION)
    axes.set(xlabel="steps so far", ylabel="known directions", ylim=(-0.5, 13.5))
    axes.set_xticks([1, 5, 10, 15, 20])
    axes.legend(loc="upper left", ncols=2)
    return Picture(
        figure,
        alt=f"Known directions of state and action against steps so far. "
        f"{'; '.join(words)}. Nine are needed.",
        caption="Rank of the moments' covariance of state and action.",
    )


def moments_and_least_squares(steps: Array, w_new: float) -> Table:
    """The slopes from running moments beside those of weighted least squares.

    Args:
        steps: recorded steps, (T, 15).
        w_new: weight of the newest step.
    """
    moments = Moments.from_point(steps[0])
    for p in steps[1:]:
        moments = moments.update(p, w_new)
    model = condition(moments.mean, moments.covariance, N_INPUTS, 0.0)
    age = np.arange(len(steps))[::-1]
    weights = w_new * (1 - w_new) ** age
    weights[0] = (1 - w_new) ** (len(steps) - 1)
    inputs = np.hstack([steps[:, :N_INPUTS], np.ones((len(steps), 1))])
    root = np.sqrt(weights)[:, None]
    fit = np.linalg.lstsq(root * inputs, root * steps[:, N_INPUTS:], rcond=None)[0]
    rows = {}
    for i, joint in enumerate(JOINTS):
        rows[joint] = {
            "running moments": float(model.f_u[3 + i, i]),
            "least squares": float(fit[6 + i, 3 + i]),
        }
    return Table(
        rows,
        caption="Velocity gained by one Nm in one control step, by two ways",
        units={"running moments": "rad/s", "least squares": "rad/s"},
        digits=3,
        corner="joint",
    )

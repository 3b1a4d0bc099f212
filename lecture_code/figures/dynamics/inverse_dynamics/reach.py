"""How much of a shift the best action could undo, on each robot.

    ô = T_source(o, a_source),   a* = argmin_a ‖T_target(o, a) − ô‖

What remains of ‖T_target(o, a_source) − ô‖ with a* no φ can remove, however well it is
trained. The robot is linearised in its actions, without limits, and the distance is in
the velocities of all joints.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.dynamics.inverse_dynamics.transfer import load_expert
from lecture_code.figures.dynamics.inverse_dynamics.results import ROBOTS
from lecture_code.show import Table
from lecture_code.simulation import World, make_world, one_step, rollout

Array = NDArray[np.float64]

ROOM = 0.6  # of the expert's actions, so that the motors are not at their limits
EPSILON = 1e-3  # of the finite differences, in units of the control range
CASES: tuple[tuple[str, str, dict[str, float], float], ...] = (
    ("heavy_arm", "gravity 100 %", {"gravity": -9.81}, 0.0),
    ("half_cheetah", "gravity × 1.2", {"gravity": -11.772}, 0.0),
    ("hopper", "gravity × 1.2", {"gravity": -11.772}, 0.0),
    ("heavy_arm", "constant noise", {}, 0.3),
    ("half_cheetah", "constant noise", {}, 0.3),
    ("hopper", "constant noise", {}, 0.3),
)
"""Robot, name of a shift, its knobs, and what the motors add to each command."""


def remaining(
    source: World,
    robot: World,
    states: tuple[Array, Array],
    actions: Array,
    push: float = 0.0,
) -> Array:
    """Share of the miss that the best action leaves, one a state, (n,).

    Args:
        source, robot: the two worlds.
        states: positions and velocities (n, …).
        actions: of the expert, (n, A).
        push: what the motors of the robot add to each command.
    """
    wanted = one_step(source, *states, actions, threads=1)[1]
    reached = one_step(robot, *states, actions + push, threads=1)[1]
    miss = wanted - reached  # (n, V)
    columns = []
    for motor in np.eye(actions.shape[1]):
        more = actions + push + EPSILON * motor
        pushed = one_step(robot, *states, more, threads=1)[1]
        columns.append((pushed - reached) / EPSILON)
    B = np.stack(columns, axis=2)  # (n, V, A)
    best = np.linalg.pinv(B) @ miss[..., None]
    left = miss - (B @ best)[..., 0]
    return np.asarray(np.linalg.norm(left, axis=1) / np.linalg.norm(miss, axis=1))


def share_left(
    name: str, shift: Mapping[str, float], push: float = 0.0, seed: int = 0
) -> float:
    """Median share over states that the robot's expert visits in the simulator."""
    source = make_world(name)
    expert = load_expert(name, seed)
    rng = np.random.default_rng(seed)
    batch = rollout([source] * 2, expert, 60, rng, threads=1)
    seen = batch.mask
    actions = np.clip(batch.actions[seen], *source.control_limits) * ROOM
    states = batch.qpos[:, :-1][seen], batch.qvel[:, :-1][seen]
    robot = source.change(**shift)
    shares = remaining(source, robot, states, actions, push)
    return float(np.median(shares))


def reach_table() -> Table:
    """Motors, joints, and the share of the miss that the best action leaves."""
    rows: dict[str, dict[str, float | str]] = {}
    for name, words, knobs, push in CASES:
        model = make_world(name).model
        moving = 2 if name == "heavy_arm" else model.nv  # the target does not move
        rows[f"{ROBOTS[name]}, {words}"] = {
            "left": 100 * share_left(name, knobs, push),
            "motors": f"{model.nu} of {moving}",
        }
    return Table(
        rows,
        caption="*Left*: share of the miss that the best action leaves, median. "
        "*Motors*: of the moving joints. The miss is taken over all velocities, with "
        f"{ROOM:g} of the expert's actions and without the limits of the motors",
        units={"left": "%"},
        digits={"left": 0},
        corner="robot",
    )

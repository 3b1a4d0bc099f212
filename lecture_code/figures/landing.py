"""The first picture of the book: a cheetah that runs in the simulator, and fails on
three robots that differ from the simulator in one number each.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lecture_code.experiments import load_policy
from lecture_code.show import METHOD_COLOURS, Hero, Replay, film
from lecture_code.show.page import number
from lecture_code.simulation import World, make_world, rollout

SEED = 1  # of the expert's training, as in the chapter on the reality gap
EPISODE = 4  # the last of five starts; the chapter films the first
STEPS = 160  # control steps: eight seconds
PITCH = 2  # where a cheetah's position vector has the angle of its torso [rad]
REAL: dict[str, dict[str, float]] = {
    "late motors": {"action_delay": 1},  # control step
    "less damping": {"damping": 0.75},  # of the simulator's
    "a heavier torso": {"torso_mass": 1.5},  # of the simulator's
}
"""What the "real" robot has → the knobs that are different."""


def make_hero() -> Hero:
    """The same policy in the simulator and on three "real" robots."""
    simulator = make_world("half_cheetah")
    return Hero(
        _replay("In the simulator", simulator, "simulation"),
        {
            what: _replay(
                f"On a “real” robot with {what}", simulator.change(**knobs), "reality"
            )
            for what, knobs in REAL.items()
        },
        label="The “real” robot has",
    )


def _replay(where: str, world: World, colour: str) -> Replay:
    policy = load_policy("half_cheetah", seed=SEED)
    batch = rollout([world] * 5, policy, STEPS, np.random.default_rng(0))
    robot = film("cheetah", world, batch, EPISODE, colour=METHOD_COLOURS[colour])
    robot = replace(robot, rewards=None)  # here the reader sees how far it gets
    path = batch.qpos[EPISODE]
    moved = number(round(path[-1, 0] - path[0, 0]))
    fall = ", and it falls over" if np.abs(path[:, PITCH]).max() > np.pi / 2 else ""
    alt = f"A cheetah {where[0].lower()}{where[1:]}: {moved} m in eight seconds{fall}."
    return Replay([robot], where, dt=world.dt, alt=alt)

"""The first picture of the book: a cheetah that runs in the simulator, and falls on a
robot whose joints have less damping.
"""

from __future__ import annotations

import numpy as np

from lecture_code.experiments import load_policy
from lecture_code.show import METHOD_COLOURS, Hero, Replay, film
from lecture_code.simulation import World, make_world, rollout

SEED = 1  # of the expert's training, as in the chapter on the reality gap
EPISODE = 4  # of five: the one that the chapter shows
STEPS = 160  # control steps: eight seconds
DAMPING = 0.75  # of the simulator's


def make_hero() -> Hero:
    """The same policy in the simulator and on the "real" robot."""
    simulator = make_world("half_cheetah")
    real = simulator.change(damping=DAMPING)
    return Hero(
        {
            "simulator": _replay("in the simulator", simulator, "simulation"),
            "“real” robot": _replay("on the “real” robot", real, "reality"),
        },
        label="World",
    )


def _replay(where: str, world: World, colour: str) -> Replay:
    policy = load_policy("half_cheetah", seed=SEED)
    batch = rollout([world] * 5, policy, STEPS, np.random.default_rng(0))
    robot = film("cheetah", world, batch, EPISODE, colour=METHOD_COLOURS[colour])
    distance = float(batch.qpos[EPISODE, -1, 0] - batch.qpos[EPISODE, 0, 0])
    alt = f"A cheetah {where}: it gets {distance:.0f} m far in eight seconds."
    return Replay([robot], f"The same policy {where}", dt=world.dt, alt=alt)

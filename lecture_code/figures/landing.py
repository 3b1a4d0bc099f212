"""The first picture of the book: a cheetah that runs in the simulator, and falls on
three robots that differ from it in one number each.
"""

from __future__ import annotations

import numpy as np

from lecture_code.experiments import load_policy
from lecture_code.show import METHOD_COLOURS, Hero, Replay, film
from lecture_code.simulation import World, make_world, rollout

SEED = 1  # of the expert's training, as in the chapter on the reality gap
EPISODE = 4  # of five: the one that the chapter shows
STEPS = 160  # control steps: eight seconds
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
    distance = float(batch.qpos[EPISODE, -1, 0] - batch.qpos[EPISODE, 0, 0])
    moved = f"{distance:.0f}".replace("-", "−")
    alt = f"A cheetah {where[0].lower()}{where[1:]}: {moved} m in eight seconds."
    return Replay([robot], where, dt=world.dt, alt=alt)

"""The first picture of the book: a cheetah that runs in the simulator, and fails on
three robots that differ from the simulator in one number each.

The film shows one start. `caption` says how often the robots fall over in twenty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments import load_policy
from lecture_code.show import METHOD_COLOURS, Hero, Replay, film
from lecture_code.show.page import number
from lecture_code.simulation import Trajectories, World, make_world, rollout

SEED = 1  # of the expert's training, as in the chapter on the reality gap
START = 0  # which of the starts is filmed; the same in the chapter's first film
STARTS = 20  # for the caption
STEPS = 160  # control steps: eight seconds
PITCH = 2  # where a cheetah's position vector has the angle of its torso [rad]
REAL: dict[str, dict[str, float]] = {
    "motors 50 ms late": {"action_delay": 1},  # control step of 0.05 s
    "40 % less damping": {"damping": 0.6},  # of the simulator's
    "40 % less mass": {"mass": 0.6},  # of the simulator's
}
"""What the "real" robot has → the knobs that are different."""


def make_hero() -> Hero:
    """The same policy in the simulator and on three "real" robots."""
    simulator = make_world("half_cheetah")
    home = _run(simulator)
    away = {what: _run(simulator.change(**knobs)) for what, knobs in REAL.items()}
    return Hero(
        _replay("In the simulator", simulator, home, "simulation"),
        {
            what: _replay(
                f"On a “real” robot with {what}",
                simulator.change(**REAL[what]),
                batch,
                "reality",
            )
            for what, batch in away.items()
        },
        label="The “real” robot has",
        caption=caption(home, list(away.values())),
    )


def caption(home: Trajectories, away: Sequence[Trajectories]) -> str:
    """How many robots fall over, in words.

    Args:
        home: episodes in the simulator.
        away: as many episodes on each "real" robot.
    """
    falls = sorted(int(_fell_over(batch).sum()) for batch in away)
    return (
        f"The film shows one start. Of {len(home)} starts, "
        f"{int(_fell_over(home).sum())} end in a fall in the simulator, and {falls[0]} "
        f"to {falls[-1]} on each “real” robot."
    )


def _run(world: World) -> Trajectories:
    policy = load_policy("half_cheetah", seed=SEED)
    return rollout([world] * STARTS, policy, STEPS, np.random.default_rng(0))


def _fell_over(batch: Trajectories) -> NDArray[np.bool_]:
    """Whether the torso leant by more than a right angle in each episode: (N,)."""
    return np.asarray(np.abs(batch.qpos[:, :, PITCH]).max(axis=1) > np.pi / 2)


def _replay(where: str, world: World, batch: Trajectories, colour: str) -> Replay:
    robot = film("cheetah", world, batch, START, colour=METHOD_COLOURS[colour])
    robot = replace(robot, rewards=None)  # here the reader sees how far it gets
    path = batch.qpos[START]
    moved = number(round(path[-1, 0] - path[0, 0]))
    fall = ", and it falls over" if _fell_over(batch)[START] else ""
    alt = f"A cheetah {where[0].lower()}{where[1:]}: {moved} m in eight seconds{fall}."
    return Replay([robot], where, dt=world.dt, alt=alt)

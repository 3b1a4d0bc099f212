"""What does it cost to act through g?

A grounded rollout beside the plain one, in one run.

    python benchmarks/grounding.py [--worlds 64] [--steps 100] [--repeats 9] [--threads
    1]

HalfCheetah with a walk engine; f and f_sim⁻¹ have two hidden layers of 64 tanh, without
and with a memory of two actions. Times are the best of `repeats` interleaved runs. The
gate: the grounded rollout takes at most three times as long as the plain one.
"""

from __future__ import annotations

import argparse
import os
import time

# matrices are small here: a second thread only costs
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from lecture_code.dynamics.grounded_action_transformation import (
    GroundingSettings,
    exploring_rollout,
    ground_actions,
)
from lecture_code.learning import WalkEngine
from lecture_code.simulation import World, make_world, rollout

MOST = 3.0
"""Times the plain rollout."""


def main() -> None:
    """Print times and ratios, and the gate's verdict; exit code 1 if it is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=64)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    best = dict.fromkeys(worlds := contenders(), np.inf)
    for _ in range(options.repeats):
        for name, world in worlds.items():
            best[name] = min(
                best[name],
                seconds(world, options.worlds, options.steps, options.threads),
            )
    missed = []
    for name, spent in best.items():
        ratio = spent / best["plain"]
        speed = options.worlds * options.steps / spent
        print(
            f"{name:24s} {1e3 * spent:8.1f} ms   {speed:8,.0f} control steps/s   "
            f"{ratio:.2f} × plain",
            flush=True,
        )
        missed += [name] if ratio > MOST else []
    print("gate: " + ("held" if not missed else "missed by " + ", ".join(missed)))
    raise SystemExit(bool(missed))


def contenders() -> dict[str, World]:
    """The simulator as it is, and grounded without and with memory."""
    simulator = make_world("half_cheetah")
    robot = simulator.change(action_delay=1)
    engine = WalkEngine(6, 2.5, simulator.dt)
    worlds = {"plain": simulator}
    for memory in (0, 2):
        how = GroundingSettings(trajectories=5, horizon=100, memory=memory)
        recordings = [
            exploring_rollout(world, engine.at(walk()), how, np.random.default_rng(i))
            for i, world in enumerate((robot, simulator))
        ]
        g = ground_actions(simulator, *recordings, np.random.default_rng(2), how)
        worlds[f"grounded, memory {memory}"] = simulator.transformed(g)
    return worlds


def walk() -> np.ndarray:
    """A walk: all motors swing in step."""
    return np.concatenate([[0.0], np.full(6, 0.4), np.zeros(8)])


def seconds(world: World, worlds: int, steps: int, threads: int) -> float:
    """Of one rollout."""
    policy = WalkEngine(6, 2.5, world.dt).at(walk())
    start = time.perf_counter()
    rollout([world] * worlds, policy, steps, np.random.default_rng(0), threads=threads)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()

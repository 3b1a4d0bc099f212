"""What does one control step through φ cost?

A rollout of the adapted policy beside that of its expert, in one run.

    python benchmarks/inverse_dynamics.py [--worlds 64] [--steps 100] [--repeats 9]
    [--threads 1]

A control step of the expert is one step of the robot. A control step of the adapted
policy is one of the robot, one of the simulator, and φ with two hidden layers of 256
ReLU and k = 2. Times are the best of `repeats` interleaved runs. The gate: the adapted
rollout takes at most three times as long as the expert's.
"""

from __future__ import annotations

import argparse
import os
import time

# matrices are small here: a second thread only costs
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from lecture_code.dynamics.inverse_dynamics import (
    PAPER_NETWORK,
    TransferSettings,
    TransferState,
    transfer_round,
)
from lecture_code.experiments.dynamics.inverse_dynamics.transfer import load_expert
from lecture_code.simulation import Policy, World, make_world, rollout

MOST = 3.0
"""Times the expert's rollout."""
ROBOTS = ("heavy_arm", "half_cheetah", "hopper")


def main() -> None:
    """Print times and ratios, and the gate's verdict; exit code 1 if it is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=64)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    missed = []
    for robot in ROBOTS:
        world = make_world(robot)
        best = {"expert": np.inf, "adapted": np.inf}
        policies = contenders(world, robot, options.threads)
        for _ in range(options.repeats):
            for name, policy in policies.items():
                spent = seconds(
                    world, policy, options.worlds, options.steps, options.threads
                )
                best[name] = min(best[name], spent)
        ratio = best["adapted"] / best["expert"]
        print(
            f"{robot:14s} expert {best['expert']:6.1f} µs   adapted "
            f"{best['adapted']:6.1f} µs a control step of one world   {ratio:.2f} ×",
            flush=True,
        )
        missed += [robot] if ratio > MOST else []
    print("gate: " + ("held" if not missed else "missed by " + ", ".join(missed)))
    raise SystemExit(bool(missed))


def contenders(world: World, robot: str, threads: int) -> dict[str, Policy]:
    """The expert of a robot, and the expert through a φ of the paper's size."""
    expert = load_expert(robot, 0)
    how = TransferSettings(k=2, trajectories=8, horizon=20, network=PAPER_NETWORK)
    start = TransferState.initial(expert)
    rng = np.random.default_rng(0)
    state = transfer_round(start, world, world, expert, how, rng, threads=threads)
    return {"expert": expert, "adapted": state.policy}


def seconds(
    world: World, policy: Policy, worlds: int, steps: int, threads: int
) -> float:
    """Of one control step of one world in a rollout [µs]."""
    start = time.perf_counter()
    batch = rollout(
        [world] * worlds, policy, steps, np.random.default_rng(0), threads=threads
    )
    spent = time.perf_counter() - start
    return 1e6 * spent / int(batch.mask.sum())


if __name__ == "__main__":
    main()

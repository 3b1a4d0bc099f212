"""How fast is training on an ensemble, collection and update together?

Control steps a second, against Stable-Baselines3's PPO, in one run.

    python benchmarks/epopt.py [--steps 60000] [--repeats 3]

Everybody trains a fresh policy of two layers of 64 on a Hopper, on the same cores, for
the same control steps. Ours does what the chapter's full-scale runs
do: 120 Hoppers of different masses, which are drawn and compiled anew in each
    iteration, 500 steps at most, TRPO. PPO has one Hopper of one mass, as it
comes (Gymnasium's Hopper-v5, all defaults), and eight of them in one process, the way
its users speed it up.

What is compared is throughput; which method learns more from a step is another question
(`benchmarks/hopper.py` asks it of random search). The aim of the
book: ours ≥ 3 × PPO as it comes.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import gymnasium
import joblib
import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env

from lecture_code.dynamics.epopt import epopt
from lecture_code.experiments.dynamics.epopt.comparison import MASS
from lecture_code.experiments.dynamics.epopt.training import source_of
from lecture_code.learning.gaussian_policy import GaussianPolicy
from lecture_code.learning.trpo import TRPO
from lecture_code.simulation import make_world

AIM = 3.0
Contender = Callable[[int, int], int]
"""seed, control steps to do at least -> control steps done."""


def main() -> None:
    """Print the table and the verdict; exit code 1 if the aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--steps", type=int, default=60_000, help="control steps of each training"
    )
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(joblib.cpu_count())
    contenders: dict[str, Contender] = {
        "EPOpt(1), 120 Hoppers": lambda seed, steps: ours(1.0, seed, steps),
        "EPOpt(0.1), 120 Hoppers": lambda seed, steps: ours(0.1, seed, steps),
        "PPO, as it comes": lambda seed, steps: ppo(1, seed, steps),
        "PPO, 8 Hoppers": lambda seed, steps: ppo(8, seed, steps),
    }
    best = dict.fromkeys(contenders, 0.0)
    for seed in range(
        options.repeats
    ):  # interleaved, so that a busy moment hurts nobody in particular
        for name, train in contenders.items():
            start = time.perf_counter()
            done = train(seed, options.steps)
            best[name] = max(best[name], done / (time.perf_counter() - start))
    plain = best["PPO, as it comes"]
    print(
        f"{options.steps:,} control steps on {joblib.cpu_count()} cores, the best of "
        f"{options.repeats}"
    )
    for name, speed in best.items():
        print(f"{name:26s} {speed:10,.0f} steps/s {speed / plain:8.2f} ×")
    ratio = best["EPOpt(1), 120 Hoppers"] / plain
    print(f"aim: {AIM:g} ×: {'met' if ratio >= AIM else 'MISSED'}")
    raise SystemExit(ratio < AIM)


def ours(epsilon: float, seed: int, steps: int) -> int:
    """EPOpt with TRPO, from a fresh policy."""
    world = make_world("hopper")
    rng = np.random.default_rng(seed)
    policy = GaussianPolicy.initial(
        world.observation_size, world.action_size, rng, hidden=(64, 64)
    )
    for iteration in epopt(
        world,
        source_of(MASS),
        policy,
        TRPO(max_kl=0.03),
        epsilon=epsilon,
        n=120,
        horizon=500,
        rng=rng,
    ):
        if iteration.steps >= steps:
            return iteration.steps
    raise AssertionError("epopt never ends")


def ppo(environments: int, seed: int, steps: int) -> int:
    """Stable-Baselines3's PPO with its defaults: two layers of 64, 2048 steps an
    update, ten passes over them.
    """
    made = (
        make_vec_env("Hopper-v5", n_envs=environments, seed=seed)
        if environments > 1
        else gymnasium.make("Hopper-v5")
    )
    agent = PPO(
        "MlpPolicy", made, n_steps=2048 // environments, seed=seed, device="cpu"
    )
    agent.learn(steps)
    return int(agent.num_timesteps)


if __name__ == "__main__":
    main()

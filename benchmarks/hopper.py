"""A linear policy by random search, and a network by PPO: who teaches a Hopper to hop
with less of what?

    python benchmarks/hopper.py [--seconds 60] [--seeds 3]

Everybody has the same seconds on the same cores and the same task (Gymnasium's
Hopper-v5; ours agrees with it to ten digits). Every now and then the clock stops and
the present policy is tried for four episodes, without exploration. Stable-Baselines3's
PPO runs twice: as it comes, and with eight environments and normalised observations,
which is closer to what its users tune. Both curves are printed, against control steps
and against seconds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from itertools import count

import gymnasium
import joblib
import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import VecNormalize

from lecture_code.dynamics.evolutionary_search import EpisodeReturn, train
from lecture_code.search import AugmentedRandomSearch
from lecture_code.simulation import make_world, rollout

LOOKS = 12  # in the time that each training has
Contender = Callable[[int], Iterator[tuple[int, Callable[[], float]]]]
"""seed -> control steps so far and a function that tries the present policy, again and
again.
"""


def main() -> None:
    """Print the curves, and when each passes 1 000, 2 000 and 2 500."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="for each training")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(joblib.cpu_count())
    print(
        f"{options.seconds:g} s each on {joblib.cpu_count()} cores, {options.seeds} "
        "seeds"
    )
    for name, contender in {
        "ours": random_search,
        "PPO, as it comes": ppo,
        "PPO, 8 environments, normalised": ppo_tuned,
    }.items():
        for seed in range(options.seeds):
            curve = race(contender(seed), options.seconds)
            print(f"\n{name}, seed {seed}: {passed(curve)}")
            for label, values in zip(
                ("seconds", "steps", "return"), zip(*curve, strict=True), strict=True
            ):
                print(f"  {label:8s}" + "".join(f"{value:11,.0f}" for value in values))


def race(
    training: Iterator[tuple[int, Callable[[], float]]], seconds: float
) -> list[tuple[float, int, float]]:
    """(seconds, control steps, return) at each test; the clock stops for a test."""
    curve = []
    spent = 0.0
    while spent < seconds:
        start = time.perf_counter()
        steps, look = next(training)
        spent += time.perf_counter() - start
        if spent >= seconds * (len(curve) + 1) / LOOKS:
            curve.append((spent, steps, look()))
    return curve


def passed(curve: list[tuple[float, int, float]]) -> str:
    """When the curve first passes 1 000, 2 000 and 2 500, in words."""
    words = []
    for level in (1000, 2000, 2500):
        first = next(
            (
                f"{steps:,} steps, {seconds:.0f} s"
                for seconds, steps, value in curve
                if value >= level
            ),
            "never",
        )
        words.append(f"{level}: {first}")
    return "; ".join(words)


def random_search(seed: int) -> Iterator[tuple[int, Callable[[], float]]]:
    """The chapter's training: 33 parameters."""
    world = make_world("hopper")
    f = EpisodeReturn(world, survival=1.0)
    for progress in train(
        AugmentedRandomSearch(np.zeros(f.size), 0.05, 0.05, top=8),
        f,
        np.random.default_rng(seed),
    ):

        def look(policy=progress.policy) -> float:
            return float(
                rollout(
                    [world] * 4, policy, 1000, np.random.default_rng(99)
                ).returns.mean()
            )

        yield progress.steps, look


def ppo(seed: int) -> Iterator[tuple[int, Callable[[], float]]]:
    """Stable-Baselines3's PPO with all its defaults: about ten thousand parameters."""
    return _ppo(
        PPO("MlpPolicy", gymnasium.make("Hopper-v5"), seed=seed, device="cpu"),
        lambda observation: observation,
    )


def ppo_tuned(seed: int) -> Iterator[tuple[int, Callable[[], float]]]:
    """The same with eight environments, normalised observations and rewards, and as
    long rollouts in all.
    """
    environments = VecNormalize(make_vec_env("Hopper-v5", n_envs=8, seed=seed))
    return _ppo(
        PPO("MlpPolicy", environments, n_steps=256, seed=seed, device="cpu"),
        environments.normalize_obs,
    )


def _ppo(
    agent: PPO, normalise: Callable[[np.ndarray], np.ndarray]
) -> Iterator[tuple[int, Callable[[], float]]]:
    def look() -> float:
        returns = []
        for episode in range(4):
            environment = gymnasium.make("Hopper-v5")
            observation, _ = environment.reset(seed=99 + episode)
            returns.append(0.0)
            while True:
                action, _ = agent.predict(normalise(observation), deterministic=True)
                observation, reward, terminated, truncated, _ = environment.step(action)
                returns[-1] += float(reward)
                if terminated or truncated:
                    break
        return float(np.mean(returns))

    for _ in count():
        agent.learn(2048, reset_num_timesteps=False)
        yield agent.num_timesteps, look


if __name__ == "__main__":
    main()

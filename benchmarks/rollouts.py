"""How fast are closed-loop rollouts?

Ratios in one run, on the same machine, with the same policy from the same starts.

    python benchmarks/rollouts.py [--worlds 64] [--steps 1000] [--repeats 5]

The gate of the book: ours ≥ 0.85 × the best raw MuJoCo loop (bare `mj_step` with the
recorded controls, so without policy, observations or rewards). EnvPool and Gymnasium's
vector environments are measured beside it; EnvPool is optional (`pip install -r
requirements-bench.txt`).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import gymnasium
import joblib
import mujoco
import numpy as np
from mujoco import rollout as mujoco_rollout

from lecture_code.experiments import load_policy
from lecture_code.simulation import make_world, rollout

GATE = 0.85


def main() -> None:
    """Print the table and the gate's verdict; exit code 1 below the gate."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=64)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    world, policy = make_world("hopper"), load_policy("hopper")
    threads = joblib.cpu_count()
    worlds = [world] * options.worlds
    rng = np.random.default_rng
    recording = rollout(worlds, policy, options.steps, rng(0))
    print(
        f"{options.worlds} Hoppers × {options.steps} control steps, {threads} threads, "
        f"{int(recording.terminated.sum())} fall"
    )

    def ours() -> int:
        return int(rollout(worlds, policy, options.steps, rng(0)).lengths.sum())

    raw = {
        "raw: mj_step on threads": lambda: raw_threads(world, recording, threads),
        "raw: mujoco.rollout, a call a step": lambda: raw_rollout(
            world, recording, threads, per_step=True
        ),
        "raw: mujoco.rollout, open loop": lambda: raw_rollout(
            world, recording, threads, per_step=False
        ),
    }
    others = {
        "Gymnasium SyncVectorEnv": lambda: gymnasium_vector(
            gymnasium.vector.SyncVectorEnv, policy, options
        ),
        "Gymnasium AsyncVectorEnv": lambda: gymnasium_vector(
            gymnasium.vector.AsyncVectorEnv, policy, options
        ),
    }
    try:
        import envpool
    except ImportError:
        print("EnvPool is not installed: its ratio is left out")
    else:
        others["EnvPool"] = lambda: envpool_vector(envpool, policy, options, threads)
    speeds = measure({"ours": ours, **raw, **others}, options.repeats)
    for name, speed in speeds.items():
        print(
            f"{name:36s} {speed:9,.0f} control steps/s   ours / this = "
            f"{speeds['ours'] / speed:5.2f}"
        )
    ratio = speeds["ours"] / max(speeds[name] for name in raw)
    print(f"gate: ours / best raw loop = {ratio:.2f} (at least {GATE})")
    raise SystemExit(ratio < GATE)


def measure(contenders: dict[str, Callable[[], int]], repeats: int) -> dict[str, float]:
    """Control steps a second, the best of `repeats` interleaved runs, so that a busy
    moment hurts nobody in particular.
    """
    best = dict.fromkeys(contenders, 0.0)
    for _ in range(repeats):
        for name, run in contenders.items():
            start = time.perf_counter()
            steps = run()
            best[name] = max(best[name], steps / (time.perf_counter() - start))
    return best


def raw_threads(world, recording, threads: int) -> int:
    """Bare `mj_step` with the recorded controls; every thread has its share of the
    worlds and never waits for the others.
    """
    model = world.model
    nstep = world.task.frame_skip
    data = [mujoco.MjData(model) for _ in range(len(recording))]

    def run(share: range) -> None:
        for i in share:
            data[i].qpos[:] = recording.qpos[i, 0]
            data[i].qvel[:] = recording.qvel[i, 0]
            control = data[i].ctrl
            for t in range(recording.lengths[i]):
                control[:] = recording.actions[i, t]
                mujoco.mj_step(model, data[i], nstep=nstep)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(run, [range(k, len(recording), threads) for k in range(threads)]))
    last = recording.qpos[0, recording.lengths[0]]
    np.testing.assert_array_equal(data[0].qpos, last)  # the same states indeed
    return int(recording.lengths.sum())


def raw_rollout(world, recording, threads: int, *, per_step: bool) -> int:
    """`mujoco.rollout` with the recorded controls, one call a control step or one call
    for all.
    """
    model = world.model
    nstep = world.task.frame_skip
    data = mujoco.MjData(model)
    kind = mujoco.mjtState.mjSTATE_FULLPHYSICS
    state = np.empty((len(recording), mujoco.mj_stateSize(model, kind)))
    for i in range(len(recording)):
        data.qpos[:], data.qvel[:] = recording.qpos[i, 0], recording.qvel[i, 0]
        mujoco.mj_getState(model, data, state[i], kind)
    controls = np.repeat(recording.actions, nstep, axis=1)  # (N, T · nstep, A)
    workers = [mujoco.MjData(model) for _ in range(threads)]
    with mujoco_rollout.Rollout(nthread=threads) as run:
        chunks = recording.actions.shape[1] if per_step else 1
        for chunk in np.split(controls, chunks, axis=1):
            states, _ = run.rollout(model, workers, state, chunk)
            state = states[:, -1]
    return recording.rewards.size


def gymnasium_vector(kind, policy, options) -> int:
    """Gymnasium's vector environments, a fifth of the steps because they are slow."""
    environments = kind([lambda: gymnasium.make("Hopper-v5")] * options.worlds)
    observations, _ = environments.reset(seed=0)
    for _ in range(options.steps // 5):
        observations = environments.step(policy(observations).astype(np.float32))[0]
    environments.close()
    return options.worlds * (options.steps // 5)


def envpool_vector(envpool, policy, options, threads: int) -> int:
    """EnvPool, all environments in one batch."""
    environments = envpool.make_gymnasium(
        "Hopper-v4", num_envs=options.worlds, num_threads=threads, seed=0
    )
    observations, _ = environments.reset()
    for _ in range(options.steps):
        observations = environments.step(policy(observations))[0]
    return options.worlds * options.steps


if __name__ == "__main__":
    main()

"""What must hold of observations that are pictures."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from lecture_code.simulation import ROBOTS, make_world, plain_rollout, rollout

RUNS = (rollout, plain_rollout)


@dataclass(frozen=True)
class Seen:
    """A task of which the policy sees a small picture: a white column where the torso
    is, red as it is high.
    """

    task: object
    observation_dtype: object = np.uint8
    shape: tuple[int, ...] = (4, 6, 3)
    wrong: str = ""

    def __getattr__(self, name):
        return getattr(self.task, name)

    def observation_shape(self, nq, nv):
        return self.shape

    def observation(self, now):
        qpos = now["qpos"]
        frames = np.zeros((len(qpos), 4, 6, 3), np.uint8)
        column = (10 * np.abs(qpos[:, 0])).astype(int) % 6
        frames[np.arange(len(qpos)), :, column] = 255
        frames[..., 0] = (100 * qpos[:, 1] % 256).astype(np.uint8)[:, None, None]
        if self.wrong == "type":
            return frames / 255
        return frames[:, :2] if self.wrong == "shape" else frames


def seeing(robot="hopper", knobs=(), **changes):
    world = make_world(robot, **dict(knobs))
    task = Seen(world.task, **changes)
    return replace(world, robot=replace(world.robot, task=task))


def by_sight(frames, rng):
    """Acts on the brightness of three parts of the picture."""
    assert frames.dtype == np.uint8 and frames.shape[1:] == (4, 6, 3)
    return frames[:, 0, ::2, 0] / 128 - frames[:, 0, 1::2, 2] / 128


def test_frames_are_kept_as_they_were_seen():
    """Oracle: batched and plain rollouts agree to the last bit, and what is recorded is
    the picture of every recorded state, in one byte a number.
    """
    world = seeing()
    fast, plain = (
        run([world] * 3, by_sight, 60, np.random.default_rng(0)) for run in RUNS
    )
    assert fast.observations.dtype == np.uint8
    assert fast.observations.shape == (3, 61, 4, 6, 3)
    assert world.observation_size == 72
    for name in ("observations", "actions", "rewards", "mask", "qpos", "qvel"):
        assert np.array_equal(getattr(fast, name), getattr(plain, name)), name
    assert fast.terminated.any() and len(set(fast.lengths)) > 1  # padding is there
    for i in range(3):
        pictures = world.task.observation({"qpos": fast.qpos[i]})
        assert np.array_equal(fast.observations[i], pictures)
    assert len(np.unique(fast.observations)) > 10
    assert fast[[2, 0]].observations.dtype == np.uint8


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize(
    ("wrong", "culprit"),
    [
        ("type", r"hopper declares .* type uint8.* gave \(1, 4, 6, 3\) of float64"),
        ("shape", r"shape \(4, 6, 3\).* gave \(1, 2, 6, 3\) of uint8"),
    ],
)
def test_a_task_that_breaks_its_word_is_named(run, wrong, culprit):
    """Errors name the robot, what its task declares, and what it gave."""
    with pytest.raises(ValueError, match=culprit):
        run(seeing(wrong=wrong), by_sight, 5, np.random.default_rng(0))


@pytest.mark.parametrize("run", RUNS)
def test_frames_of_whole_numbers_take_no_noise(run):
    """Errors name the knob: Gaussian noise does not fit into a byte."""
    noisy = seeing(knobs={"observation_noise": 0.1})
    with pytest.raises(
        ValueError, match=r"observation_noise needs .* hopper are uint8"
    ):
        run(noisy, by_sight, 5, np.random.default_rng(0))


def test_frames_in_single_precision_may_be_noisy():
    """Limit: noise on float32 observations keeps their type and has the stated width,
    in the batch and in the plain rollout alike; worlds without noise stay clean.
    """

    class Fractions(Seen):
        def observation(self, now):
            return super().observation(now).astype(np.float32) / 255

    def world(noise):
        plain = make_world("half_cheetah", observation_noise=noise)
        task = Fractions(plain.task, observation_dtype=np.float32)
        return replace(plain, robot=replace(plain.robot, task=task))

    still = lambda frames, rng: np.zeros((len(frames), 6))  # noqa: E731
    worlds = [world(0.2), world(0.0)]
    fast, plain = (run(worlds, still, 40, np.random.default_rng(0)) for run in RUNS)
    assert fast.observations.dtype == plain.observations.dtype == np.float32
    assert np.array_equal(fast.observations, plain.observations)
    clean = worlds[0].task.observation({"qpos": fast.qpos[0]})
    assert (fast.observations[0] - clean).std() == pytest.approx(0.2, rel=0.05)
    pictures = worlds[1].task.observation({"qpos": fast.qpos[1]})
    assert np.array_equal(fast.observations[1], pictures)


@pytest.mark.parametrize("robot", ROBOTS)
def test_state_vectors_stay_double(robot):
    """Conformance: what every robot's task declares is what it observes, in float64."""
    world = make_world(robot)
    model = world.model
    start = {"qpos": np.zeros((2, model.nq)), "qvel": np.zeros((2, model.nv))}
    seen = world.task.observation(start)
    assert seen.shape == (2, *world.observation_shape) == (2, world.observation_size)
    assert seen.dtype == world.observation_dtype == np.float64

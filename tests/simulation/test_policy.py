"""What must hold of policies that remember."""

from dataclasses import dataclass

import numpy as np
import pytest

from lecture_code.simulation import Remembering, make_world, plain_rollout, rollout
from lecture_code.simulation.policy import started

RUNS = (rollout, plain_rollout)


@dataclass(frozen=True)
class Recurrent:
    """A small recurrent network: h' = tanh(W h + U s), a = V h'."""

    size: int
    motors: int
    width: int = 5

    def start(self, n):
        draw = np.random.default_rng(4).standard_normal
        W = draw((self.width, self.width))
        U, V = draw((self.width, self.size)), draw((self.motors, self.width))
        hidden = np.zeros((n, self.width))

        def act(observations, rng):
            nonlocal hidden
            assert len(observations) == n
            # row by row, so that a batch rounds as a single row does
            memory = (W * hidden[:, None]).sum(axis=2)
            hidden = np.tanh(memory + (U * observations[:, None]).sum(axis=2))
            return (V * hidden[:, None]).sum(axis=2)

        return act


def recurrent(world):
    return Recurrent(world.observation_size, world.action_size)


def run_of(run, world, policy, steps=40, n=3):
    return run([world] * n, policy, steps, np.random.default_rng(1))


@pytest.mark.parametrize("robot", ["hopper", "half_cheetah"])
def test_batched_memory_is_plain_memory(robot):
    """Oracle: a recurrent policy moves a batch as it moves one world after the other,
    to the last bit, falls of different lengths included.
    """
    world = make_world(robot)
    fast, plain = (run_of(run, world, recurrent(world)) for run in RUNS)
    for name in ("observations", "actions", "rewards", "mask", "qpos"):
        assert np.array_equal(getattr(fast, name), getattr(plain, name)), name
    assert robot != "hopper" or len(set(fast.lengths)) > 1


@pytest.mark.parametrize("run", RUNS)
def test_memory_begins_empty_in_every_rollout(run):
    """Determinism: the same policy, used twice, gives the same trajectories; what it
    remembers does change them.
    """
    world = make_world("half_cheetah")
    policy = recurrent(world)
    one, two = (run_of(run, world, policy) for _ in range(2))
    assert np.array_equal(one.actions, two.actions)
    assert np.array_equal(one.qpos, two.qpos)
    forgetful = run_of(run, world, lambda s, rng: policy.start(len(s))(s, rng))
    assert np.array_equal(forgetful.actions[:, 0], one.actions[:, 0])
    assert not np.array_equal(forgetful.actions[:, 1], one.actions[:, 1])


def test_two_rollouts_at_once_do_not_share_memory():
    """Invariance: a rollout that begins while another is under way changes nothing in
    the other.
    """
    world = make_world("half_cheetah")
    policy = recurrent(world)

    class Nosy:
        """Acts as `policy`, and rolls it out once more in the middle."""

        def start(self, n):
            act = policy.start(n)
            step = iter(range(100))

            def interrupted(observations, rng):
                if next(step) == 3:
                    run_of(rollout, world, policy, steps=5)
                return act(observations, rng)

            return interrupted

    alone, disturbed = (run_of(rollout, world, each) for each in (policy, Nosy()))
    assert np.array_equal(alone.actions, disturbed.actions)


def test_a_plain_function_is_its_own_start():
    """Limit: a policy without `start` is called as it is."""
    policy = lambda observations, rng: np.zeros((len(observations), 3))  # noqa: E731
    assert started(policy, 4) is policy
    assert isinstance(Recurrent(1, 1), Remembering)


@pytest.mark.parametrize("run", RUNS)
def test_a_start_that_gives_nothing_is_named(run):
    """Errors name the policy whose `start` forgets to return what acts."""

    class Forgetful:
        def start(self, n):
            self.steps = 0

    with pytest.raises(ValueError, match=r"start\(\d\) of Forgetful .* got None"):
        run_of(run, make_world("hopper"), Forgetful())

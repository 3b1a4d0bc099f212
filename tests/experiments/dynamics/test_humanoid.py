"""What must hold of the humanoid's experts."""

import numpy as np
import pytest

from lecture_code.experiments import load_policy, load_result
from lecture_code.experiments.dynamics.standing import (
    SETTINGS,
    deviation,
    feedback,
    linear_model,
)
from lecture_code.simulation import make_world, one_step, rollout
from lecture_code.simulation.standing import stand


@pytest.fixture(scope="module")
def humanoid():
    return make_world("humanoid")


@pytest.fixture(scope="module")
def posture(humanoid):
    return stand(humanoid, 0.1)


def looks(world, qpos, qvel):
    return world.task.observation({"qpos": qpos, "qvel": qvel})


def test_the_linear_model_tells_small_steps(humanoid, posture):
    """Oracle: for small random deviations and controls, the linear model gives the next
    deviation of the simulation, to a tenth of what it is.
    """
    model = linear_model(humanoid, posture, SETTINGS)
    rng = np.random.default_rng(0)
    T = deviation()
    e = 1e-4 * rng.standard_normal((20, 44))
    u = 1e-3 * rng.standard_normal((20, 17))
    still = looks(humanoid, posture.qpos[None], np.zeros((1, 23)))
    start = humanoid.task.state(still + e @ np.linalg.pinv(T).T)
    after = looks(humanoid, *one_step(humanoid, *start, posture.controls + u))
    moved = (after - still) @ T.T
    told = model(e, u)
    assert np.linalg.norm(told - moved) < 0.1 * np.linalg.norm(moved)


def test_a_deviation_is_measured_in_angles():
    """Equation: a trunk that leans by 0.01 rad about y deviates by 0.01 there, and
    nowhere else.
    """
    upright, leaning = np.zeros((2, 45))
    upright[1] = 1
    leaning[1:5] = np.cos(0.005), 0, np.sin(0.005), 0
    e = deviation() @ (leaning - upright)
    assert e[2] == pytest.approx(0.01, rel=1e-4)
    assert np.count_nonzero(e) == 1


def test_in_the_posture_the_feedback_holds_it(humanoid, posture):
    """Limit: where the humanoid looks like the posture, its policy asks for the
    controls that hold the posture.
    """
    policy = feedback(humanoid, posture, SETTINGS)
    seen = looks(humanoid, posture.qpos[None], np.zeros((1, 23)))
    np.testing.assert_allclose(policy(seen)[0], posture.controls, atol=1e-9)


def test_without_feedback_it_falls(humanoid, posture):
    """Negative control: the controls of the posture alone do not keep it up."""
    hold = lambda s, rng: np.repeat(posture.controls[None], len(s), axis=0)  # noqa: E731
    batch = rollout([humanoid] * 4, hold, 333, np.random.default_rng(77))
    assert batch.terminated.all() and batch.lengths.max() < 200


@pytest.mark.parametrize("seed", [0, 3])
def test_the_committed_experts_stand(humanoid, seed):
    """Conformance: from fresh starts, the expert still stands after 5 s, where it
    began.
    """
    policy = load_policy("humanoid", seed=seed)
    batch = rollout([humanoid] * 3, policy, 334, np.random.default_rng(77))
    assert not batch.terminated.any()
    assert np.abs(batch.qpos[:, :, 0]).max() < 0.3


def test_every_expert_stands_through_all_its_trials():
    """Conformance: each of the 40 episodes of every seed lasts the whole 15 s, and
    earns at least 4989 of the 5000 that standing is worth; the knees' bends differ.
    """
    result = load_result("humanoid")
    assert np.shape(result.curves["lengths"]) == (5, 40)
    assert (np.array(result.curves["lengths"]) == 1000).all()
    assert np.min(result.curves["returns"]) > 4989
    assert len(set(result.curves["knee"])) == 5

"""What must hold of a humanoid that stands."""

import mujoco
import numpy as np
import pytest

from lecture_code.simulation import make_world, one_step
from lecture_code.simulation.standing import stand


@pytest.mark.parametrize("knee", [0.05, 0.12, 0.4])
@pytest.mark.parametrize("gravity", [-9.81, -5.0])
def test_nothing_moves_while_it_stands(knee, gravity):
    """Equation: with the controls of the posture, nothing has moved after a control
    step; without them, it has begun to sink.
    """
    world = make_world("humanoid", gravity=gravity)
    posture = stand(world, knee)
    rest = np.zeros((1, world.model.nv))
    _, held = one_step(world, posture.qpos[None], rest, posture.controls[None])
    _, limp = one_step(world, posture.qpos[None], rest, np.zeros((1, 17)))
    assert np.abs(held).max() < 1e-4
    assert np.abs(limp).max() > 0.05
    assert np.abs(posture.controls).max() < 0.4  # the motors' limit


def test_it_stands_over_its_feet_with_bent_knees():
    """Equation: both knees are bent as asked, both feet are at the same place, and the
    centre of mass is above them.
    """
    model = make_world("humanoid").model
    data = mujoco.MjData(model)
    data.qpos[:] = stand(make_world("humanoid"), 0.1).qpos
    mujoco.mj_forward(model, data)
    left, right = (data.geom(f"{side}_foot").xpos for side in ("left", "right"))
    for side in ("left", "right"):
        assert data.joint(f"{side}_knee").qpos[0] == pytest.approx(-0.1)
    np.testing.assert_allclose(left[[0, 2]], right[[0, 2]], atol=1e-9)
    np.testing.assert_allclose(
        data.subtree_com[0, :2], (left + right)[:2] / 2, atol=1e-9
    )


@pytest.mark.parametrize(
    ("world", "culprit"),
    [
        (make_world("hopper"), "only the humanoid .* hopper"),
        (make_world("humanoid", gain=0.1), "motors cannot hold knees bent by 0.1 rad"),
    ],
)
def test_what_cannot_stand_is_named(world, culprit):
    """Errors name the robot that does not stand, or the bend that cannot be held."""
    with pytest.raises(ValueError, match=culprit):
        stand(world, 0.1)

"""What must hold of the scenes with a hook and an arm."""

from dataclasses import replace

import numpy as np
import pytest

from lecture_code.observations.hook_scenes import (
    CAMERA,
    HIGH,
    LEFT,
    LINKS,
    LOW,
    PARTS,
    REAL,
    RIGHT,
    SIMULATION,
    TOLERANCE,
    HookScene,
    errors,
    eye,
    hook_images,
    mixed,
    success_rate,
)
from lecture_code.vision import Appearance, Eye

RNG = np.random.default_rng
GAPS = (0.0, 0.5, 1.0, 2.0)


def hooks_alone(*places):
    """Scenes with hooks at these places and the arm far outside the image."""
    hooks = np.array(places, dtype=float)
    away = np.full_like(hooks, -9.0)
    return HookScene(hooks, away, away, away)


def red_centre(images, weight=0.15):
    """Mean place (row, column) of what is redder than it is blue, (N, 2)."""
    red = np.clip(images[..., 0] - images[..., 2] - weight, 0, None)
    rows, columns = np.indices(red.shape[1:])
    total = red.sum(axis=(1, 2))
    return np.column_stack(
        [(red * rows).sum((1, 2)) / total, (red * columns).sum((1, 2)) / total]
    )


def test_hooks_are_uniform_in_their_box():
    """Distribution: every quarter of the box has its share of the hooks, and none is
    outside; the arm's links have their lengths and stand where they will.
    """
    scene = HookScene.drawn(4000, RNG(0))
    low, high = np.array([LEFT, LOW]), np.array([RIGHT, HIGH])
    assert (scene.hooks >= low).all() and (scene.hooks <= high).all()
    shares, _, _ = np.histogram2d(
        *scene.hooks.T, bins=4, range=[[LEFT, RIGHT], [LOW, HIGH]]
    )
    assert np.abs(shares - 250).max() < 5 * np.sqrt(250)
    upper = np.linalg.norm(scene.elbows - scene.shoulders, axis=1)
    fore = np.linalg.norm(scene.hands - scene.elbows, axis=1)
    np.testing.assert_allclose(upper, LINKS[0])
    np.testing.assert_allclose(fore, LINKS[1])


def test_the_arm_knows_nothing_of_the_hook():
    """Independence: places of hooks and hands are not correlated."""
    scene = HookScene.drawn(4000, RNG(1))
    both = np.corrcoef(np.hstack([scene.hooks, scene.hands]).T)[:2, 2:]
    assert np.abs(both).max() < 0.06


@pytest.mark.parametrize("gap", GAPS)
def test_images_are_numbers_between_0_and_1(gap):
    """Conformance: float32 images of 32 × 32 between 0 and 1, of every world."""
    seen = hook_images(5, gap, RNG(0))
    assert len(seen) == 5 and seen.poses.shape == (5, 2)
    assert seen.images.shape == (5, 32, 32, 3) and seen.images.dtype == np.float32
    assert seen.images.min() >= 0 and seen.images.max() <= 1
    assert seen.images.std() > 0.05


@pytest.mark.parametrize("gap", GAPS)
def test_the_same_generator_gives_the_same_images(gap):
    """Determinism: to the last bit; another generator gives others."""
    first, second = hook_images(4, gap, RNG(3)), hook_images(4, gap, RNG(3))
    assert np.array_equal(first.images, second.images)
    assert np.array_equal(first.poses, second.poses)
    assert not np.array_equal(first.images, hook_images(4, gap, RNG(4)).images)


def test_hooks_do_not_depend_on_the_gap():
    """Fairness: with the same generator hooks are at the same places in all worlds, and
    only what is seen of them differs.
    """
    worlds = [hook_images(6, gap, RNG(5)) for gap in GAPS]
    for other in worlds[1:]:
        assert np.array_equal(worlds[0].poses, other.poses)
        assert not np.array_equal(worlds[0].images, other.images)


def test_worlds_differ_more_and_more_with_the_gap():
    """Ordering: the farther the gap, the more an image departs from the plain one."""
    plain = hook_images(20, 0.0, RNG(6)).images
    apart = [np.abs(hook_images(20, g, RNG(6)).images - plain).mean() for g in GAPS]
    assert apart == sorted(apart) and apart[0] == 0 and apart[1] > 0.01


def test_without_a_gap_there_is_only_the_simulation():
    """Limit: at gap 0 camera and colours are the simulation's, and so is every pixel;
    at gap 1 the colours are "real".
    """
    camera, appearance = mixed(0.0)
    assert camera == replace(CAMERA, rotation=0.0, centre=(0.0, 0.0))
    assert appearance == Appearance(SIMULATION)
    scene = HookScene.drawn(3, RNG(7))
    plain = Eye(CAMERA, Appearance(SIMULATION), RNG(1)).look(scene.shapes(), RNG(0))
    assert np.array_equal(eye(0.0).look(scene.shapes(), RNG(0)), plain)
    camera, appearance = mixed(1.0)
    for name, colour in REAL.items():
        assert appearance.palette[name] == pytest.approx(colour)
    assert camera.rotation > 0 and appearance.noise > 0 and appearance.blur > 0


def test_a_mixture_is_half_of_both():
    """Equation: at gap ½ colours lie in the middle and every other setting is half."""
    (_, half), (_, whole) = mixed(0.5), mixed(1.0)
    for name, colour in half.palette.items():
        middle = (np.array(SIMULATION[name]) + np.array(REAL[name])) / 2
        assert colour == pytest.approx(tuple(middle))
    for name in ("texture", "slope", "blur", "noise"):
        assert getattr(half, name) == pytest.approx(getattr(whole, name) / 2)


@pytest.mark.parametrize("gap", [0.0, 1.0])
def test_a_hook_that_moves_is_seen_to_move(gap):
    """Mechanism: a hook farther right is red farther right, a higher one higher, by as
    many pixels as the camera says.
    """
    places = [(-0.2, 0.1), (0.2, 0.1), (-0.2, 0.3)]
    images = eye(gap).look(hooks_alone(*places).shapes(), RNG(0))
    here, right, up = red_centre(images)
    pixel = CAMERA.view / CAMERA.height  # [m]
    assert right[1] - here[1] == pytest.approx(0.4 / pixel, abs=1.0)
    assert here[0] - up[0] == pytest.approx(0.2 / pixel, abs=1.0)
    assert abs(right[0] - here[0]) < 1 and abs(up[1] - here[1]) < 1


def test_the_arm_is_in_front_of_the_hook():
    """Mechanism: a hand before a hook hides it."""
    hook = np.array([[0.0, 0.1]])
    away = np.full((1, 2), -9.0)
    seen = eye(0.0).look(HookScene(hook, away, away, away).shapes(), RNG(0))
    hidden = eye(0.0).look(HookScene(hook, away, away, hook).shapes(), RNG(0))
    red, covered = (
        np.clip(i[..., 0] - i[..., 2] - 0.15, 0, None) for i in (seen, hidden)
    )
    assert 0 < covered.sum() < 0.8 * red.sum()
    assert (covered <= red).all()


def test_attempts_succeed_within_the_tolerance():
    """Equation: errors are distances, and an attempt counts below the tolerance."""
    true = np.array([[0.0, 0.0], [0.1, 0.1], [0.2, 0.0]])
    moved = true + np.array([[0.03, 0.04], [0.0, 0.029], [-0.031, 0.0]])
    np.testing.assert_allclose(errors(moved, true), [0.05, 0.029, 0.031])
    assert success_rate(errors(moved, true)) == pytest.approx(1 / 3)
    assert success_rate(np.array([TOLERANCE])) == 0


def test_parts_make_up_the_whole_gap():
    """Limit: with all parts a look is the "real" one, without any the simulation; each
    part alone changes only its own settings.
    """
    assert mixed(1.0, PARTS) == mixed(1.0)
    assert mixed(1.0, ()) == mixed(0.0)
    (plain, dull), (camera, bright) = mixed(1.0, ("colours",)), mixed(1.0, ("light",))
    assert plain == camera == mixed(0.0)[0]
    assert dull.palette == mixed(1.0)[1].palette and dull.slope == 0
    assert bright.palette == SIMULATION and bright.slope == mixed(1.0)[1].slope
    for part in PARTS:
        assert mixed(1.0, (part,)) not in (mixed(0.0), mixed(1.0))


def test_unknown_parts_are_named():
    """Bad input: the error lists the parts and names the culprit."""
    with pytest.raises(ValueError, match=r"of colours, pattern, .* camera; got smell"):
        hook_images(2, 1.0, RNG(0), ("light", "smell"))


@pytest.mark.parametrize("gap", [-0.1, 2.1, np.nan])
def test_a_gap_out_of_range_is_named(gap):
    """Bad input: the error says the range and what was given."""
    with pytest.raises(ValueError, match=f"gap must be between 0 and 2; got {gap}"):
        hook_images(2, gap, RNG(0))


def test_no_scene_is_refused():
    """Bad input: the error says that the number must be positive."""
    with pytest.raises(ValueError, match="number of scenes must be positive; got 0"):
        hook_images(0, 0.0, RNG(0))

"""What must hold of pushing to a goal picture."""

from itertools import islice

import numpy as np
import pytest

from lecture_code.observations.pusher_goals import (
    PushGoals,
    blob_choice,
    drawn_goals,
    push_once,
    pushed_to_goals,
    random_choice,
    resting,
)
from lecture_code.observations.pusher_scenes import board_pictures
from lecture_code.observations.pushing import (
    LENGTHS,
    Objects,
    Pokes,
    drawn_pokes,
    pose_distances,
    pushed,
)

RNG = np.random.default_rng


def after(goals, choose, pokes):
    """Mean distance to the goals after so many pokes [m]."""
    steps = list(islice(pushed_to_goals(goals, choose, RNG(9)), pokes))
    return pose_distances(steps[-1].objects, goals.goal).mean()


def test_a_goal_is_where_pokes_push():
    """Definition: after one poke the goal is the end of this poke; without a poke the
    goal is any place, for the same kind of object.
    """
    goals = drawn_goals(30, 1, RNG(0))
    rng = RNG(0)
    start = Objects.drawn(30, rng)
    end, _ = pushed(start, drawn_pokes(start, rng))
    assert np.array_equal(goals.goal.places, end.places)
    anywhere = drawn_goals(300, 0, RNG(1))
    assert np.array_equal(anywhere.start.kinds, anywhere.goal.kinds)
    far = pose_distances(anywhere.start, anywhere.goal).mean()
    assert far > 3 * pose_distances(goals.start, goals.goal).mean()
    assert len(goals) == 30 and goals.pictures.shape == (30, 32, 32, 3)


def test_a_pusher_that_knows_the_poke_arrives():
    """Positive control: the poke that made the goal brings the object there."""
    start = Objects.drawn(20, RNG(2))
    pokes = drawn_pokes(start, RNG(3))
    goal, _ = pushed(start, pokes)
    goals = PushGoals(start, goal, board_pictures(goal, RNG(4)))
    assert after(goals, lambda *seen: pokes, 1) == 0
    assert pose_distances(start, goal).mean() > 0.03


def test_the_blob_pusher_comes_near_and_the_random_one_does_not():
    """Learning's controls: from anywhere the blob pusher brings the middle of an object
    near its goal in ten pokes; random pokes bring it away.
    """
    goals = drawn_goals(60, 0, RNG(5))
    before = pose_distances(goals.start, goals.goal).mean()
    steps = list(islice(pushed_to_goals(goals, blob_choice, RNG(6)), 10))
    far = np.linalg.norm(steps[-1].objects.places - goals.goal.places, axis=1)
    assert np.median(far) < 0.03
    assert after(goals, random_choice(RNG(7)), 10) > before


def test_the_blob_pusher_pokes_towards_the_goal():
    """Hand solution: an object left of its goal is poked to the right from its left
    side, no longer than the longest poke; an object at its goal is not moved.
    """
    start = Objects(np.zeros(1, int), np.array([[-0.2, 0.0]]), np.zeros(1))
    goal = Objects(np.zeros(1, int), np.array([[0.2, 0.0]]), np.zeros(1))
    away = np.full((1, 2), 9.0)
    now, wanted = (board_pictures(o, RNG(0), spots=away) for o in (start, goal))
    poke = blob_choice(start, now, wanted)
    assert np.cos(poke.angles[0]) > 0.99 and poke.lengths[0] == LENGTHS[1]
    assert np.abs(poke.places[0] - start.places[0]).max() < 0.02
    rest = blob_choice(goal, wanted, wanted)
    moved, _ = pushed(goal, rest)
    assert pose_distances(moved, goal)[0] < 0.005


def test_a_resting_pusher_rests_where_the_blob_pusher_does():
    """Limit: where the red middles are together the poke has no length and moves
    nothing; elsewhere it is the poke that was chosen, to the bit.
    """
    objects = Objects.drawn(40, RNG(3))
    near = RNG(4).random(40) < 0.5
    places = np.where(near[:, None], objects.places, -objects.places)
    goal = Objects(objects.kinds, places, objects.angles)
    now, wanted = (board_pictures(o, RNG(5)) for o in (objects, goal))
    plain = random_choice(RNG(6))(objects, now, wanted)
    rested = resting(random_choice(RNG(6)))(objects, now, wanted)
    still = rested.lengths == 0
    assert np.array_equal(still, blob_choice(objects, now, wanted).lengths == 0)
    assert 5 < still.sum() < 35
    assert np.array_equal(rested.lengths[~still], plain.lengths[~still])
    assert np.array_equal(rested.places, plain.places)
    assert pose_distances(pushed(objects, rested)[0], objects)[still].max() < 0.005


def test_a_pusher_rests_nearer_than_a_centimetre_in_both_axes():
    """Hand solution: half a centimetre from the goal both pushers rest; two centimetres
    from it, to the side or up, both poke, and the blob pusher as far as the goal is.
    """
    start = Objects(np.zeros(3, int), np.zeros((3, 2)), np.zeros(3))
    ways = np.array([[0.005, 0.0], [0.02, 0.0], [0.0, 0.02]])
    goal = Objects(start.kinds, start.places + ways, start.angles)
    away = np.full((3, 2), 9.0)
    now, wanted = (board_pictures(o, RNG(0), spots=away) for o in (start, goal))
    blob = blob_choice(start, now, wanted).lengths
    rested = resting(random_choice(RNG(1)))(start, now, wanted).lengths
    assert blob[0] == rested[0] == 0
    assert np.allclose(blob[1:], 0.02, atol=0.004)
    assert (rested[1:] >= LENGTHS[0]).all()


def test_pictures_without_an_object_do_not_break_the_blob_pusher():
    """Degenerate: with nothing red the poke is finite and moves nothing."""
    empty = np.full((1, 32, 32, 3), 128, dtype=np.uint8)
    poke = blob_choice(Objects.drawn(1, RNG(0)), empty, empty)
    assert np.isfinite(poke.places).all() and poke.lengths[0] == 0


def test_rounds_are_single_steps_and_repeat():
    """Conformance and determinism: the loop is `push_once` again and again, and the
    same generators give the same bits.
    """
    goals = drawn_goals(5, 3, RNG(8))
    first, second = (
        list(islice(pushed_to_goals(goals, random_choice(RNG(1)), RNG(2)), 3))
        for _ in range(2)
    )
    for one, two in zip(first, second, strict=True):
        assert one.objects.angles.tobytes() == two.objects.angles.tobytes()
        assert one.pictures.tobytes() == two.pictures.tobytes()
    by_hand = push_once(goals.start, goals.pictures, random_choice(RNG(1)), RNG(2))
    assert np.array_equal(by_hand.objects.places, first[0].objects.places)
    assert isinstance(by_hand.pokes, Pokes)


def test_bad_goals_are_named():
    """Bad input: no task, or fewer pokes than none."""
    with pytest.raises(ValueError, match="number of objects must be positive; got 0"):
        drawn_goals(0, 1, RNG(0))
    with pytest.raises(ValueError, match="pokes must not be negative; got -1"):
        drawn_goals(3, -1, RNG(0))

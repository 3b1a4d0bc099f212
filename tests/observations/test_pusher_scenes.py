"""What must hold of pictures before and after a poke."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import RidgeCV

from lecture_code.observations.pusher_goals import redness
from lecture_code.observations.pusher_scenes import (
    CAMERA,
    board_eye,
    board_pictures,
    drawn_spots,
    picture_inputs,
    poke_numbers,
    poke_triples,
)
from lecture_code.observations.pushing import BAR, KINDS, Objects, Pokes, pushed
from lecture_code.vision.appearance import Appearance, Eye

RNG = np.random.default_rng


def quiet(objects):
    """Pictures without noise and without a spot in them."""
    plain = Appearance(board_eye().appearance.palette)
    away = np.full((len(objects), 2), 9.0)
    return board_pictures(objects, RNG(0), eye=Eye(CAMERA, plain, RNG(0)), spots=away)


def test_triples_are_what_a_poke_does():
    """Conformance: pictures are bytes, the end is the start after the poke, and both
    pictures show where the object is.
    """
    triples = poke_triples(300, RNG(0))
    assert triples.before.shape == triples.after.shape == (300, 32, 32, 3)
    assert triples.before.dtype == np.uint8 and len(triples) == 300
    end, felt = pushed(triples.start, triples.pokes)
    assert np.array_equal(end.places, triples.end.places)
    assert np.array_equal(felt, triples.felt)
    x, y = CAMERA.grid()
    for pictures, objects in ((triples.before, triples.start), (triples.after, end)):
        red = redness(pictures)
        total = red.sum(axis=(1, 2))
        seen = np.column_stack([(red * a).sum(axis=(1, 2)) / total for a in (x, y)])
        inside = np.abs(objects.places).max(axis=1) < 0.25
        assert inside.sum() > 200
        assert np.abs(seen - objects.places)[inside].max() < 0.03


def test_the_same_generator_gives_the_same_triples():
    """Determinism: to the last bit; the first of more triples are their first."""
    one, two = poke_triples(20, RNG(1)), poke_triples(20, RNG(1))
    assert one.before.tobytes() == two.before.tobytes()
    assert one.after.tobytes() == two.after.tobytes()
    assert one.after.tobytes() != poke_triples(20, RNG(2)).after.tobytes()
    part = one.first(5)
    assert len(part) == 5 and part.after.tobytes() == one.after[:5].tobytes()
    assert np.array_equal(part.pokes.places, one.pokes.places[:5])


def test_the_spot_knows_nothing_of_the_poke():
    """Independence: the spot jumps between the pictures, or stays if it is asked to;
    the object and the poke are the same in both cases.
    """
    spots = drawn_spots(4000, RNG(3))
    assert np.abs(spots).max() <= 0.5 and np.abs(spots.mean(axis=0)).max() < 0.03
    jumps, stays = (poke_triples(60, RNG(4), spot_stays=s) for s in (False, True))
    assert np.array_equal(jumps.end.places, stays.end.places)
    changes = [
        np.abs(t.after.astype(int) - t.before).mean(axis=(1, 2, 3))
        for t in (jumps, stays)
    ]
    assert np.median(changes[1]) < 0.85 * np.median(changes[0])


def test_half_a_turn_of_a_bar_is_not_seen():
    """Symmetry: pictures of a bar and of the bar after half a turn are alike; those of
    an L are not.
    """
    for choice, alike in ((BAR,), True), (KINDS, False):
        objects = Objects.drawn(30, RNG(5), choice)
        turned = Objects(
            objects.kinds, objects.places, objects.angles + np.pi, objects.choice
        )
        far = np.abs(quiet(objects).astype(int) - quiet(turned)).max(axis=(1, 2, 3))
        assert (far <= 1).all() if alike else (far > 50).all()


def angle_error(choice, turns):
    """Mean error of the angle [degree], which a probe on the second moments of the red
    pixels tells up to 1/turns of a turn; a guess is 90/turns off.
    """
    objects = Objects.drawn(600, RNG(6), choice)
    red = redness(quiet(objects))
    x, y = CAMERA.grid()
    total = red.sum(axis=(1, 2))
    u, v = (
        axis - ((red * axis).sum(axis=(1, 2)) / total)[:, None, None] for axis in (x, y)
    )
    powers = [(2, 0), (1, 1), (0, 2), (3, 0), (2, 1), (1, 2), (0, 3)]
    moments = [(red * u**i * v**j).sum(axis=(1, 2)) / total for i, j in powers]
    features = np.column_stack(moments)
    features = (features - features.mean(0)) / features.std(0)
    angles = turns * objects.angles
    labels = np.column_stack([np.cos(angles), np.sin(angles)])
    probe = RidgeCV(np.logspace(-3, 3, 13)).fit(features[:400], labels[:400])
    told = np.arctan2(*probe.predict(features[400:]).T[::-1])
    apart = np.abs(np.angle(np.exp(1j * (told - angles[400:]))))
    return np.rad2deg(apart).mean() / turns


def test_the_angle_of_a_symmetric_object_cannot_be_known():
    """Negative control: a probe of cosine and sine of θ finds the angle of an L, and
    guesses that of a bar; of 2 θ it finds a bar's, too.
    """
    assert angle_error(KINDS[:1], 1) < 15
    assert 75 < angle_error((BAR,), 1) < 105
    assert angle_error((BAR,), 2) < 15


def test_another_camera_sees_the_board_turned():
    """Mechanism: an object in the middle of the board stays in the middle for a camera
    that turns, and looks as if it had turned the other way.
    """
    middle = Objects(np.zeros(1, int), np.zeros((1, 2)), np.array([0.3]))
    turned = Objects(np.zeros(1, int), np.zeros((1, 2)), np.array([0.3 - 0.5]))
    away = np.full((1, 2), 9.0)
    seen = board_pictures(middle, RNG(0), eye=board_eye(0.5), spots=away)
    same = board_pictures(turned, RNG(0), spots=away)
    other = board_pictures(middle, RNG(0), spots=away)
    apart = [np.abs(seen.astype(int) - s).max() for s in (same, other)]
    assert apart[0] <= 1 and apart[1] > 50


def test_numbers_for_a_network():
    """Equation: pictures are around 0 with channels first; pokes are x, y, cosine, sine
    and length, each at most about 1.
    """
    triples = poke_triples(3, RNG(7))
    x = picture_inputs(triples.before)
    assert x.shape == (3, 3, 32, 32) and x.dtype == torch.float32
    wanted = triples.before[1, 4, 9, 2] / 255 - 0.5
    assert x[1, 2, 4, 9].item() == pytest.approx(wanted, abs=1e-6)
    poke = Pokes(np.array([[0.25, -0.5]]), np.array([np.pi / 2]), np.array([0.07]))
    numbers = poke_numbers(poke)[0].tolist()
    assert numbers == pytest.approx([0.5, -1, 0, 1, 0.5], abs=1e-6)


def test_bad_numbers_are_named():
    """Bad input: the error says the range and what was given."""
    with pytest.raises(ValueError, match="number of objects must be positive; got 0"):
        poke_triples(0, RNG(0))
    with pytest.raises(ValueError, match="n must be from 1 to 3; got 4"):
        poke_triples(3, RNG(0)).first(4)

"""What must hold of what is measured in the runs of *Domain confusion*."""

import numpy as np
import pytest
import torch
from torch import nn

from lecture_code.experiments.observations.domain_confusion.measures import (
    domain_error,
    feature_std,
    features_of,
    linear_heads,
    places,
)
from lecture_code.observations.hook_scenes import PoseImages
from lecture_code.observations.representation import Representation

pytestmark = pytest.mark.usefixtures("one_torch_thread")
RNG = np.random.default_rng


def seeing():
    """A network whose features are the three numbers of an image of one pixel, and
    whose answer is the first two of them."""
    head = nn.Linear(3, 2, bias=False)
    with torch.no_grad():
        head.weight.copy_(torch.eye(2, 3))
    return Representation(nn.Flatten(), nn.Identity(), head, 3)


def pixels(n, seed, shift=0.0):
    """n images of one pixel, (n, 1, 1, 3)."""
    values = RNG(seed).random((n, 1, 1, 3)) + shift
    return values.astype(np.float32)


def posed(n, seed, *, told=True):
    """Images of one pixel that tell the place of the hook, or do not."""
    images = pixels(n, seed)
    told_by = images if told else pixels(n, seed + 100)
    return PoseImages(images, 0.7 * told_by[:, 0, 0, :2].astype(float) - 0.2)


def test_places_are_answers_in_metres():
    """Equation: an answer of a decimetre is 0.1 m."""
    images = posed(5, 0)
    wanted = (images.images[:, 0, 0, :2] - 0.5) / 10
    np.testing.assert_allclose(places(seeing(), images), wanted, atol=1e-7)


def test_features_are_standardised_and_their_spread_is_not():
    """Equation: features are f of eq. 1; how far they vary is measured before."""
    network = seeing()
    images = pixels(50, 0)
    network.mean.fill_(0.25)
    network.std.fill_(2.0)
    np.testing.assert_allclose(
        features_of(network, images), (images[:, 0, 0] - 0.75) / 2, atol=1e-6
    )
    wanted = images[:, 0, 0].std(axis=0, ddof=1).mean()
    assert feature_std(network, images) == pytest.approx(wanted, rel=1e-5)


def test_linear_heads_find_what_features_tell():
    """Oracle with a negative control: twelve attempts suffice where places are linear
    in the features; where features do not tell them, hardly any attempt succeeds.
    """
    tests = posed(400, 1)
    assert linear_heads(seeing(), posed(100, 0), tests, 12) == 1.0
    blind = linear_heads(seeing(), posed(100, 0, told=False), tests, 12)
    assert blind < 0.1


def test_linear_heads_repeat_and_learn_from_n():
    """Determinism: the same images give the same share; from noisy features more
    attempts learn more.
    """
    labelled, tests = posed(200, 0), posed(400, 1)
    noisy = PoseImages(
        labelled.images, labelled.poses + 0.1 * RNG(3).standard_normal((200, 2))
    )
    few, many = (linear_heads(seeing(), noisy, tests, n) for n in (4, 100))
    assert few == linear_heads(seeing(), noisy, tests, 4)
    assert many > few + 0.2


def test_halves_of_one_domain_are_told_by_chance():
    """Null: on two sets of images of one domain a new classifier errs in half of the
    cases; on two domains that lie apart, never.
    """
    same = domain_error(seeing(), pixels(2000, 0), pixels(2000, 1))
    assert same == pytest.approx(0.5, abs=0.05)
    assert domain_error(seeing(), pixels(200, 0), pixels(200, 1, 9.0)) == 0


def test_domains_of_other_sizes_are_balanced():
    """Balance: from a large and a small domain as many images of each are judged, so
    that chance is still a half.
    """
    same = domain_error(seeing(), pixels(3000, 0), pixels(600, 1))
    assert same == pytest.approx(0.5, abs=0.08)

"""What must hold of networks in three parts, and of feature points."""

import numpy as np
import pytest
import torch
from small_domains import FEATURES, INPUTS, inputs, small_network
from torch import nn

from lecture_code.observations.domain_confusion import pair_loss
from lecture_code.observations.hook_scenes import hook_images
from lecture_code.observations.representation import (
    LEAST_STD,
    MAPS,
    Representation,
    SpatialSoftmax,
    digit_network,
    draw_weights,
    hook_network,
    network_inputs,
)

pytestmark = pytest.mark.usefixtures("one_torch_thread")
RNG = np.random.default_rng


def blob(row, column, size=16, height=20.0, width=1.2):
    """A map with one blob, (1, 1, size, size)."""
    i, j = np.indices((size, size))
    value = height * np.exp(-((i - row) ** 2 + (j - column) ** 2) / (2 * width**2))
    return torch.tensor(value[None, None], dtype=torch.float32)


def place(row, column, size=16):
    """Where a pixel is: x to the right and y upwards, from −1 to 1."""
    return [(column + 0.5) / size * 2 - 1, 1 - (row + 0.5) / size * 2]


# --- feature points


@pytest.mark.parametrize("at", [(3, 5), (8, 8), (12, 4), (7, 13)])
def test_a_feature_point_is_the_centre_of_a_blob(at):
    """Equation 2: spatial softmax finds the centre of a blob."""
    np.testing.assert_allclose(SpatialSoftmax()(blob(*at))[0], place(*at), atol=0.01)


def test_an_even_map_has_its_point_in_the_middle():
    """Limit: a map without any structure gives (0, 0)."""
    points = SpatialSoftmax()(torch.full((2, 3, 6, 8), 0.7))
    torch.testing.assert_close(points, torch.zeros(2, 6), rtol=0, atol=1e-6)


def test_x_grows_to_the_right_and_y_upwards():
    """Convention: all x come first, then all y; a blob at the top right has both
    positive, one at the bottom left both negative.
    """
    maps = torch.cat([blob(2, 13), blob(13, 2)], dim=1)  # two maps of one image
    (points,) = SpatialSoftmax()(maps)
    assert (points[[0, 2]] > 0.5).all() and (points[[1, 3]] < -0.5).all()


def test_a_shift_by_a_pixel_moves_the_point_by_a_pixel():
    """Equivariance: in an image that is wider than high, a blob that moves by a pixel
    moves its point by 2 / W to the right, or by 2 / H downwards.
    """
    maps = torch.zeros(3, 1, 8, 16)
    for image, (row, column) in enumerate([(3, 6), (3, 7), (4, 6)]):
        maps[image, 0, row, column] = 30.0
    here, right, down = SpatialSoftmax()(maps)
    np.testing.assert_allclose(right - here, [2 / 16, 0], atol=1e-5)
    np.testing.assert_allclose(down - here, [0, -2 / 8], atol=1e-5)


def test_a_sharper_point_is_nearer_to_the_maximum():
    """Limit: with β the point moves from the middle to the maximum."""
    maps = blob(2, 2, height=2.0)
    reach = [SpatialSoftmax(beta)(maps).norm().item() for beta in (0.0, 1, 3, 10, 100)]
    assert reach[0] < 1e-6 and reach == sorted(reach)
    assert reach[-1] == pytest.approx(np.hypot(*place(2, 2)), abs=1e-3)


# --- standardised features


def shrunk(network, factor):
    """The network with raw features times a factor."""
    with torch.no_grad():
        network.rest.weight.mul_(factor)
        network.rest.bias.mul_(factor)
    return network


@pytest.mark.parametrize("standardised", [True, False])
def test_shrinking_does_not_pay(standardised):
    """Equation 1: standardised features, and the loss of their pairs, stay as they are
    if all raw features shrink by a factor; otherwise the loss shrinks by its square.
    """
    batches = inputs(30, 0), inputs(20, 1, 2.0), inputs(20, 2)
    whole, small = (
        shrunk(small_network(standardised=standardised), factor).batch_features(
            *batches
        )
        for factor in (1.0, 0.1)
    )
    before, after = pair_loss(*whole[1:]).item(), pair_loss(*small[1:]).item()
    if standardised:
        for one, other in zip(whole, small, strict=True):
            torch.testing.assert_close(one, other, rtol=0.05, atol=0.01)
        assert after == pytest.approx(before, rel=0.05)
    else:
        assert after == pytest.approx(0.01 * before, rel=1e-4)


def test_source_features_have_mean_0_and_deviation_1():
    """Equation 1: by the moments of the source batch; a target keeps its shift."""
    f, other = small_network().batch_features(inputs(200, 0), inputs(200, 1, 3.0))
    torch.testing.assert_close(f.mean(0), torch.zeros(FEATURES), rtol=0, atol=1e-5)
    torch.testing.assert_close(f.std(0), torch.ones(FEATURES), rtol=0, atol=0.02)
    assert other.mean(0).abs().max() > 0.5


def test_the_source_batch_alone_gives_the_moments():
    """Independence: f of the source batch does not see the other batches."""
    alone = small_network().batch_features(inputs(20, 0))[0]
    beside = small_network().batch_features(inputs(20, 0), inputs(20, 1, 9.0))[0]
    assert torch.equal(alone, beside)


def test_running_moments_become_those_of_the_data():
    """Convergence: after many batches m and s are near the mean and the standard
    deviation of the raw features, and `features` is standardised by them.
    """
    network = small_network()
    data = inputs(4000, 0)
    rng = RNG(1)
    with torch.no_grad():
        for _ in range(200):
            network.batch_features(data[rng.integers(len(data), size=64)])
        raw = network.raw(data)
        tolerance = 0.1 * raw.std(0)
        assert ((network.mean - raw.mean(0)).abs() < tolerance).all()
        assert ((network.std - raw.std(0) - LEAST_STD).abs() < tolerance).all()
        torch.testing.assert_close(
            network.features(data), (raw - network.mean) / network.std
        )
        assert torch.equal(network(data), network.head(network.features(data)))


def test_without_standardising_features_are_raw():
    """Limit: then f is raw, for a batch and afterwards, and no moment moves."""
    network = small_network(standardised=False)
    x = inputs(10, 0)
    assert torch.equal(network.batch_features(x)[0], network.raw(x))
    assert torch.equal(network.features(x), network.raw(x))
    assert not network.mean.any() and (network.std == 1).all()


def test_a_feature_that_never_changes_stays_finite():
    """Degenerate: a dead feature is 0, and so is its gradient's share of chaos."""
    network = small_network()
    with torch.no_grad():
        network.rest.weight[0] = 0.0
    f = network.batch_features(inputs(10, 0))[0]
    assert torch.isfinite(f).all() and not f[:, 0].any()


# --- the two networks


def test_networks_have_their_shapes():
    """Conformance: a hook's network answers with a place and has 2 × 16 features, a
    point for each map; a digit's answers with ten logits.
    """
    network = hook_network(RNG(0))
    x = network_inputs(hook_images(3, 1.0, RNG(1)).images)
    assert network(x).shape == (3, 2)
    assert network.features(x).shape == (3, network.n_features) == (3, 2 * MAPS)
    assert network.first(x).shape == (3, MAPS, 16, 16)
    assert network.raw(x).abs().max() <= 1  # points of the image
    digits = digit_network(RNG(0))
    assert digits(torch.zeros(2, 3, 16, 16)).shape == (2, 10)
    assert digits.features(torch.zeros(2, 3, 16, 16)).shape == (2, digits.n_features)


def test_a_batch_is_an_image_around_0():
    """Equation: channels come first, and ½ is taken away."""
    images = hook_images(2, 0.0, RNG(0)).images
    batch = network_inputs(images)
    assert batch.shape == (2, 3, 32, 32)
    np.testing.assert_allclose(batch[1, 2, 5, 7] + 0.5, images[1, 5, 7, 2], atol=1e-7)


def test_weights_are_drawn_by_the_given_generator():
    """Determinism: the same seed gives the same bits, another seed others; weights have
    variance 2 / inputs, and biases are 0.
    """
    same = hook_network(RNG(4)).state_dict(), hook_network(RNG(4)).state_dict()
    assert all(torch.equal(same[0][name], same[1][name]) for name in same[0])
    other = hook_network(RNG(5)).state_dict()
    assert not torch.equal(same[0]["first.0.weight"], other["first.0.weight"])
    layer = nn.Linear(200, 300)
    draw_weights(layer, RNG(0))
    assert layer.weight.var().item() == pytest.approx(2 / 200, rel=0.03)
    assert not layer.bias.any()


def test_the_three_parts_follow_each_other():
    """Composition: raw features are the rest of the first layer, answers the head of
    the features.
    """
    network = Representation(nn.Linear(INPUTS, 6), nn.Linear(6, 3), nn.Linear(3, 2), 3)
    x = inputs(4, 0)
    assert torch.equal(network.raw(x), network.rest(network.first(x)))
    assert torch.equal(network(x), network.head(network.raw(x)))

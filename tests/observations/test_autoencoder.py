"""What must hold of the spatial autoencoder."""

import numpy as np
import pytest
import torch
from small_domains import marked

from lecture_code.observations.autoencoder import (
    LEAST_STD,
    encode_images,
    initial_encoding,
    small_grey,
)
from lecture_code.observations.hook_scenes import hook_images
from lecture_code.observations.representation import hook_network, network_inputs

pytestmark = pytest.mark.usefixtures("one_torch_thread")
RNG = np.random.default_rng
PIXELS = 16 * 16
LENGTH = 40  # batches of a whole training


@pytest.fixture(scope="module")
def images():
    """Forty images of the "real" world."""
    return network_inputs(hook_images(40, 1.0, RNG(0)).images)


def untrained(seed=0):
    """Before the first batch."""
    return initial_encoding(hook_network(RNG(seed)), PIXELS, 3e-3, RNG(seed + 1))


def marks(state):
    """A mark of all that is learnt, and of the generator."""
    return (
        marked(state.network),
        marked(state.decoder),
        str(state.rng.bit_generator.state),
        str(state.optimiser.state_dict()["state"]),
        state.batches,
    )


def test_small_grey_images_are_standardised(images):
    """Equation: a pixel is the mean of three channels and 2 × 2 pixels, less its mean
    over the images, over its deviation.
    """
    z = small_grey(images)
    assert z.shape == (40, PIXELS)
    torch.testing.assert_close(z.mean(0), torch.zeros(PIXELS), rtol=0, atol=1e-5)
    assert (z.std(0) < 1).all() and z.std(0).median() > 0.5
    grey = images[:, :, 4:6, 10:12].mean(dim=(1, 2, 3))
    wanted = (grey - grey.mean()) / (grey.std() + LEAST_STD)
    torch.testing.assert_close(z[:, 2 * 16 + 5], wanted)


def test_a_pixel_that_never_changes_stays_finite():
    """Degenerate: images that are all alike have z = 0 everywhere."""
    z = small_grey(torch.full((5, 3, 8, 8), 0.3))
    torch.testing.assert_close(z, torch.zeros_like(z), rtol=0, atol=1e-5)


def test_encoding_is_pure_and_repeats(images):
    """Determinism: a state is not changed, and the same state goes on to the same
    bits.
    """
    state = encode_images(untrained(), images, 8, 2, LENGTH)
    before = marks(state)
    first, second = (encode_images(state, images, 8, 2, LENGTH) for _ in range(2))
    assert marks(state) == before
    assert marks(first) == marks(second) != before
    assert first.report == second.report


def test_ten_batches_may_be_cut(images):
    """Invariance: 3 and 7 batches are 10 batches, to the last bit."""
    whole = encode_images(untrained(), images, 4, 10, LENGTH)
    part = encode_images(untrained(), images, 4, 3, LENGTH)
    assert marks(encode_images(part, images, 4, 7, LENGTH)) == marks(whole)


def test_the_given_network_is_copied(images):
    """Purity: the network from which one starts stays as it is."""
    network = hook_network(RNG(0))
    before = marked(network)
    state = initial_encoding(network, PIXELS, 3e-3, RNG(1))
    after = encode_images(state, images, 8, 2, LENGTH)
    assert marked(network) == before != marked(after.network)


def test_the_rate_falls_to_zero_in_the_second_half(images):
    """Schedule: the rate is whole in the first half, then falls; at the very end
    nothing is learnt any more.
    """
    state = untrained()
    rates = []
    for _ in range(8):
        state = encode_images(state, images, 4, 1, 8)
        rates.append(state.optimiser.param_groups[0]["lr"] / 3e-3)
    assert rates == pytest.approx([1, 1, 1, 1, 1, 0.75, 0.5, 0.25])


def test_images_are_learnt_and_noise_is_not():
    """Learning with a negative control: the loss of images falls below that of their
    means; that of as many images of noise does not.
    """
    noise = torch.tensor(RNG(3).random((600, 3, 32, 32)) - 0.5, dtype=torch.float32)
    seen = {
        "images": network_inputs(hook_images(600, 1.0, RNG(0)).images),
        "noise": noise,
    }
    losses = {}
    for name, images in seen.items():
        spread = small_grey(images).square().mean().item()
        state = encode_images(untrained(), images, 16, 40, 2 * LENGTH)
        losses[name] = (
            encode_images(state, images, 16, 5, 2 * LENGTH).report["task"] / spread
        )
    assert losses["images"] < 0.92 and losses["noise"] > 0.97


def test_the_head_learns_nothing(images):
    """Independence: without labels the head of the network stays as it was drawn, and
    the layers below it do not.
    """
    state = encode_images(untrained(), images, 8, 3, LENGTH)
    drawn = hook_network(RNG(0))
    assert marked(state.network.head) == marked(drawn.head)
    assert marked(state.network.first) != marked(drawn.first)
    assert marked(state.network.rest) != marked(drawn.rest)


def test_too_few_images_are_named(images):
    """Bad input: no image at all, or a batch of one, which has no deviation."""
    with pytest.raises(ValueError, match="no images to learn from"):
        encode_images(untrained(), images[:0], 8, 1, LENGTH)
    with pytest.raises(ValueError, match="batch must be 2 or more; got 1"):
        encode_images(untrained(), images, 1, 1, LENGTH)

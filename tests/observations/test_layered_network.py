"""What must hold of a network in layers: what is frozen, what is copied."""

import numpy as np
import pytest
import torch
from small_layers import RNG, clouds, hashes, small_layers
from torch import nn

from lecture_code.data.digits import printed_digits
from lecture_code.observations.layered_network import (
    LabelledInputs,
    LayeredNetwork,
    five_layers,
    grey_inputs,
    share_of_right,
    transplanted,
)

pytestmark = pytest.mark.usefixtures("one_torch_thread")


def test_five_layers_read_digits():
    """Conformance: five layers, with and without normalisation, turn images of digits
    into logits; the number of parameters is that of the docstring.
    """
    images = printed_digits(4, RNG(0)).images
    inputs = grey_inputs(images)
    assert inputs.shape == (4, 1, 16, 16)
    assert np.array_equal(inputs[:, 0].numpy(), images[..., 2] - np.float32(0.5))
    for normalised in (False, True):
        network = five_layers(RNG(0), normalised=normalised)
        assert len(network) == 5
        assert network(inputs).shape == (4, 10)
        assert any(True for _ in network.buffers()) == normalised
    count = sum(part.numel() for part in five_layers(RNG(0)).parameters())
    assert f"{count:,} parameters" in five_layers.__doc__
    assert five_layers(RNG(0), classes=5)(inputs).shape == (4, 5)


def test_activations_follow_each_other():
    """Composition: none of the layers gives the inputs, all give the logits, and each
    layer acts on what leaves the layer below.
    """
    network = small_layers()
    x = clouds(5, 0).inputs
    assert torch.equal(network.activations(x, 0), x)
    for n in range(3):
        above = network.layers[n](network.activations(x, n))
        assert torch.equal(network.activations(x, n + 1), above)
    assert torch.equal(network.activations(x, 3), network(x))


def test_a_transplant_is_made_of_two_networks():
    """Conformance: n layers are the donor's and the others the fresh network's, buffers
    included, and changing the new network changes neither.
    """
    donor, fresh = (small_layers(seed, normalised=True) for seed in (0, 1))
    donor(clouds(9, 0).inputs)  # its running means move
    before = hashes(donor), hashes(fresh)
    for n in range(4):
        made = transplanted(donor, fresh, n)
        assert hashes(made) == before[0][:n] + before[1][n:]
        for part in made.state_dict().values():
            part.zero_()
        assert (hashes(donor), hashes(fresh)) == before


def test_accuracy_is_counted_and_moves_nothing():
    """Equation: the share of inputs whose largest logit is their label, in evaluation
    mode; running means and the mode of the network stay.
    """
    network = small_layers(normalised=True)
    data = clouds(40, 1)
    network(clouds(50, 2).inputs)
    network.train()
    before = hashes(network)
    accuracy = share_of_right(network, data)
    assert hashes(network) == before
    assert network.training
    network.eval()
    with torch.no_grad():
        logits = network(data.inputs).numpy()
    assert accuracy == np.mean(logits.argmax(axis=1) == data.labels.numpy())
    assert 0 < accuracy < 1


def test_a_batch_has_no_example_twice():
    """Conformance: a batch draws different examples with their own labels, and all of
    them once where there are fewer.
    """
    data = LabelledInputs(torch.arange(10.0)[:, None], torch.arange(10))
    for batch, size in ((4, 4), (10, 10), (32, 10)):
        inputs, labels = data.drawn(batch, RNG(batch))
        assert len(set(labels.tolist())) == len(labels) == size
        assert torch.equal(inputs[:, 0], labels.float())
    first, other = (data.drawn(4, RNG(seed))[1].tolist() for seed in (0, 1))
    assert first != other


@pytest.mark.parametrize(
    ("make", "culprit"),
    [
        (lambda: LabelledInputs(torch.zeros(0, 2), torch.zeros(0)), "no inputs"),
        (
            lambda: LabelledInputs(torch.zeros(3, 2), torch.zeros(2)),
            "3 inputs and 2 labels",
        ),
        (lambda: LayeredNetwork([nn.Linear(2, 2)]), "two layers or more; got 1"),
        (
            lambda: transplanted(small_layers(), small_layers(), 4),
            "from 0 to 3; got 4",
        ),
        (lambda: small_layers().activations(torch.zeros(1, 4), -1), "got -1"),
        (
            lambda: transplanted(small_layers(), five_layers(RNG(0)), 1),
            "3 and 5 layers",
        ),
    ],
)
def test_what_cannot_be_is_refused(make, culprit):
    """Bad input is refused by name."""
    with pytest.raises(ValueError, match=culprit):
        make()

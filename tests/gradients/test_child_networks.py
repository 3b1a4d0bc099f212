"""Children for digits: what a string builds, which strings are aliases, training."""

import numpy as np
import pytest
import torch
from torch import nn

from lecture_code.gradients.child_networks import (
    DIGIT_SPACE,
    ChildSettings,
    DigitNetwork,
    canonical,
    number_right,
    representative_places,
    train_child,
)
from lecture_code.learning.columns import number_of_parameters

pytestmark = pytest.mark.usefixtures("one_torch_thread")


def child_of(**changes):
    """The child of a string that differs from a usual one in these words."""
    words = {
        "filters1": 4,
        "kernel1": 3,
        "filters2": 8,
        "kernel2": 5,
        "activation": "tanh",
        "skip": 1,
        "pool": "max",
    }
    string = DIGIT_SPACE.string(**(words | changes))
    return DigitNetwork(string, torch.Generator().manual_seed(0))


def images(n, seed=0):
    return torch.rand(n, 1, 8, 8, generator=torch.Generator().manual_seed(seed))


def test_there_are_1458_strings_and_1053_children():
    """Hand count: 972 strings with a second layer, 486 without, which build 81."""
    assert DIGIT_SPACE.count == 1458
    places = representative_places()
    assert len(np.unique(places)) == 1053
    numbers = np.bincount(places)
    assert sorted(set(numbers.tolist())) == [0, 1, 6]
    assert (numbers == 6).sum() == 81


def test_a_representative_is_the_first_of_its_aliases():
    """A representative represents itself, and comes first in the order of places."""
    strings = DIGIT_SPACE.every_string()
    once = canonical(strings)
    assert (canonical(once) == once).all()
    assert (representative_places() <= np.arange(1458)).all()


def test_aliases_build_the_same_child_and_others_do_not():
    """Two strings without a second layer give the same logits bitwise when only
    kernel2 and skip differ; with a second layer these tokens matter.
    """
    x = images(3)
    alias = child_of(filters2=0, kernel2=1, skip=0)
    assert torch.equal(child_of(filters2=0)(x), alias(x))
    assert not torch.equal(child_of(kernel2=1)(x), child_of()(x))
    assert not torch.equal(child_of(skip=0)(x), child_of()(x))


def hand_built(child):
    """The child of `child_of()` from PyTorch's own layers: logits and parameters."""
    layer1 = nn.Conv2d(1, 4, 3, padding="same")
    layer2 = nn.Conv2d(4, 8, 5, padding="same")
    head = nn.Linear(12 * 16, 10)
    parts = nn.ModuleList([layer1, layer2, head])
    with torch.no_grad():
        for mine, theirs in zip(parts.parameters(), child.parameters(), strict=True):
            mine.copy_(theirs)

    def logits(x):
        h1 = nn.Tanh()(layer1(x))
        h2 = nn.Tanh()(layer2(h1))
        return head(nn.Flatten()(nn.MaxPool2d(2)(torch.cat([h1, h2], 1))))

    return logits, parts


def test_a_child_equals_a_hand_built_network():
    """Oracle: PyTorch's own layers with the same weights give the same logits, and
    have as many parameters.
    """
    child = child_of()
    logits, parts = hand_built(child)
    assert number_of_parameters(child) == number_of_parameters(parts)
    assert number_of_parameters(child) == (9 + 1) * 4 + (4 * 25 + 1) * 8 + 193 * 10
    torch.testing.assert_close(child(images(5)), logits(images(5)))


@pytest.mark.parametrize(
    ("changes", "inputs_of_head"),
    [
        ({"pool": "none"}, 12 * 64),
        ({"pool": "average"}, 12 * 16),
        ({"skip": 0}, 8 * 16),
        ({"filters2": 16}, 20 * 16),
        ({"filters2": 0}, 4 * 16),
    ],
)
def test_the_head_sees_what_the_tokens_say(changes, inputs_of_head):
    """Pooling quarters the inputs of the head, skip adds the maps of layer 1."""
    assert child_of(**changes).head.in_features == inputs_of_head


def test_activation_and_pool_are_those_of_the_string():
    """On the same weights, each choice gives other logits."""
    x = images(2)
    acts = [child_of(activation=a)(x) for a in ("relu", "tanh", "sigmoid")]
    pools = [child_of(pool=p)(x) for p in ("max", "average")]
    for a, b in ((acts[0], acts[1]), (acts[1], acts[2]), (pools[0], pools[1])):
        assert not torch.allclose(a, b)


def test_every_child_can_be_built_and_read_an_image():
    """Conformance: each of the 1,053 children gives ten logits."""
    strings = DIGIT_SPACE.every_string()
    generator = torch.Generator().manual_seed(0)
    for place in np.unique(representative_places()):
        with torch.no_grad():
            assert DigitNetwork(strings[place], generator)(images(1)).shape == (1, 10)


def test_training_learns_and_is_repeated_bitwise():
    """Learning with a negative control: four epochs learn which half of an image is
    bright, a rate of zero does not; the same generator gives the same weights.
    """
    x = images(200)
    labels = torch.arange(200) % 2
    x[labels == 1, :, :4] *= 0.3
    settings = ChildSettings(epochs=4)

    def right(rate):
        child = child_of()
        generator = torch.Generator().manual_seed(1)
        settings = ChildSettings(epochs=4, rate=rate)
        losses = train_child(child, x, labels, settings, generator)
        return number_right(child, x, labels), losses

    learnt, losses = right(settings.rate)
    idle, same = right(0.0)
    assert learnt > 190 and idle < 150
    assert len(losses) == 4 and losses[-1] < 0.3 * losses[0]
    assert same[-1] == pytest.approx(same[0])
    assert right(settings.rate) == (learnt, losses)


def test_building_leaves_the_global_generator_alone():
    """No child draws from a generator that it was not given."""
    before = torch.get_rng_state()
    child_of()
    assert torch.equal(before, torch.get_rng_state())


def test_a_wrong_string_is_refused_by_name():
    """The error names the token."""
    string = DIGIT_SPACE.every_string()[0]
    string[4] = 3
    with pytest.raises(ValueError, match="for activation"):
        DigitNetwork(string, torch.Generator())
    with pytest.raises(ValueError, match="for activation"):
        canonical(string[None])

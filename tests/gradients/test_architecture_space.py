"""A language for convolutional networks: repairs, parameters, forward pass, errors."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d, linear

from lecture_code.gradients.architecture_space import (
    IMAGE,
    ArchitectureGraph,
    ConvolutionalLanguage,
    Filters,
    GraphNetwork,
    decode,
    put_together,
    repaired,
)
from lecture_code.learning.columns import number_of_parameters

pytestmark = pytest.mark.usefixtures("one_torch_thread")
SMALL = ConvolutionalLanguage(4, (1, 3), (1, 3, 5), (2, 3), strides=(1, 2))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def reached(edges, start):
    """All nodes that a walk along the edges reaches from a node."""
    found = {start}
    while more := {b for a, b in edges if a in found} - found:
        found |= more
    return found


def edges_of(graph):
    """Pairs (from, to) of a graph; the head is -1."""
    pairs = {(j, i) for i, inputs in enumerate(graph.inputs, 1) for j in inputs}
    return pairs | {(j, -1) for j in graph.outputs}


# --- graphs ---


def test_every_choice_of_inputs_becomes_a_network():
    """Invariance over all 2^10 choices of five layers: no circle, each layer is reached
    from the image, the head is reached from each layer, and nothing that was chosen is
    lost.
    """
    pairs = [(i, j) for i in range(1, 6) for j in range(1, i)]
    filters = [Filters(1, 1, 1)] * 5
    for number in range(2 ** len(pairs)):
        bits = {pair: number >> k & 1 for k, pair in enumerate(pairs)}
        anchors = [[bits[i, j] for j in range(1, i)] for i in range(1, 6)]
        graph = repaired(filters, anchors)
        edges = edges_of(graph)
        assert all(a < b or b == -1 for a, b in edges)
        assert reached(edges, IMAGE) == {IMAGE, 1, 2, 3, 4, 5, -1}
        back = {(b, a) for a, b in edges}
        assert reached(back, -1) == {IMAGE, 1, 2, 3, 4, 5, -1}
        chosen = {(j, i) for (i, j), bit in bits.items() if bit}
        assert {(a, b) for a, b in edges if a != IMAGE and b != -1} == chosen


def test_the_repairs_do_no_more_than_they_must():
    """Hand solution: layers 1 and 3 read the image, layer 4 reads 1 and 3; nobody
    reads 2 and 4, so the head does. A chain stays a chain.
    """
    filters = [Filters(1, 1, 1)] * 4
    graph = repaired(filters, [[], [1], [0, 0], [1, 0, 1]])
    assert graph.inputs == ((0,), (1,), (0,), (1, 3))
    assert graph.outputs == (2, 4)
    chain = repaired(filters, [[], [1], [0, 1], [0, 0, 1]])
    assert chain.inputs == ((0,), (1,), (2,), (3,)) and chain.outputs == (4,)


@pytest.mark.parametrize(
    ("inputs", "outputs", "message"),
    [
        (((0,), ()), (1, 2), "layer 2 must read"),
        (((0,), (2,)), (1, 2), "layer 2 must read"),
        (((1,), (0,)), (1, 2), "layer 1 must read"),
        (((0,), (0,)), (2,), r"nobody reads layers \[1\]"),
        (((0,), (1,)), (2, 3), r"unknown layers \[3\]"),
        (((0,),), (1,), "2 layers and 1 sets"),
    ],
)
def test_what_is_no_network_is_refused(inputs, outputs, message):
    """Layers without input, circles, orphans and unknown layers are named."""
    with pytest.raises(ValueError, match=message):
        ArchitectureGraph((Filters(1, 1, 1),) * 2, inputs, outputs)


def test_wrong_filters_anchors_and_tokens_are_refused():
    """The error names what is wrong."""
    with pytest.raises(ValueError, match="height of filters must be odd"):
        Filters(2, 3, 4)
    with pytest.raises(ValueError, match="number and stride"):
        Filters(1, 3, 0)
    with pytest.raises(ValueError, match="layer 2 needs a choice for each of the 1"):
        repaired([Filters(1, 1, 1)] * 2, [[], []])
    string = np.zeros(len(SMALL.space.tokens), dtype=np.int64)
    string[0] = 2
    with pytest.raises(ValueError, match="for height1"):
        decode(SMALL, string, 1, 10, generator())


# --- strings ---


def test_the_papers_language_has_its_tokens():
    """Conformance: 3 choices of filters for each of 6 layers, and 15 pairs of layers:
    (4 · 4 · 4)⁶ · 2¹⁵ strings; with strides there are two tokens more for each layer.
    """
    paper = ConvolutionalLanguage(6)
    assert paper.space.count == 64**6 * 2**15
    with_strides = ConvolutionalLanguage(6, strides=(1, 2, 3))
    assert with_strides.space.count == paper.space.count * 9**6
    names = [token.name for token in ConvolutionalLanguage(2).space.tokens]
    layer = ["height", "width", "filters"]
    assert names == [f"{n}{i}" for i in (1, 2) for n in layer] + ["anchor2_1"]


def test_a_string_says_what_is_built():
    """Hand solution: words of a string, and the graph."""
    language = ConvolutionalLanguage(2, strides=(1, 2))
    words = {"height1": 3, "width1": 5, "filters1": 24, "down1": 2, "right1": 1}
    words |= {"height2": 1, "width2": 7, "filters2": 64, "down2": 1, "right2": 2}
    graph = language.graph(language.space.string(**words, anchor2_1=1))
    assert graph.filters == (Filters(3, 5, 24, (2, 1)), Filters(1, 7, 64, (1, 2)))
    assert graph.inputs == ((0,), (1,)) and graph.outputs == (2,)
    apart = language.graph(language.space.string(**words, anchor2_1=0))
    assert apart.inputs == ((0,), (0,)) and apart.outputs == (1, 2)


def test_without_anchor_points_the_layers_are_a_chain():
    """Limit: without skip connections each layer reads the one before it."""
    language = ConvolutionalLanguage(3, skips=False)
    graph = language.graph(language.space.uniform(1, np.random.default_rng(0))[0])
    assert graph.inputs == ((0,), (1,), (2,)) and graph.outputs == (3,)


# --- networks ---


def hand_built(network, images):
    """The network of the next test, written out: logits."""
    one, two, three = network.layers
    h1 = torch.relu(conv2d(images, one.weight, one.bias, padding=(1, 2)))  # (3, 7, 9)
    h2 = torch.relu(conv2d(images, two.weight, two.bias, stride=(2, 2)))  # (2, 4, 5)
    around = torch.zeros(len(images), 2, 7, 9)
    around[:, :, 1:5, 2:7] = h2
    both = torch.cat([h1, around], dim=1)
    h3 = torch.relu(conv2d(both, three.weight, three.bias, padding=(1, 1)))
    return linear(h3.mean((2, 3)), network.head.weight, network.head.bias)


def test_a_network_equals_a_hand_built_one():
    """Oracle: three layers, of which the third reads two of unequal size."""
    filters = [Filters(3, 5, 3), Filters(1, 1, 2, (2, 2)), Filters(3, 3, 4)]
    graph = repaired(filters, [[], [0], [1, 1]])
    network = GraphNetwork(graph, 2, 10, generator())
    images = torch.randn(3, 2, 7, 9, generator=generator(1))
    torch.testing.assert_close(network(images), hand_built(network, images))
    by_hand = (3 * 5 * 2 + 1) * 3 + (2 + 1) * 2 + (9 * 5 + 1) * 4 + (4 + 1) * 10
    assert number_of_parameters(network) == graph.parameter_count(2, 10) == by_hand


def test_a_chain_equals_a_sequence_of_layers():
    """Oracle: without skips, the network is PyTorch's `Sequential`."""
    graph = repaired([Filters(3, 3, 4), Filters(5, 1, 2)], [[], [1]])
    network = GraphNetwork(graph, 1, 3, generator())
    one, two = network.layers
    chain = nn.Sequential(one, nn.ReLU(), two, nn.ReLU(), nn.AdaptiveAvgPool2d(1))
    images = torch.randn(2, 1, 8, 8, generator=generator(1))
    expected = network.head(chain(images).flatten(1))
    torch.testing.assert_close(network(images), expected)


def test_random_strings_are_built_and_counted():
    """Conformance: 20 random strings give finite logits and finite gradients for all
    parameters, and as many parameters as the formula says.
    """
    strings = SMALL.space.uniform(20, np.random.default_rng(0))
    images = torch.randn(2, 3, 9, 8, generator=generator(1))
    for string in strings:
        network = decode(SMALL, string, 3, 5, generator())
        logits = network(images)
        assert logits.shape == (2, 5)
        logits.square().sum().backward()
        for parameter in network.parameters():
            assert parameter.grad is not None and parameter.grad.isfinite().all()
        count = SMALL.graph(string).parameter_count(3, 5)
        assert number_of_parameters(network) == count


def test_padding_adds_zeros_and_no_parameters():
    """Invariance: strides make maps of unequal size, which are padded. The number of
    parameters is that without strides, the sum over a padded map stays, and maps of
    equal size are not touched.
    """
    filters = [Filters(3, 3, 2), Filters(3, 3, 2, (2, 3)), Filters(1, 1, 2)]
    plain = [Filters(f.height, f.width, f.number) for f in filters]
    anchors = [[], [0], [1, 1]]
    counts = [repaired(f, anchors).parameter_count(1, 10) for f in (filters, plain)]
    networks = [
        GraphNetwork(repaired(f, anchors), 1, 10, generator()) for f in (filters, plain)
    ]
    assert [number_of_parameters(n) for n in networks] == counts
    assert counts[0] == counts[1]
    large = torch.randn(1, 2, 7, 6, generator=generator())
    low = torch.randn(1, 1, 4, 6, generator=generator())
    together = put_together([large, low])
    assert together.shape == (1, 3, 7, 6)
    assert torch.equal(together[:, :2], large)
    assert torch.equal(together[:, 2:, 1:5], low)
    assert together[:, 2].abs().sum() == pytest.approx(low.abs().sum().item())


def test_building_is_repeated_bitwise_and_leaves_the_global_generator_alone():
    """Determinism: the same generator gives the same weights."""
    string = SMALL.space.uniform(1, np.random.default_rng(0))[0]
    before = torch.get_rng_state()
    images = torch.randn(2, 1, 8, 8, generator=generator(1))
    first, second = (decode(SMALL, string, 1, 3, generator())(images) for _ in "ab")
    assert torch.equal(first, second)
    assert torch.equal(before, torch.get_rng_state())

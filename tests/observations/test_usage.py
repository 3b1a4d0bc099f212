"""What must hold of the measures of what a progressive net uses."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from lecture_code.learning.columns import Column, ColumnSizes
from lecture_code.learning.episodes import frozen
from lecture_code.observations.progressive_nets import LateralSettings, ProgressiveNet
from lecture_code.observations.usage import (
    NoiseSettings,
    disturbed,
    halving_noise,
    sensitivity,
    shares,
    sizes_of_activations,
    without_laterals,
    without_own_output,
)

pytestmark = pytest.mark.usefixtures("one_torch_thread")
RNG = np.random.default_rng
OLD = ColumnSizes(filters=(6, 8), dense=16)
NEW = ColumnSizes(filters=(4, 5), dense=8)
NOISE = NoiseSettings(bisections=8)
PLACES = [(column, layer) for column in (0, 1) for layer in (1, 2, 3)]


def images(n=32):
    return torch.tensor(RNG(3).random((n, 24, 24, 3)), dtype=torch.float32)


def net(head="own", sizes=OLD, **settings):
    """A frozen column and a new one, with heads and biases that are not small."""
    net = frozen(ProgressiveNet.from_column(Column(sizes, RNG(0))))
    new = replace(NEW, lstm=sizes.lstm)
    grown = net.grown(new, LateralSettings(head=head, **settings), RNG(1))
    with torch.no_grad():
        for column in grown.columns:
            column.W[-1].mul_(20)
            for b in column.b:
                b += torch.tensor(0.2 * RNG(2).standard_normal(b.shape)).float()
        for lateral in grown.laterals[1][0][-1:]:
            lateral.U.mul_(20)
    return grown


def logits(network):
    with torch.no_grad():
        return network(images(), torch.zeros(32, network.memory_size)).logits


def likeness(whole):
    """A score of a net: 1 for the decisions of `whole`, less for others."""
    wanted = logits(whole)
    return lambda other: float(torch.exp(-(logits(other) - wanted).square().mean()))


def measured(network, column, layer, settings=NOISE):
    place = (column, layer)
    return sensitivity(network, *place, images(), likeness(network), settings, 0)


def test_no_noise_changes_nothing():
    """Limit: with noise of size 0 the decisions are those of the net, bit for bit, and
    with noise of size 1 they are not, wherever it is.
    """
    whole = net()
    for column, layer in PLACES:
        still = disturbed(whole, column, layer, 0.0, 0)
        assert torch.equal(logits(still), logits(whole))
        noisy = disturbed(whole, column, layer, 1.0, 0)
        assert not torch.equal(logits(noisy), logits(whole))
    assert torch.equal(logits(whole), logits(net()))


def test_noise_in_the_last_layer_arrives_through_the_heads():
    """Equation: noise of size σ in the last hidden layer moves each output by σ |w| on
    average, where w are the weights that read it: own ones or the lateral's.
    """
    whole = net()
    with torch.no_grad():
        for column, W in ((0, whole.laterals[1][0][-1].U), (1, whole.columns[1].W[-1])):
            moves = torch.stack(
                [
                    logits(disturbed(whole, column, 3, 0.7, seed)) - logits(whole)
                    for seed in range(40)
                ]
            )
            std = moves.std(dim=(0, 1)).flatten()
            torch.testing.assert_close(std, 0.7 * W[:-1].norm(dim=1), rtol=0.08, atol=0)


def test_noise_reaches_the_next_layer_and_the_laterals():
    """Oracle: noise in the first layer of both columns is what one gets by adding it
    by hand before the next products.
    """
    whole = net(adapter=0)
    old, new = whole.columns
    x = images().permute(0, 3, 1, 2)
    n = torch.tensor(0.5 * RNG(9).standard_normal((32, 6, 11, 11))).float()
    conv = torch.nn.functional.conv2d
    with torch.no_grad():
        h_old = conv(x, old.W[0], old.b[0], stride=2).relu() + n
        h_new = conv(x, new.W[0], new.b[0], stride=2).relu()
        side = whole.laterals[1][0]
        g_old = conv(h_old, old.W[1], old.b[1], stride=2).relu()
        g_new = conv(h_new, new.W[1], new.b[1], stride=2)
        g_new = (g_new + conv(h_old, side[0].U, stride=2)).relu()
        d_old = (g_old.flatten(1) @ old.W[2].T + old.b[2]).relu()
        d_new = g_new.flatten(1) @ new.W[2].T + new.b[2]
        d_new = (d_new + g_old.flatten(1) @ side[1].U.T).relu()
        out = d_new @ new.W[3].T + new.b[3] + d_old @ side[2].U.T
    by_hand = out[:, :6].reshape(-1, 2, 3)
    noisy = disturbed(whole, 0, 1, 0.5, 9)
    torch.testing.assert_close(logits(noisy), by_hand, rtol=1e-4, atol=1e-5)


def test_a_layer_that_nobody_reads_has_no_sensitivity():
    """Limit: without laterals the whole old column has none; without the lateral into
    the output its last layer has none; without its own output the new column has none.
    """
    alone = without_laterals(net(), [1, 2, 3])
    assert [measured(alone, 0, layer) for layer in (1, 2, 3)] == [0, 0, 0]
    assert min(measured(alone, 1, layer) for layer in (1, 2, 3)) > 0
    assert measured(without_laterals(net(), [3]), 0, 3) == 0
    assert measured(net(), 0, 3) > 0
    silent = without_own_output(net())
    assert [measured(silent, 1, layer) for layer in (1, 2, 3)] == [0, 0, 0]
    assert measured(silent, 0, 3) > 0


def test_only_the_chosen_laterals_are_off():
    """Limit: with all laterals off the new column decides alone, bit for bit; with one
    off the others still change the decision; the net itself keeps its laterals.
    """
    whole = net()
    before = logits(whole)
    alone = logits(without_laterals(whole, [1, 2, 3]))
    own = whole.columns[1](images(), torch.zeros(32, 0)).logits
    assert torch.equal(alone, own)
    for layer in (1, 2, 3):
        part = without_laterals(whole, [layer])
        assert not torch.equal(logits(part), before)
        assert not torch.equal(logits(part), alone)
        side = part.laterals[1][0]
        assert [bool(lateral.U.any()) for lateral in side] == [
            other != layer for other in (1, 2, 3)
        ]
    assert torch.equal(logits(without_laterals(whole, [])), before)
    assert torch.equal(logits(whole), before)


def test_the_unit_of_a_layer_does_not_matter():
    """Invariance: if the activations of a layer are ten times as large and all weights
    that read them a tenth, its sensitivity is the same; so is every other layer's.
    """
    whole = net(head="copy")
    scaled = net(head="copy")
    old = scaled.columns[0]
    with torch.no_grad():
        old.W[0].mul_(10), old.b[0].mul_(10)
        old.W[1].div_(10), scaled.laterals[1][0][0].V.div_(10)
    torch.testing.assert_close(logits(scaled), logits(whole), rtol=1e-4, atol=1e-5)
    sizes = sizes_of_activations(scaled, images()) / sizes_of_activations(
        whole, images()
    )
    np.testing.assert_allclose(sizes, [[10, 1, 1], [1, 1, 1]], rtol=1e-4)
    for column, layer in PLACES[:4]:
        now = measured(scaled, column, layer)
        assert now == pytest.approx(measured(whole, column, layer), rel=0.03)


def test_larger_weights_make_a_layer_more_sensitive():
    """Equation: if the weights that read the last hidden layer are three times as
    large, a third of the noise halves the score.
    """
    whole = net()
    larger = net()
    with torch.no_grad():
        larger.columns[1].W[-1].mul_(3)
    ratio = measured(larger, 1, 3) / measured(whole, 1, 3)
    assert ratio == pytest.approx(3, rel=0.05)


def test_a_sensitivity_is_the_same_every_time():
    """Determinism: the same seed gives the same number, another seed another noise."""
    whole = net()
    assert measured(whole, 0, 2) == measured(whole, 0, 2)
    first = logits(disturbed(whole, 0, 2, 1.0, 0))
    assert torch.equal(first, logits(disturbed(whole, 0, 2, 1.0, 0)))
    assert not torch.equal(first, logits(disturbed(whole, 0, 2, 1.0, 1)))


def test_the_noise_is_new_in_every_step():
    """Two steps of a disturbed net see the same image, and decide differently."""
    noisy = disturbed(net(), 0, 1, 1.0, 0)
    assert not torch.equal(logits(noisy), logits(noisy))


def test_the_halving_noise_is_found():
    """Oracle: a score that halves at σ = 1.7 does so to within the last interval; a
    score that never halves has none.
    """
    found = halving_noise(lambda sigma: 1 / (1 + (sigma / 1.7) ** 2), 0.5, NOISE)
    step = 2 ** (8 / 2**NOISE.bisections)  # the range is 8 octaves
    assert 1.7 / step < found < 1.7 * step
    assert halving_noise(lambda sigma: 0.9, 0.5, NOISE) == math.inf


def test_shares_add_up_in_every_layer():
    """Equation: a column's share is its part of a layer's sum; where no column matters
    all shares are 0.
    """
    found = shares([[3.0, 0.0, 0.0], [1.0, 0.5, 0.0]])
    assert found.tolist() == [[0.75, 0, 0], [0.25, 1, 0]]


@pytest.mark.parametrize(
    ("column", "layer", "words"),
    [
        (2, 1, r"no layer 1 of column 2; there are layers 1 to 3 of columns 0 to 1"),
        (0, 0, r"no layer 0 of column 0"),
        (0, 4, r"no layer 4 of column 0"),
        (-1, 1, r"no layer 1 of column -1"),
    ],
)
def test_a_place_that_is_not_there_is_named(column, layer, words):
    """Bad input: the error says which layers and columns there are."""
    with pytest.raises(ValueError, match=words):
        measured(net(), column, layer)


def test_what_cannot_be_measured_is_refused():
    """Bad input: a score that is not positive, an LSTM, a layer without a lateral."""
    with pytest.raises(ValueError, match=r"score of 0\.0 cannot halve"):
        sensitivity(net(), 0, 1, images(), lambda other: 0.0, NOISE, 0)
    with pytest.raises(ValueError, match="these have LSTMs"):
        disturbed(net(sizes=replace(OLD, lstm=4)), 0, 1, 1.0, 0)
    with pytest.raises(ValueError, match=r"into layer 0; there are: \[1, 2, 3\]"):
        without_laterals(net(), [0])

"""What must hold of a network that sees."""

import numpy as np
import pytest
import torch
from torch import nn

from lecture_code.learning.columns import (
    Column,
    ColumnSizes,
    as_input,
    number_of_parameters,
    orthogonal,
)

RNG = np.random.default_rng
SMALL = ColumnSizes((12, 14), (3, 4), ((4, 2), (3, 1)), dense=6)
RECURRENT = ColumnSizes((12, 14), (3, 4), ((4, 2), (3, 1)), dense=6, lstm=5)


def images(n=3, sizes=SMALL, seed=0):
    return torch.tensor(RNG(seed).random((n, *sizes.image, 3)), dtype=torch.float32)


def shaken(sizes, seed=0):
    """A column whose biases are not zero."""
    column = Column(sizes, RNG(seed))
    rng = RNG(seed + 1)
    with torch.no_grad():
        for b in column.b:
            b += torch.tensor(rng.standard_normal(b.shape), dtype=torch.float32)
    return column


@pytest.mark.parametrize(
    ("filters", "dense", "lstm", "count"),
    [
        ((16, 32), 512, 0, 620_620),
        ((16, 32), 128, 128, 298_700),
        ((8, 8), 32, 0, 13_324),
        ((8, 8), 16, 16, 10_364),
    ],
)
def test_the_published_columns_have_their_numbers(filters, dense, lstm, count):
    """Equation: 621 K and 299 K parameters for the columns of Rusu et al. (2017), and
    those of the narrow columns alone.
    """
    paper = ColumnSizes((64, 64), filters, ((8, 4), (5, 2)), dense, lstm, parts=9)
    assert number_of_parameters(Column(paper, RNG(0))) == count


def test_a_column_is_its_layers():
    """Oracle: torch's own layers with the same weights give the same decision."""
    column = shaken(SMALL)
    layers = nn.Sequential(
        nn.Conv2d(3, 3, 4, 2),
        nn.ReLU(),
        nn.Conv2d(3, 4, 3, 1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(4 * 3 * 4, 6),
        nn.ReLU(),
        nn.Linear(6, 7),
    )
    with torch.no_grad():
        for k, i in enumerate((0, 2, 5, 7)):
            layers[i].weight.copy_(column.W[k])
            layers[i].bias.copy_(column.b[k])
    x = images()
    expected = layers(x.permute(0, 3, 1, 2))
    decision = column(x, torch.zeros(3, 0))
    torch.testing.assert_close(decision.logits.flatten(1), expected[:, :6])
    torch.testing.assert_close(decision.values, expected[:, 6])
    assert decision.memory.shape == (3, 0)


def test_the_lstm_is_torch_s():
    """Oracle: over four steps, m and c are those of torch's LSTM cell."""
    column = shaken(RECURRENT)
    cell = nn.LSTMCell(6, 5)
    with torch.no_grad():
        W_input, W_memory = column.W[3].split([6, 5], 1)
        cell.weight_ih.copy_(W_input)
        cell.weight_hh.copy_(W_memory)
        cell.bias_ih.copy_(column.b[3])
        cell.bias_hh.zero_()
    memory = torch.zeros(3, 10)
    m, c = torch.zeros(3, 5), torch.zeros(3, 5)
    for t in range(4):
        x = as_input(images(seed=t), RECURRENT.image)
        step = column.activations(x, memory)
        m, c = cell(step.hidden[3], (m, c))
        torch.testing.assert_close(step.memory, torch.cat([m, c], 1))
        torch.testing.assert_close(step.before, memory[:, :5])
        memory = step.memory
    assert memory.abs().max() > 0.1


def test_what_others_contribute_is_added_before_the_activation():
    """Equation: a large negative sum silences a layer; it would not if it were added
    behind f.
    """
    column = Column(SMALL, RNG(0))
    x = as_input(images(), SMALL.image)
    sums = [None, torch.full((1,), -1e6), None, None]
    assert column.activations(x, torch.zeros(3, 0)).hidden[2].max() > 0
    assert column.activations(x, torch.zeros(3, 0), sums).hidden[2].max() == 0


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 2, 3, 3)])
def test_weights_start_orthogonal(shape):
    """Equation: rows (or columns, if there are fewer) are orthogonal, of the length of
    the gain.
    """
    W = orthogonal(shape, 1.5, RNG(0)).detach().flatten(1)
    gram = W @ W.T if W.shape[0] <= W.shape[1] else W.T @ W
    torch.testing.assert_close(gram, 2.25 * torch.eye(len(gram)), atol=1e-5, rtol=0)


def test_bytes_are_seen_as_numbers_between_zero_and_one():
    """Invariance: an image in bytes and the same image in float32 give one decision."""
    column = Column(SMALL, RNG(0))
    levels = torch.tensor(RNG(0).integers(256, size=(2, 12, 14, 3)), dtype=torch.uint8)
    first = column(levels, torch.zeros(2, 0))
    second = column(levels.float() / 255, torch.zeros(2, 0))
    assert torch.equal(first.logits, second.logits)


@pytest.mark.parametrize(
    ("make", "culprit"),
    [
        (lambda: ColumnSizes(image=(6, 6)), "too small for windows"),
        (lambda: ColumnSizes(dense=0), "sizes must be positive"),
        (lambda: ColumnSizes(choices=1), "choices 2 or more"),
        (
            lambda: as_input(torch.zeros(2, 14, 12, 3), (12, 14)),
            r"\(N, 12, 14, 3\); got \(2, 14, 12, 3\)",
        ),
        (lambda: as_input(torch.zeros(2, 3, 12, 14), (12, 14)), "images must be"),
        (
            lambda: as_input(torch.zeros(2, 12, 14, 3, dtype=torch.float64), (12, 14)),
            "uint8 or float32; got torch.float64",
        ),
    ],
)
def test_bad_input_is_named(make, culprit):
    """Errors name sizes, shape or dtype, and what is needed."""
    with pytest.raises(ValueError, match=culprit):
        make()

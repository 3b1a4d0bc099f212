"""What must hold of the multilayer perceptron and the standardisers."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from lecture_code.learning import RunningStandardiser, Standardiser
from lecture_code.learning.networks import (
    count_weights,
    forward,
    initial_weights,
    inputs_of_layers,
    unpack,
)

pytestmark = pytest.mark.usefixtures("one_torch_thread")
RNG = np.random.default_rng
SIZES = (4, 7, 5, 3)


@pytest.mark.parametrize("sizes", [(4, 3), (4, 7, 3), SIZES])
def test_the_network_is_torchs(sizes):
    """Oracle: weights unpacked from one vector give what torch's own layers give, in
    NumPy and in torch.
    """
    theta = RNG(0).standard_normal(count_weights(sizes))
    x = RNG(1).normal(size=(9, 4))
    modules = []
    start = 0
    for n, m in pairwise(sizes):
        layer = torch.nn.Linear(n, m, dtype=torch.float64)
        for part, count in ((layer.weight, n * m), (layer.bias, m)):
            values = torch.from_numpy(theta[start : start + count])
            part.data = values.view(part.shape)
            start += count
        modules += [layer, torch.nn.Tanh()]
    assert start == len(theta)
    wanted = torch.nn.Sequential(*modules[:-1])(torch.from_numpy(x))
    outputs = forward(unpack(theta, sizes), x, np.tanh)
    np.testing.assert_allclose(outputs, wanted.detach().numpy(), rtol=1e-12)
    layers = unpack(torch.from_numpy(theta), sizes)
    torch.testing.assert_close(forward(layers, torch.from_numpy(x), torch.tanh), wanted)


def test_what_enters_each_layer():
    """Equation: x itself, and then what each hidden layer gives."""
    theta = RNG(0).standard_normal(count_weights(SIZES))
    x = RNG(1).normal(size=(6, 4))
    (W_1, b_1), (W_2, b_2), _ = layers = unpack(theta, SIZES)
    entering = inputs_of_layers(layers, x, np.tanh)
    first = np.tanh(x @ W_1 + b_1)
    assert [len(values[0]) for values in entering] == [4, 7, 5]
    np.testing.assert_array_equal(entering[0], x)
    np.testing.assert_array_equal(entering[1], first)
    np.testing.assert_array_equal(entering[2], np.tanh(first @ W_2 + b_2))


def test_unpacking_copies_nothing():
    """Conformance: the layers are views, so that a gradient by them is one by theta."""
    theta = np.zeros(count_weights(SIZES))
    unpack(theta, SIZES)[1][0][2, 3] = 5.0
    assert theta.sum() == 5.0


def test_initial_weights_have_the_stated_width():
    """Equation: std scale / √inputs, whatever the shape."""
    weights = initial_weights((200, 400), 400, RNG(0), 0.5)
    assert weights.std() == pytest.approx(0.5 / 20, rel=0.02)
    assert weights.mean() == pytest.approx(0, abs=1e-3)


def test_standardised_and_back():
    """Equation: columns of mean 0 and std 1, but for those that never vary; the inverse
    gives the numbers back.
    """
    x = np.column_stack([RNG(0).normal(3, 5, (100, 2)), np.full(100, 7.0)])
    standardiser = Standardiser.from_data(x)
    z = standardiser(x)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(z.std(axis=0), [1, 1, 0], atol=1e-12)
    np.testing.assert_allclose(standardiser.invert(z), x, rtol=1e-12)
    mean, std = standardiser
    assert standardiser.size == 3
    assert mean == pytest.approx(x.mean(axis=0))
    assert std == pytest.approx([*x.std(axis=0)[:2], 1.0])
    assert np.array_equal(Standardiser.initial(3)(x), x)


@pytest.mark.parametrize(
    ("mean", "std", "culprit"),
    [
        (np.zeros(3), np.ones(2), r"\(3,\) and \(2,\)"),
        (np.zeros((3, 1)), np.ones((3, 1)), r"\(k,\)"),
        (np.zeros(0), np.ones(0), "k ≥ 1"),
        (np.zeros(2), np.array([1.0, 0.0]), "std must be positive"),
        (np.zeros(2), np.array([1.0, np.nan]), "std must be finite"),
        (np.array([np.inf, 0.0]), np.ones(2), "mean must be finite"),
    ],
)
def test_what_standardises_nothing_is_refused(mean, std, culprit):
    """Errors name the culprit."""
    with pytest.raises(ValueError, match=culprit):
        Standardiser(mean, std)


def test_a_standardiser_owns_its_numbers():
    """Invariance: changing the array that it was made from changes nothing."""
    mean = np.zeros(2)
    standardiser = Standardiser(mean, np.ones(2))
    mean[:] = 5.0
    assert (standardiser.mean == 0.0).all()


def test_the_running_standardiser_knows_everything_so_far():
    """Oracle: fed in pieces, it knows what NumPy knows of the whole."""
    rng = RNG(0)
    pieces = [rng.normal(3.0, [1.0, 5.0, 0.0], (n, 3)) for n in (1, 7, 300)]
    running = RunningStandardiser(3)
    assert np.array_equal(running.now(pieces[0]), pieces[0])  # nothing seen yet
    for piece in pieces:
        running.add(piece)
    whole = np.concatenate(pieces)
    std = [*whole.std(axis=0, ddof=1)[:2], 1.0]  # what never varies is left as it is
    np.testing.assert_allclose(running.mean, whole.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(running.std, std, rtol=1e-12)
    kept = running.now
    running.add(pieces[2] + 10)
    np.testing.assert_allclose(kept.mean, whole.mean(axis=0), rtol=1e-12)

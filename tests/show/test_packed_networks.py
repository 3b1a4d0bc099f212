"""What must hold of networks that travel with a page."""

import string
from base64 import b64decode

import numpy as np
import pytest
from flight_samples import a_network, for_page

from lecture_code.show.packed_networks import (
    LARGEST,
    as_letters,
    encode,
    packed,
    parameters_of,
    unpacked,
)

LETTERS = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"


def numbers_of(text, n):
    """A plain reading of the letters: bit by bit."""
    bits = [f"{LETTERS.index(letter):06b}" for letter in text]
    lower = "".join(code[4:6] + code[2:4] + code[0:2] for code in bits[n:])
    whole = [int(bits[i] + lower[2 * i : 2 * i + 2], 2) for i in range(n)]
    return [value - 256 * (value > 127) for value in whole]


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 256])
def test_letters_hold_every_number(n):
    """Round trip: numbers of 8 bits come out of their letters again, however many there
    are, and there are at most 4/3 letters a number and one more.
    """
    numbers = np.random.default_rng(n).permutation(256)[:n].astype(np.uint8)
    text = as_letters(numbers.view(np.int8))
    assert numbers_of(text, n) == numbers.view(np.int8).tolist()
    assert len(text) == n + -(-n // 3)


def test_a_packed_network_is_close():
    """Equation: each unpacked weight is within half a scale of the weight, each bias is
    exact, and the largest weight of a channel uses all of the range.
    """
    parameters = for_page(a_network())
    layers = packed(parameters)
    for (W, b), (near, bias), layer in zip(
        parameters, unpacked(layers), layers, strict=True
    ):
        half = layer.scales[:, None, None, None] * (0.5 + 1e-4)
        assert (np.abs(W - near) <= half).all()
        assert np.array_equal(bias, b) and near.dtype == np.float32
        assert (np.abs(layer.weights).max(axis=(1, 2, 3)) == LARGEST).all()


def test_packing_twice_is_packing_once():
    """Invariance: an unpacked network packs to the same numbers."""
    once = packed(for_page(a_network()))
    again = packed(unpacked(once))
    for one, other in zip(once, again, strict=True):
        assert np.array_equal(one.weights, other.weights)
        np.testing.assert_allclose(one.scales, other.scales, rtol=1e-6)


def test_a_channel_of_zeros_stays_zero():
    """Limit: a channel without weights is packed, and comes out as zeros."""
    parameters = [(np.zeros_like(W), b) for W, b in for_page(a_network())]
    assert all((W == 0).all() for W, _ in unpacked(packed(parameters)))


def test_the_rows_of_numbers_hold_all_networks():
    """The JSON holds scales and biases of all layers of all networks, one after the
    other; without a network it holds nothing.
    """
    networks = [packed(for_page(a_network(seed))) for seed in (0, 1)]
    data = encode(networks)
    for kind in ("scales", "biases"):
        wanted = [getattr(layer, kind) for network in networks for layer in network]
        found = np.frombuffer(b64decode(data[kind]), "<f4")
        assert np.array_equal(found, np.concatenate(wanted))
    assert data["count"] == 2 and not any(list(encode([]).values()))


def test_other_networks_are_refused():
    """Another number of layers, other shapes and numbers that are not finite are
    named.
    """
    parameters = [(W.copy(), b) for W, b in for_page(a_network())]
    with pytest.raises(ValueError, match="has 6 layers; got 5"):
        packed(parameters[:-1])
    with pytest.raises(ValueError, match=r"layer 5 needs weights \(1, 48, 1, 1\)"):
        packed([*parameters[:5], parameters[0]])
    parameters[2][0][0, 0, 0, 0] = np.nan
    with pytest.raises(ValueError, match="layer 2 has numbers that are not finite"):
        packed(parameters)


def test_the_parameters_are_those_of_the_state():
    """`parameters_of` pairs the weights and the biases of a torch network."""
    network = a_network()
    layers = [network.layers[n] for n in range(0, 11, 2)]
    for (W, b), layer in zip(parameters_of(network.state_dict()), layers, strict=True):
        assert W.shape == layer.weight.shape and b.shape == layer.bias.shape

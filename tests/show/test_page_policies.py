"""What must hold of policies and models on their way to the page.

That the page computes the same is in test_live_robots.py.
"""

import base64
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from lecture_code.experiments import load_policy
from lecture_code.learning import LinearPolicy
from lecture_code.learning.gaussian_policy import GaussianPolicy
from lecture_code.show import Network
from lecture_code.show.page_policies import encode_for_page


def rng():
    return np.random.default_rng(0)


def make_network(sizes=(5, 7, 3), **more):
    r = rng()
    layers = tuple(
        (r.normal(size=(k, m)), r.normal(size=m)) for k, m in pairwise(sizes)
    )
    inputs, targets = (
        (r.normal(size=n), r.uniform(0.5, 2, n)) for n in (sizes[0], sizes[-1])
    )
    return Network(layers, inputs, targets, **more)


def floats(text):
    return np.frombuffer(base64.b64decode(text), dtype="<f4")


@pytest.mark.usefixtures("one_torch_thread")
@pytest.mark.parametrize(
    ("name", "layer"), [("tanh", torch.nn.Tanh), ("relu", torch.nn.ReLU)]
)
def test_a_network_is_torchs(name, layer):
    """Oracle: with torch's weights, turned round, a `Network` gives torch's answers."""
    generator = torch.Generator().manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(4, 16), layer(), torch.nn.Linear(16, 2))
    for p in net.parameters():
        p.data = torch.randn(p.shape, generator=generator)
    layers = tuple(
        (part.weight.detach().numpy().T, part.bias.detach().numpy())
        for part in net
        if isinstance(part, torch.nn.Linear)
    )
    made = Network(
        layers, (np.zeros(4), np.ones(4)), (np.zeros(2), np.ones(2)), activation=name
    )
    x = rng().normal(size=(9, 4))
    np.testing.assert_allclose(
        made(x),
        net(torch.as_tensor(x, dtype=torch.float32)).detach().numpy(),
        atol=1e-5,
    )


def test_standardising_and_skipping():
    """Equation: without hidden layers, y = μ + σ (x̃ W + b + x̃ V) with x̃ = (x − m) /
    s.
    """
    net = replace(make_network((3, 2)), skip=rng().normal(size=(3, 2)))
    x = rng().normal(size=(4, 3))
    ((W, b),) = net.layers
    m, s = net.inputs
    mu, sigma = net.targets
    np.testing.assert_allclose(net(x), mu + sigma * ((x - m) / s @ (W + net.skip) + b))


def test_a_linear_policy_keeps_every_digit():
    """Conformance: matrix, mean and std of an expert arrive unrounded."""
    policy = load_policy("hopper")
    made = encode_for_page(policy, 11, 3, "it")
    assert made["kind"] == "linear"
    np.testing.assert_array_equal(np.ravel(made["matrix"]), policy.theta)
    np.testing.assert_array_equal(made["mean"], policy.standardiser.mean)
    np.testing.assert_array_equal(made["std"], policy.standardiser.std)


def test_a_network_is_rounded_to_single_precision_only():
    """Conformance: weights arrive as float32, row after row; without a skip connection
    none is sent.
    """
    net = make_network()
    made = encode_for_page(net, 5, 3, "it")
    np.testing.assert_array_equal(
        floats(made["layers"][0][0]).reshape(5, 7), net.layers[0][0].astype(np.float32)
    )
    assert made["skip"] is None and made["activation"] == "tanh"


def test_how_sure_a_model_is_stays_behind():
    """Limit: of a network with 2m outputs, means and stds, only the means are sent."""
    net = make_network((5, 7, 6))
    model = SimpleNamespace(
        layers=net.layers,
        skip=np.ones((5, 3)),
        inputs=net.inputs,
        targets=(np.zeros(3), np.ones(3)),
    )
    made = encode_for_page(model, 5, 3, "it")
    np.testing.assert_array_equal(
        floats(made["layers"][1][0]).reshape(7, 3),
        net.layers[1][0][:, :3].astype(np.float32),
    )
    assert floats(made["layers"][1][1]).size == 3


def test_a_gaussian_policy_is_a_network():
    """Oracle: what is sent of a Gaussian policy computes its mean action; one that
    explores is refused.
    """
    fresh = GaussianPolicy.initial(11, 3, rng(), hidden=(5, 4)).standardised_by(
        rng().normal(2, 3, (20, 11))
    )
    policy = fresh.at(fresh.theta + rng().normal(size=fresh.theta.size)).greedy
    made = encode_for_page(policy, 11, 3, "it")
    assert made["kind"] == "network"
    layers = tuple(
        (floats(W).reshape(k, m), floats(b))
        for (W, b), (k, m) in zip(made["layers"], pairwise(policy.sizes), strict=True)
    )
    inputs, targets = (
        tuple(floats(part) for part in made[name]) for name in ("inputs", "targets")
    )
    x = rng().normal(2, 3, (6, 11))
    np.testing.assert_allclose(
        Network(layers, inputs, targets)(x), policy(x, rng()), atol=1e-5
    )
    with pytest.raises(ValueError, match="greedy"):
        encode_for_page(replace(policy, explore=True), 11, 3, "it")


def test_a_walk_looks_at_nothing():
    """Conformance: a gait by the clock fits a robot with any observation."""
    walk = SimpleNamespace(
        turn=np.array([0.3]),
        amplitude=np.ones(6),
        phase=np.zeros(6),
        offset=np.zeros(6),
    )
    assert encode_for_page(walk, 17, 6, "it") == {
        "kind": "walk",
        "turn": 0.3,
        "amplitude": [1.0] * 6,
        "phase": [0.0] * 6,
        "offset": [0.0] * 6,
    }


@pytest.mark.parametrize(
    ("thinker", "complaint"),
    [
        (
            lambda s, rng: s,
            "expert is a function, which a page cannot run.*linear .matrix, "
            "standardiser.; network",
        ),
        (
            LinearPolicy.initial(4, 3),
            "expert must take 11 numbers and give 3; it takes 4 and gives 3",
        ),
        (LinearPolicy.initial(11, 2), "it takes 11 and gives 2"),
        (make_network((11, 4)), "it takes 11 and gives 4"),
    ],
)
def test_what_cannot_be_run_is_refused(thinker, complaint):
    """Negative control: what is of no known kind or does not fit is refused, by name
    and with what would do.
    """
    with pytest.raises(ValueError, match=complaint):
        encode_for_page(thinker, 11, 3, "expert")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"activation": "gelu"}, "unknown activation 'gelu'; known: tanh, relu"),
        (
            {"inputs": (np.zeros(4), np.ones(4))},
            r"layer 0 of the network must have weights \(4, 7\); got \(5, 7\)",
        ),
        (
            {"targets": (np.zeros(2), np.ones(2))},
            "the network has 3 outputs, and targets are given for 2",
        ),
    ],
)
def test_a_network_that_does_not_fit_is_refused(change, complaint):
    """Negative control: wrong shapes and unknown activations are named."""
    with pytest.raises(ValueError, match=complaint):
        replace(make_network(), **change)

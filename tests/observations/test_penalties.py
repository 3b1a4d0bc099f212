"""What must hold of what holds a network back: L2-SP, EWC, rehearsal, and Fisher's
diagonal.
"""

import copy

import numpy as np
import pytest
import torch
from small_layers import CLASSES, INPUTS, RNG, clouds, small_layers
from torch import nn
from torch.nn.functional import cross_entropy

from lecture_code.observations.layered_network import LayeredNetwork
from lecture_code.observations.penalties import (
    EWC,
    L2SP,
    Rehearsal,
    copied_parameters,
    expected_fisher,
    fisher_diagonal,
    squared_slopes,
)

pytestmark = pytest.mark.usefixtures("one_torch_thread")


def logistic(seed=0):
    """A logistic layer, p(y = 1 | x) = σ(θᵀx), behind a layer that does nothing; its
    two logits are 0 and θᵀx.
    """

    class TwoLogits(nn.Module):
        def __init__(self):
            super().__init__()
            theta = 0.7 * RNG(seed).standard_normal(INPUTS)
            self.theta = nn.Parameter(torch.tensor(theta, dtype=torch.float32))

        def forward(self, x):
            logit = x @ self.theta
            return torch.stack([torch.zeros_like(logit), logit], dim=1)

    return LayeredNetwork([nn.Identity(), TwoLogits()])


def analytic(network, x):
    """diag(XᵀSX) / N with S = diag(σ(1 − σ))."""
    X = x.double().numpy()
    theta = network.layers[1].theta.detach().double().numpy()
    sigma = 1 / (1 + np.exp(-X @ theta))
    S = np.diag(sigma * (1 - sigma))
    return np.diag(X.T @ S @ X) / len(X)


def test_fisher_of_a_logistic_layer_is_known():
    """Equation 4: for logistic regression F = diag(XᵀSX) / N, S = diag(σ(1 − σ)); the
    mean over labels gives it exactly, drawn labels up to sampling error.
    """
    network = logistic()
    x = clouds(4000, 0).inputs
    wanted = analytic(network, x)
    assert wanted.min() > 0.01
    expected = expected_fisher(network, x)["layers.1.theta"]
    np.testing.assert_allclose(expected, wanted, rtol=1e-4)
    drawn = fisher_diagonal(network, x, RNG(0))["layers.1.theta"]
    np.testing.assert_allclose(drawn, wanted, rtol=0.1)
    assert not np.allclose(drawn, wanted, rtol=1e-6)


def test_labels_are_drawn_from_the_network_and_not_from_the_data():
    """Negative control: with the labels of data that the network has never learnt the
    squared slopes are not F, by far.
    """
    network = logistic()
    x = clouds(2000, 0).inputs
    with torch.no_grad():
        wrong = (network(x)[:, 1] < 0).long()  # the label that it holds for unlikely
    even = torch.full((len(x),), 1 / len(x))
    slopes = squared_slopes(network, x, wrong, even)["layers.1.theta"]
    assert (slopes.numpy() > 1.5 * analytic(network, x)).all()


def test_squared_slopes_are_those_of_single_examples():
    """Oracle: the weighted sum over examples of squared gradients, one example at a
    time, running means of a normalisation in use and unmoved.
    """
    network = small_layers(normalised=True)
    network(clouds(30, 5).inputs)
    network.train()
    data = clouds(120, 1)  # more than one chunk
    weights = torch.tensor(RNG(2).random(120), dtype=torch.float32)
    before = copy.deepcopy(network.state_dict())
    found = squared_slopes(network, data.inputs, data.labels, weights)
    for name, part in network.state_dict().items():
        assert torch.equal(part, before[name])
    assert network.training
    network.eval()
    wanted = {name: torch.zeros_like(part) for name, part in found.items()}
    for x, y, w in zip(data.inputs, data.labels, weights, strict=True):
        loss = cross_entropy(network(x[None]), y[None])
        slopes = torch.autograd.grad(loss, list(network.parameters()))
        for name, slope in zip(wanted, slopes, strict=True):
            wanted[name] += w * slope**2
    for name in wanted:
        torch.testing.assert_close(found[name], wanted[name], rtol=1e-3, atol=1e-5)


def test_drawn_labels_are_as_frequent_as_the_network_says(monkeypatch):
    """Distribution: the label of an input is y with probability p(y | x)."""
    network = small_layers()
    x = clouds(1, 3).inputs.expand(20_000, INPUTS)
    drawn = []
    monkeypatch.setattr(
        "lecture_code.observations.penalties.squared_slopes",
        lambda network, inputs, labels, weights: drawn.append(labels),
    )
    fisher_diagonal(network, x, RNG(4))
    with torch.no_grad():
        p = torch.softmax(network(x[:1]), dim=1)[0].numpy()
    share = np.bincount(drawn[0].numpy(), minlength=CLASSES) / 20_000
    np.testing.assert_allclose(share, p, atol=0.012)
    assert p.max() < 0.95


@pytest.mark.parametrize("kind", ["L2-SP", "EWC"])
def test_a_penalty_has_no_slope_where_it_starts(kind):
    """Equations 1 and 2: at θ₀ the penalty and its gradient are 0; elsewhere the
    gradient is F_i (θ_i − θ₀,i), for L2-SP with F = 1, as finite differences tell.
    """
    network = small_layers().double()
    start = copied_parameters(network)
    ones = {name: torch.ones_like(part) for name, part in start.items()}
    fisher = ones if kind == "L2-SP" else expected_fisher(network, doubles())
    penalty = L2SP(start) if kind == "L2-SP" else EWC(start, fisher)
    parts = dict(network.named_parameters())
    value = penalty(network, RNG(0))
    assert value == 0
    for slope in torch.autograd.grad(value, list(parts.values())):
        assert not slope.any()

    with torch.no_grad():
        for part in parts.values():
            part += torch.tensor(RNG(1).standard_normal(part.shape))
    slopes = torch.autograd.grad(penalty(network, RNG(0)), list(parts.values()))
    for (name, part), slope in zip(parts.items(), slopes, strict=True):
        torch.testing.assert_close(slope, fisher[name] * (part - start[name]))
        step = torch.zeros_like(part)
        step.view(-1)[0] = 1e-5
        values = []
        for sign in (1, -1):
            moved = copy.deepcopy(network)
            with torch.no_grad():
                moved.get_parameter(name).add_(step, alpha=sign)
                values.append(penalty(moved, RNG(0)).item())
        difference = (values[0] - values[1]) / 2e-5
        assert difference == pytest.approx(slope.view(-1)[0].item(), abs=1e-6)


def test_the_start_stays_when_the_network_moves():
    """Invariance: what was copied keeps its values when the parameters change in
    place, as a step of an optimiser changes them.
    """
    network = small_layers()
    start = copied_parameters(network)
    before = {name: part.clone() for name, part in start.items()}
    with torch.no_grad():
        for part in network.parameters():
            part.add_(1)
    for name, part in network.named_parameters():
        assert torch.equal(start[name], before[name])
        assert not torch.equal(part, before[name])


def doubles():
    """Inputs in double precision."""
    return clouds(60, 0).inputs.double()


def test_rehearsal_is_the_loss_of_a_batch_of_the_source():
    """Equation 3: the penalty is the cross-entropy of the examples that are drawn."""
    source = clouds(50, 0)
    network = small_layers()
    value = Rehearsal(source, 8)(network, RNG(3))
    rows = RNG(3).permutation(50)[:8]
    with torch.no_grad():
        wanted = cross_entropy(network(source.inputs[rows]), source.labels[rows])
    assert value.item() == pytest.approx(wanted.item(), rel=1e-6)


@pytest.mark.parametrize(
    ("make", "culprit"),
    [
        (lambda: EWC({"a": torch.zeros(2)}, {"b": torch.zeros(2)}), "'a'.*'b'"),
        (lambda: EWC({"a": torch.zeros(2)}, {"a": torch.zeros(3)}), "same parts"),
        (lambda: Rehearsal(clouds(5, 0), 0), "batch must be 1 or more; got 0"),
    ],
)
def test_a_penalty_that_cannot_be_is_refused(make, culprit):
    """Bad input is refused by name."""
    with pytest.raises(ValueError, match=culprit):
        make()

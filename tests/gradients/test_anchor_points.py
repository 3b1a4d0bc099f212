"""Anchor points: the formula, exact probabilities, gradients."""

from itertools import product

import pytest
import torch

from lecture_code.gradients.anchor_points import AnchorPoints, anchor_rows
from lecture_code.gradients.architecture_space import Filters, repaired

pytestmark = pytest.mark.usefixtures("one_torch_thread")


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def anchors_and_states(layers=3, hidden=5):
    anchors = AnchorPoints(hidden, generator()).double()
    with torch.no_grad():
        for parameter in anchors.parameters():
            parameter.mul_(12)  # far from P = 1/2
    states = torch.randn(layers, hidden, generator=generator(1), dtype=torch.double)
    return anchors, states


def every_choice(layers):
    """All lower triangles of zeros and ones, each (layers, layers)."""
    pairs = [(i, j) for i in range(layers) for j in range(i)]
    for bits in product((0.0, 1.0), repeat=len(pairs)):
        choices = torch.zeros(layers, layers, dtype=torch.double)
        for pair, bit in zip(pairs, bits, strict=True):
            choices[pair] = bit
        yield choices


def test_probabilities_are_those_of_the_formula():
    """Equation 1, pair by pair; nothing is read that does not come before."""
    anchors, states = anchors_and_states()
    P = anchors(states)
    for i in range(3):
        for j in range(3):
            inside = anchors.W_prev @ states[j] + anchors.W_curr @ states[i]
            expected = torch.sigmoid(anchors.v @ torch.tanh(inside))
            assert P[i, j].item() == pytest.approx(expected.item() if j < i else 0.0)
    assert not torch.allclose(P, P.T)


def test_all_choices_together_have_probability_one():
    """Σ P over the 2³ choices of three layers is 1, and the mean choice is P."""
    anchors, states = anchors_and_states()
    choices = list(every_choice(3))
    chances = torch.stack([anchors.log_prob(states, c).exp() for c in choices])
    assert chances.sum().item() == pytest.approx(1)
    mean = (chances[:, None, None] * torch.stack(choices)).sum(0)
    torch.testing.assert_close(mean, anchors(states))


def test_samples_follow_the_probabilities():
    """The mean of 2,000 samples is within 4.5 standard errors of P everywhere."""
    anchors, states = anchors_and_states()
    draw = generator(2)
    samples = torch.stack([anchors.sample(states, draw) for _ in range(2000)])
    P = anchors(states)
    error = (P * (1 - P) / 2000).sqrt()
    assert ((samples.mean(0) - P).abs() <= 4.5 * error).all()


def test_the_gradient_is_that_of_finite_differences():
    """Equation: ∇ log P for states and for all parameters."""
    anchors, states = anchors_and_states(3, 4)
    choices = next(c for c in every_choice(3) if c.sum() == 2)
    tensors = (states, *(p.detach() for p in anchors.parameters()))
    names = [f"anchors.{name}" for name, _ in anchors.named_parameters()]

    def log_prob(states, *parameters):
        named = dict(zip(names, parameters, strict=True))
        return torch.func.functional_call(_LogProb(anchors), named, (states, choices))

    inputs = [t.clone().requires_grad_() for t in tensors]
    assert torch.autograd.gradcheck(log_prob, inputs)


class _LogProb(torch.nn.Module):
    """`log_prob` as a forward pass, for `functional_call`."""

    def __init__(self, anchors):
        super().__init__()
        self.anchors = anchors

    def forward(self, states, choices):
        return self.anchors.log_prob(states, choices)


def test_every_sample_becomes_a_network():
    """Conformance: what anchor points choose, `repaired` accepts, and it keeps it."""
    anchors, states = anchors_and_states(5)
    draw = generator(3)
    for _ in range(30):
        choices = anchors.sample(states, draw)
        graph = repaired([Filters(3, 3, 2)] * 5, anchor_rows(choices))
        for i, inputs in enumerate(graph.inputs, 1):
            chosen = tuple(j for j in range(1, i) if choices[i - 1, j - 1])
            assert inputs == (chosen or (0,))


def test_the_score_function_gives_the_gradient_of_a_probability():
    """Equation with a negative control: with the reward 1 where layer 3 reads layer 1,
    Σ P R ∇ log P over all choices is ∇ P(1 is an input of 3); with the same reward
    for every choice it is zero.
    """
    anchors, states = anchors_and_states(3)
    parameters = list(anchors.parameters())

    def mean_score(reward):
        total = [torch.zeros_like(p) for p in parameters]
        for choices in every_choice(3):
            log_prob = anchors.log_prob(states, choices)
            weight = log_prob.exp().item() * reward(choices)
            for part, g in zip(
                total, torch.autograd.grad(log_prob, parameters), strict=True
            ):
                part += weight * g
        return total

    exact = torch.autograd.grad(anchors(states)[2, 0], parameters)
    for g, expected in zip(mean_score(lambda c: c[2, 0].item()), exact, strict=True):
        torch.testing.assert_close(g, expected)
        assert expected.abs().max() > 1e-3
    for g in mean_score(lambda _: 1.0):
        assert g.abs().max() < 1e-12

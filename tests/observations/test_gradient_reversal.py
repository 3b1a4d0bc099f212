"""What must hold of the losses that confuse a classifier of domains."""

import math

import numpy as np
import pytest
import torch

from lecture_code.observations.domain_confusion import (
    ALIGNMENTS,
    classifier_loss,
    confusion_loss,
)
from lecture_code.observations.gradient_reversal import (
    flipped_loss,
    logit_gradient,
    reversal_loss,
)

LOSSES = {
    "classifier": classifier_loss,
    "confusion": lambda logits, domains: confusion_loss(logits),
    "reversal": reversal_loss,
    "flipped": flipped_loss,
}
each_loss = pytest.mark.parametrize("loss", LOSSES)


def some_logits(n=7, seed=0, scale=2.0):
    """Logits (n, 2) and true domains (n,)."""
    rng = np.random.default_rng(seed)
    logits = torch.tensor(scale * rng.standard_normal((n, 2)))
    return logits, torch.tensor(rng.integers(2, size=n))


@each_loss
def test_gradients_are_those_of_autograd(loss):
    """Equation: the closed form is what autograd finds for each example."""
    logits, domains = some_logits()
    logits.requires_grad_()
    (found,) = torch.autograd.grad(len(logits) * LOSSES[loss](logits, domains), logits)
    torch.testing.assert_close(logit_gradient(loss, logits.detach(), domains), found)


@each_loss
def test_gradients_are_finite_differences(loss):
    """Equation: the closed form is the slope of the loss."""
    logits, domains = some_logits(3, seed=1)
    step = 1e-5
    slopes = torch.zeros_like(logits)
    for row, column in np.ndindex(*logits.shape):
        moved = torch.zeros_like(logits)
        moved[row, column] = step
        up, down = (LOSSES[loss](logits + s * moved, domains) for s in (1, -1))
        slopes[row, column] = len(logits) * (up - down) / (2 * step)
    torch.testing.assert_close(
        logit_gradient(loss, logits, domains), slopes, rtol=0, atol=1e-8
    )


@each_loss
def test_a_gradient_pushes_probability_around(loss):
    """Invariant: the gradients of an example add up to zero."""
    total = logit_gradient(loss, *some_logits()).sum(dim=1)
    torch.testing.assert_close(total, torch.zeros_like(total))


def test_reversal_has_no_lower_bound_and_flipped_labels_have():
    """Bounds: the more a classifier errs the lower the reversed loss, without end; no
    other loss is negative, and confusion has its least value at log 2.
    """
    wrong, domains = torch.tensor([[0.0, 1.0]]), torch.tensor([0])
    losses = [reversal_loss(k * wrong, domains).item() for k in (1, 100, 1000)]
    assert losses[1] == pytest.approx(-100) and losses[2] == pytest.approx(-1000)
    for k in (-1000.0, -3.0, 0.0, 3.0, 1000.0):
        assert flipped_loss(k * wrong, domains) >= 0
        assert confusion_loss(k * wrong) >= math.log(2) - 1e-6


def test_reversal_teaches_nothing_where_the_classifier_is_sure_and_right():
    """Limit: there its gradient vanishes; those of confusion and of flipped labels are
    ½ and 1.
    """
    sure, domains = torch.tensor([[20.0, 0.0], [0.0, 20.0]]), torch.tensor([0, 1])
    size = {
        name: logit_gradient(name, sure, domains).abs().max().item() for name in LOSSES
    }
    assert size["reversal"] < 1e-8 and size["classifier"] < 1e-8
    assert size["confusion"] == pytest.approx(0.5)
    assert size["flipped"] == pytest.approx(1.0)


def test_confusion_pushes_back_where_the_classifier_is_fooled():
    """Fixed point: where the classifier is sure and wrong, reversal pushes on, flipped
    labels are content, and confusion pushes back; at q = ½ only confusion rests.
    """
    fooled, domains = torch.tensor([[-20.0, 20.0]]), torch.tensor([0])
    gradient = {n: logit_gradient(n, fooled, domains)[0, 1].item() for n in LOSSES}
    assert gradient["reversal"] == pytest.approx(-1.0)
    assert gradient["flipped"] == pytest.approx(0.0, abs=1e-8)
    assert gradient["confusion"] == pytest.approx(0.5)
    even = torch.zeros(1, 2)
    rests = {n for n in LOSSES if not logit_gradient(n, even, domains).any()}
    assert rests == {"confusion"}


def test_reversal_is_minus_the_classifier_and_flipped_is_its_other_label():
    """Equations 1 and 2, and the names under which an alignment is chosen."""
    logits, domains = some_logits()
    assert reversal_loss(logits, domains) == -classifier_loss(logits, domains)
    assert flipped_loss(logits, domains) == classifier_loss(logits, 1 - domains)
    assert set(ALIGNMENTS) == set(LOSSES) - {"classifier"}
    for name, alignment in ALIGNMENTS.items():
        assert alignment(logits, domains) == LOSSES[name](logits, domains)


def test_an_unknown_loss_is_named():
    """Bad input: the error lists the losses."""
    with pytest.raises(ValueError, match=r"classifier, confusion, .*got 'hinge'"):
        logit_gradient("hinge", *some_logits())

"""What must hold of slow features."""

import numpy as np
import pytest
import torch
from scipy.linalg import subspace_angles
from torch import nn

from lecture_code.observations.feature_training import initial_training, trained
from lecture_code.observations.pusher_scenes import picture_inputs, poke_triples
from lecture_code.observations.representation import point_network
from lecture_code.observations.slowness import (
    SlowFeatures,
    SlownessSettings,
    delta_values,
    expanded,
    pull,
    push,
    quadratic,
    slowness_loss,
    slowness_terms,
    triplet_loss,
)

pytestmark = pytest.mark.usefixtures("one_torch_thread")
RNG = np.random.default_rng
TIME = np.linspace(0, 60, 3001)


def mixed_signal(seed=0, n=6):
    """A slow angle, mixed with faster signals and noise: x (N, n), next x, and the
    cosine of the angle."""
    rng = RNG(seed)
    fast = [np.sin(rate * TIME + k) for k, rate in enumerate((7, 11, 17, 23, 31))]
    parts = np.column_stack([np.cos(0.5 * TIME), *fast[: n - 1]])
    x = parts @ rng.normal(size=(n, n)) + 3
    return x[:-1], x[1:], parts[:-1, 0]


def by_whitening(x, next_x, features):
    """A second formula: whiten x, then principal components of the whitened change,
    the smallest first."""
    values, axes = np.linalg.eigh(np.cov(x.T, bias=True))
    whitening = axes / np.sqrt(values)
    change = (next_x - x) @ whitening
    deltas, turn = np.linalg.eigh(change.T @ change / len(x))
    return (x - x.mean(axis=0)) @ whitening @ turn[:, :features], deltas[:features]


@pytest.mark.parametrize("degree", [1, 2])
def test_features_keep_the_conditions(degree):
    """Equation 1: mean 0, variance 1, no correlation, and Λ = Δ, sorted."""
    x, next_x, _ = mixed_signal()
    slow = SlowFeatures.fit(x, next_x, 5, degree=degree)
    y = slow(x)
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-8)
    np.testing.assert_allclose(y.T @ y / len(y), np.eye(5), atol=1e-8)
    deltas = delta_values(y, slow(next_x))
    np.testing.assert_allclose(deltas, slow.deltas, rtol=1e-6, atol=1e-12)
    assert (np.diff(slow.deltas) >= 0).all() and slow.deltas[-1] > 2 * slow.deltas[0]


def test_two_formulas_agree():
    """Oracle: whitening and principal components of the change give the same features
    up to their signs, and the same Λ.
    """
    x, next_x, _ = mixed_signal(1)
    slow = SlowFeatures.fit(x, next_x, 6)
    y, deltas = by_whitening(x, next_x, 6)
    np.testing.assert_allclose(slow.deltas, deltas, rtol=1e-6)
    np.testing.assert_allclose(np.abs((slow(x) * y).mean(axis=0)), 1, atol=1e-6)


def test_mixing_the_input_changes_nothing():
    """Invariance: any invertible mixture of the input, and a shift, has the same slow
    features; leaving out an input has not.
    """
    x, next_x, _ = mixed_signal(2)
    M = RNG(3).normal(size=(6, 6)) + 2 * np.eye(6)
    y = SlowFeatures.fit(x, next_x, 3)(x)
    other = SlowFeatures.fit(x @ M + 5, next_x @ M + 5, 3)(x @ M + 5)
    assert subspace_angles(y, other).max() < 1e-5
    np.testing.assert_allclose(np.abs((y * other).mean(axis=0)), 1, atol=1e-6)
    part = SlowFeatures.fit(x[:, :4], next_x[:, :4], 3)(x[:, :4])
    assert subspace_angles(y, part).max() > 0.1


def test_the_slow_angle_is_found():
    """Learning with a negative control: the slowest feature is the slow signal; the
    first principal component is not, and shuffled moments have no slow feature.
    """
    x, next_x, slow_part = mixed_signal(4)
    y = SlowFeatures.fit(x, next_x, 1)(x)[:, 0]
    assert abs(np.corrcoef(y, slow_part)[0, 1]) > 0.99
    axes = np.linalg.eigh(np.cov(x.T))[1]
    assert abs(np.corrcoef(x @ axes[:, -1], slow_part)[0, 1]) < 0.95
    shuffled = RNG(5).permutation(len(x))
    none = SlowFeatures.fit(x, next_x[shuffled], 1)
    assert none.deltas[0] > 1 > 100 * SlowFeatures.fit(x, next_x, 1).deltas[0]


def test_products_find_what_is_hidden_in_a_product():
    """Mechanism: a slow signal that is only the product of two inputs is found by
    quadratic features, and not by linear ones.
    """
    slow_part = np.cos(0.5 * TIME)
    carrier = np.sign(RNG(6).normal(size=len(TIME)))
    x = np.column_stack([carrier, carrier * (slow_part + 2)])
    found = {}
    for degree in (1, 2):
        y = SlowFeatures.fit(x[:-1], x[1:], 1, degree=degree)(x[:-1])[:, 0]
        found[degree] = abs(np.corrcoef(y, slow_part[:-1])[0, 1])
    assert found[2] > 0.99 and found[1] < 0.5


def test_all_products_are_there_once():
    """Equation: two columns become x, y, x², xy, y²; degree 1 changes nothing."""
    x = np.array([[2.0, 3.0], [1.0, -1.0]])
    assert quadratic(x).tolist() == [[2, 3, 4, 6, 9], [1, -1, 1, -1, 1]]
    assert np.array_equal(expanded(x, 1), x)


def test_an_input_without_variance_is_left_out():
    """Degenerate: a constant input and a copied input change nothing."""
    x, next_x, _ = mixed_signal(7)
    more = [np.column_stack([s, np.ones(len(s)), s[:, 0]]) for s in (x, next_x)]
    plain, wide = SlowFeatures.fit(x, next_x, 3), SlowFeatures.fit(*more, 3)
    np.testing.assert_allclose(wide.deltas, plain.deltas, rtol=1e-5)


def test_losses_of_a_network_are_their_equations():
    """Equations 6 and 6b by hand, and their gradients by finite differences."""
    z = torch.tensor([[0.0, 0.0], [1.0, 0.0]], dtype=torch.float64)
    near = torch.tensor([[0.3, 0.4], [1.0, 1.0]], dtype=torch.float64)
    far = torch.tensor([[0.0, 3.0], [1.0, 0.5]], dtype=torch.float64)
    assert pull(z, near).item() == pytest.approx((0.5 + 1) / 2, abs=1e-5)
    assert push(z, far, 2.0).item() == pytest.approx((0 + 1.5) / 2, abs=1e-5)
    z = torch.tensor([[1.0, 0.0], [1.0, 0.0]], dtype=torch.float64)
    near = z.flip(0) * 2
    far = torch.tensor([[0.0, 1.0], [1.0, 0.0]]).double()
    assert triplet_loss(z, near, far, 0.5).item() == pytest.approx((0 + 0.5) / 2)
    draws = [torch.tensor(RNG(k).normal(size=(4, 3))) for k in range(3)]
    first = draws[0].requires_grad_()
    for loss in (
        lambda v: pull(v, draws[1]),
        lambda v: push(v, draws[2], 4.0),
        lambda v: triplet_loss(v, draws[1], draws[2], 0.5),
    ):
        assert torch.autograd.gradcheck(loss, (first,))


def test_equal_features_have_a_gradient():
    """Degenerate: neighbours with equal features have a finite gradient, 0."""
    z = torch.ones(3, 2, requires_grad=True)
    pull(z, torch.ones(3, 2)).backward()
    assert torch.equal(z.grad, torch.zeros(3, 2))


def spread_after(settings, triples):
    """Mean standard deviation of features after a short training."""
    state = initial_training(point_network(4, RNG(0)), {}, 1e-2, RNG(1))
    state = trained(state, slowness_loss(triples, settings), 60, 1000)
    with torch.no_grad():
        return state.network.features(picture_inputs(triples.before)).std(0).mean()


def test_without_the_push_term_all_features_collapse():
    """Negative control: features vary as long as other moments are pushed away;
    without this term they become constants.
    """
    triples = poke_triples(200, RNG(0))
    kept = spread_after(SlownessSettings(batch=8), triples)
    lost = spread_after(SlownessSettings(push=0.0, batch=8), triples)
    assert kept > 0.05 and lost < 0.2 * kept


def test_the_forms_are_chosen_by_name():
    """Limit: without push only the pull term is there; the triplet has one term."""
    z, z_next = torch.randn(
        2, 5, 3, generator=torch.Generator().manual_seed(0)
    ).unbind()
    assert list(slowness_terms(z, z_next, SlownessSettings(push=0.0))) == ["pull"]
    both = slowness_terms(z, z_next, SlownessSettings(push=0.5, margin=3.0))
    far = z_next[[4, 0, 1, 2, 3]]
    torch.testing.assert_close(both["push"], 0.5 * push(z, far, 3.0))
    torch.testing.assert_close(both["pull"], pull(z, z_next))
    three = slowness_terms(z, z_next, SlownessSettings(form="triplet", margin=0.5))
    torch.testing.assert_close(three["triplet"], triplet_loss(z, z_next, far, 0.5))


def test_training_repeats_and_has_no_heads():
    """Determinism: the same seed gives the same bits, and only ψ learns."""
    triples = poke_triples(20, RNG(1))
    loss = slowness_loss(triples, SlownessSettings(batch=4))
    weights = []
    for _ in range(2):
        state = initial_training(point_network(4, RNG(0)), {}, 3e-3, RNG(1))
        state = trained(state, loss, 2, 10)
        weights.append(nn.utils.parameters_to_vector(state.network.parameters()))
    assert torch.equal(*weights) and not len(state.heads)


def test_bad_signals_and_settings_are_named():
    """Bad input: the error says what is wrong and what is possible."""
    x, next_x, _ = mixed_signal()
    with pytest.raises(
        ValueError, match=r"x must be \(N, D\) with N ≥ 2; got \(1, 6\)"
    ):
        SlowFeatures.fit(x[:1], next_x[:1], 1)
    with pytest.raises(ValueError, match=r"next_x must be \(3000, 6\)"):
        SlowFeatures.fit(x, next_x[:-1], 1)
    with pytest.raises(ValueError, match="must be finite"):
        SlowFeatures.fit(x * np.nan, next_x, 1)
    with pytest.raises(ValueError, match=r"features must be from 1 to 6.*got 7"):
        SlowFeatures.fit(x, next_x, 7)
    with pytest.raises(ValueError, match=r"degree must be one of \[1, 2\]; got 3"):
        SlowFeatures.fit(x, next_x, 1, degree=3)
    with pytest.raises(ValueError, match="contrastive, triplet; got 'slow'"):
        SlownessSettings(form="slow")
    with pytest.raises(ValueError, match="margin must not be negative; got -1"):
        SlownessSettings(margin=-1)
    with pytest.raises(ValueError, match="batch must be 2 or more; got 1"):
        SlownessSettings(batch=1)

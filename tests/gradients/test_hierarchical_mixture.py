"""What must hold of a mixture of mixtures."""

import pytest
import torch

from lecture_code.gradients.hierarchical_mixture import HierarchicalMixture
from lecture_code.gradients.mixture_of_experts import balance_loss, dense_mixture

pytestmark = pytest.mark.usefixtures("one_torch_thread")


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def drawn(*shape, seed=1):
    return torch.randn(*shape, generator=generator(seed))


def make(groups=(3, 4), k=(2, 2), **settings):
    layer = HierarchicalMixture(8, groups, k, 12, generator=generator(), **settings)
    with torch.no_grad():
        for number, W in enumerate(
            [*layer.primary.parameters(), *layer.secondary.parameters()]
        ):
            W.copy_(drawn(*W.shape, seed=30 + number))
    return layer


def test_it_equals_the_double_sum():
    """Oracle: equation (12) term by term, from both gates' dense weights: output and
    gradients to 1e-6 of their size.
    """
    layer = make(noise=False)
    x = drawn(20, 8)
    y, routing = layer(x)
    outer = routing.primary.dense()  # (T, a)
    W = layer.secondary.W_g.view(3, 8, 4)
    expected = torch.zeros(20, 8)
    for i in range(3):
        logits = x @ W[i]
        inner = (
            torch.full_like(logits, -torch.inf)
            .scatter(1, logits.topk(2).indices, logits.topk(2).values)
            .softmax(1)
        )
        for j in range(4):
            E = (x @ layer.experts.W_in[4 * i + j]).relu() @ layer.experts.W_out[
                4 * i + j
            ]
            expected = expected + outer[:, i, None] * inner[:, j, None] * E
    torch.testing.assert_close(y, expected, atol=1e-5, rtol=1e-5)
    parameters = list(layer.parameters())
    for gradient, wanted in zip(
        torch.autograd.grad(y.square().sum(), parameters, retain_graph=True),
        torch.autograd.grad(expected.square().sum(), parameters),
        strict=True,
    ):
        torch.testing.assert_close(gradient, wanted, atol=1e-3, rtol=1e-4)


def test_the_weights_are_products_that_add_up_to_one():
    """Invariance: each example has k_primary · k_secondary different experts, in
    k_primary groups; sparse and dense agree.
    """
    layer = make()
    x = drawn(50, 8)
    y, routing = layer(x, generator())
    G = routing.dense()
    assert torch.allclose(G.sum(1), torch.ones(50)) and ((G > 0).sum(1) == 4).all()
    assert ((G.view(50, 3, 4).sum(2) > 0).sum(1) == 2).all()
    assert torch.allclose(y, dense_mixture(layer.experts, x, G), atol=1e-5)
    assert torch.allclose(routing.importance(), G.sum(0))
    assert torch.equal(routing.counts(), (G > 0).sum(0))


@pytest.mark.parametrize("groups, k", [((1, 6), (1, 2)), ((6, 1), (2, 1))])
def test_one_group_or_groups_of_one_are_the_flat_mixture(groups, k):
    """Limit: with a single group only the secondary gate matters, with groups of one
    only the primary: weights, importance and load are that gate's.
    """
    layer = make(groups, k)
    x = drawn(40, 8)
    _, routing = layer(x, generator())
    level = routing.secondary if groups[0] == 1 else routing.primary
    assert torch.allclose(routing.dense(), level.dense())
    torch.testing.assert_close(routing.load(), level.load())


def test_the_load_is_an_expectation():
    """Equation: averaged over many draws of all noise, (14) adds up to k_primary ·
    k_secondary for each example, and follows the counts.
    """
    layer = make()
    x = drawn(1, 8).expand(40_000, 8)
    _, routing = layer(x, generator(3))
    load, counts = routing.load() / 40_000, routing.counts() / 40_000
    assert abs(load.sum().item() - 4) < 0.05
    assert (load - counts).abs().max() < 0.02 and counts.max() > 3 * counts.min()


def test_the_balance_loss_reaches_both_gates():
    """Limit with a negative control: with noise, importance and load have gradients in
    both gates; without it the load has none, as in the flat mixture.
    """
    layer = make()
    x = drawn(40, 8)
    balance_loss(layer(x, generator())[1]).backward()
    assert all(
        W.grad.any()
        for W in [*layer.primary.parameters(), *layer.secondary.parameters()]
    )
    assert not make(noise=False)(x)[1].load().requires_grad


def test_a_group_that_nobody_chose_has_no_load():
    """Limit: not NaN, although its share is divided by its size."""
    layer = make()
    with torch.no_grad():
        layer.primary.W_g.zero_()[:, 0] = -20.0
    _, routing = layer(drawn(20, 8).abs(), generator())
    assert routing.primary.counts()[0] == 0
    assert torch.isfinite(routing.load()).all() and (routing.load()[:4] < 1e-6).all()


def test_eval_needs_no_noise():
    """Limit: after eval() two calls agree, and shapes (…, d) are kept."""
    layer = make().eval()
    x = drawn(2, 5, 8)
    y, routing = layer(x)
    assert y.shape == (2, 5, 8) and torch.equal(y, layer(x)[0])
    assert torch.equal(routing.load(), routing.counts().float())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"groups": (0, 4)}, "experts must be at least 1; got 8 and 0"),
        ({"k": (4, 2)}, "k must lie between 1 and the 3 experts; got 4"),
        ({"k": (2, 5)}, "k must lie between 1 and the 4 experts; got 5"),
    ],
)
def test_bad_settings_are_named(settings, message):
    """Errors name the culprit."""
    with pytest.raises(ValueError, match=message):
        make(**settings)


def test_bad_examples_are_named():
    """Errors name what is wrong with a batch, as in the flat layer."""
    with pytest.raises(ValueError, match=r"must have shape \(…, 8\); got \(3, 7\)"):
        make()(torch.zeros(3, 7), generator())


@pytest.mark.parametrize("precision", [torch.bfloat16, torch.float16])
def test_mixed_precision(precision):
    """Conformance: under autocast both levels choose as in single precision, and the
    answers agree to a few of the low precision's steps.
    """
    layer = make()
    x = drawn(40, 8).to(precision).float()
    y, routing = layer(x, generator())
    with torch.autocast("cpu", precision):
        mixed = [layer(x, generator()), layer(x.to(precision), generator())]
    for y_mixed, routing_mixed in mixed:
        assert torch.equal(routing_mixed.chosen, routing.chosen)
        largest = 8 * torch.finfo(precision).eps * y.abs().max()
        assert 0 < (y_mixed - y).abs().max() < largest

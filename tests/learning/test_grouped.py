"""What must hold of products of groups of rows."""

import pytest
import torch

from lecture_code.learning.grouped import can_group, grouped_network

pytestmark = pytest.mark.usefixtures("one_torch_thread")

COUNTS = [[3, 5, 2], [0, 10, 0], [10, 0, 0], [0, 0, 1]]


def drawn(*shape, seed=0, dtype=torch.float32):
    return torch.randn(
        *shape, generator=torch.Generator().manual_seed(seed), dtype=dtype
    )


def by_loop(rows, counts, weights):
    """One group at a time."""
    made = []
    for group, part in enumerate(rows.split(counts.tolist())):
        for layer, W in enumerate(weights):
            part = (part.relu() if layer else part) @ W[group]
        made.append(part)
    return torch.cat(made)


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("backend", ["grouped", "padded", "auto"])
@pytest.mark.parametrize("counts", COUNTS, ids=str)
def test_it_equals_the_loop(counts, backend, layers):
    """Oracle: rows and gradients equal those of a loop over the groups, empty ones, a
    group with everything and several layers included.
    """
    counts = torch.tensor(counts)
    rows = drawn(int(counts.sum()), 8).requires_grad_()
    weights = [
        drawn(3, 8, 8, seed=layer + 1).requires_grad_() for layer in range(layers)
    ]
    out = grouped_network(rows, counts, weights, backend)
    expected = by_loop(rows, counts, weights)
    torch.testing.assert_close(out, expected, atol=1e-5, rtol=1e-5)
    # the gradient of a sum is expanded, which torch's own product refuses
    seen = torch.autograd.grad(out.sum(), [rows, *weights])
    for gradient, wanted in zip(
        seen, torch.autograd.grad(expected.sum(), [rows, *weights]), strict=True
    ):
        torch.testing.assert_close(gradient, wanted, atol=1e-4, rtol=1e-4)


def test_what_torch_cannot_group_is_padded():
    """Limit: double precision and widths that are no multiple of 16 bytes fall back on
    padding, with the same answer.
    """
    counts = torch.tensor([2, 0, 4])
    for rows, W in [
        (drawn(6, 8, dtype=torch.float64), drawn(3, 8, 4, dtype=torch.float64)),
        (drawn(6, 5), drawn(3, 5, 3)),
    ]:
        assert not can_group(rows, [W])
        torch.testing.assert_close(
            grouped_network(rows, counts, [W]), by_loop(rows, counts, [W])
        )
        with pytest.raises(ValueError, match="backend='padded'"):
            grouped_network(rows, counts, [W], "grouped")


def test_the_rows_stay_as_they_are():
    """Conformance: neither rows nor matrices are changed by ReLU in place."""
    rows, W = drawn(6, 8), drawn(2, 8, 8)
    before = rows.clone(), W.clone()
    for backend in ("grouped", "padded"):
        grouped_network(rows, torch.tensor([3, 3]), [W, W], backend)
        assert torch.equal(rows, before[0]) and torch.equal(W, before[1])


@pytest.mark.parametrize(
    ("counts", "backend", "message"),
    [
        ([3, 3], "fast", "no backend 'fast'; there are: auto, grouped, padded"),
        ([3, 2], "auto", r"6 rows in all; got \[3, 2\]"),
        ([3, 3, 0], "auto", "one number a group"),
    ],
)
def test_what_does_not_fit_is_named(counts, backend, message):
    """Errors name the culprit."""
    with pytest.raises(ValueError, match=message):
        grouped_network(drawn(6, 8), torch.tensor(counts), [drawn(2, 8, 8)], backend)

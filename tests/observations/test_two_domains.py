"""What must hold of what domain confusion learns from."""

import numpy as np
import pytest
import torch
from small_domains import inputs, small_domains, squared

from lecture_code.observations.two_domains import TwoDomains, check_pairs


def test_domains_of_any_sizes_are_taken():
    """Conformance: a target may have more or fewer inputs than the source, and inputs
    may be images.
    """
    for m in (1, 500):
        assert len(small_domains(n=10, m=m).target) == m
    images = torch.zeros(4, 3, 8, 8)
    assert (
        TwoDomains(images, torch.zeros(4, 2), images[:1], squared).labels.shape[1] == 2
    )


@pytest.mark.parametrize("empty", ["source", "target"])
def test_an_empty_domain_is_named(empty):
    """Bad input: the error says which domain is empty."""
    domains = {"source": inputs(3, 0), "target": inputs(3, 1)}
    domains[empty] = domains[empty][:0]
    labels = torch.zeros(len(domains["source"]), 1)
    with pytest.raises(ValueError, match=f"the {empty} is empty"):
        TwoDomains(domains["source"], labels, domains["target"], squared)


def test_images_of_other_sizes_are_named():
    """Bad input: the error tells both sizes."""
    with pytest.raises(ValueError, match=r"\(3, 8, 8\) and \(3, 9, 8\)"):
        TwoDomains(
            torch.zeros(2, 3, 8, 8),
            torch.zeros(2, 1),
            torch.zeros(2, 3, 9, 8),
            squared,
        )


def test_labels_of_another_number_are_named():
    """Bad input: the error tells both numbers."""
    with pytest.raises(ValueError, match="3 source inputs and 2 labels"):
        TwoDomains(inputs(3, 0), torch.zeros(2, 1), inputs(3, 1), squared)


@pytest.mark.parametrize("shape", [(0, 2), (3, 3), (4,)])
def test_pairs_that_are_none_are_refused(shape):
    """Bad input: the error says what pairs must be, and how to go without."""
    with pytest.raises(ValueError, match=r"\(K, 2\) with K ≥ 1.*ν = 0"):
        check_pairs(np.zeros(shape, dtype=np.int64))
    check_pairs(np.zeros((1, 2), dtype=np.int64))

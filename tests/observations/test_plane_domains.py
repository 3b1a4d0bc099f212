"""What must hold of the toy in the plane: where its points are, what its network is,
and that a shift of labels makes strong confusion harmful.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lecture_code.experiments.observations.domain_confusion.shift import ABOVE, SHIFT
from lecture_code.observations.domain_confusion import initial_alignment, minimise
from lecture_code.observations.plane_domains import (
    FEATURES,
    PlaneSettings,
    plane_domains,
    plane_network,
    share_right,
)

pytestmark = pytest.mark.usefixtures("one_torch_thread")


def data(seed=0, **settings):
    """Points of both domains."""
    return plane_domains(PlaneSettings(**settings), np.random.default_rng(seed))


def test_blobs_are_where_the_equation_says():
    """Equation 1: by many points, each class has its centre and spread, the first class
    to the left; the target is the source's picture, turned by 90° and then shifted.
    """
    points = data(n=40_000, spread=(0.2, 0.5), angle=90.0, shift=(3.0, -1.0))
    for which, centre in ((0, -1.0), (1, 1.0)):
        source = points.source[points.source_classes == which].numpy()
        target = points.target[points.target_classes == which].numpy()
        assert source.mean(0) == pytest.approx([centre, 0.0], abs=0.02)
        assert source.std(0) == pytest.approx([0.2, 0.5], abs=0.01)
        assert target.mean(0) == pytest.approx([3.0, centre - 1.0], abs=0.02)
        assert target.std(0) == pytest.approx([0.5, 0.2], abs=0.01)


def test_shares_are_exact_and_the_source_stays_balanced():
    """Conformance: the target holds the share, the source one half, and the draws do
    not depend on angle, shift or share.
    """
    even, shifted = data(share=0.5), data(share=0.9, angle=0.0, shift=(0.0, 0.0))
    assert shifted.target_classes.mean() == pytest.approx(0.9)
    assert even.target_classes.mean() == shifted.source_classes.mean() == 0.5
    assert torch.equal(even.source, shifted.source)
    assert not torch.equal(even.target, shifted.target)


def test_points_are_deterministic():
    """Determinism: the same generator gives the same bits, another one others."""
    assert torch.equal(data(3).target, data(3).target)
    assert not torch.equal(data(3).target, data(4).target)


def test_without_turn_and_shift_both_domains_are_alike():
    """Limit: with angle 0 and no shift the target has the source's distribution."""
    points = data(n=20_000, angle=0.0, shift=(0.0, 0.0))
    for moment in (torch.mean, torch.std):
        source, target = (moment(x, dim=0) for x in (points.source, points.target))
        assert torch.allclose(source, target, atol=0.03)


def test_the_classes_of_the_target_are_left_out():
    """Conformance: what a network learns from has the source's classes and no other."""
    points = data()
    domains = points.domains()
    assert torch.equal(domains.target, points.target)
    assert np.array_equal(domains.labels.numpy(), points.source_classes)


def test_the_network_has_two_features():
    """Conformance: points become two features, and these become two logits."""
    network = plane_network(np.random.default_rng(0))
    points = data().source
    assert network.features(points).shape == (300, FEATURES) == (300, 2)
    assert network(points).shape == (300, 2)


def test_share_right_counts():
    """Equation: all right, none right, and three of four."""
    points = torch.tensor([[-2.0], [-1.0], [1.0], [2.0]])
    network = torch.nn.Linear(1, 2)
    with torch.no_grad():
        network.weight.copy_(torch.tensor([[-1.0], [1.0]]))
        network.bias.zero_()
    truth = np.array([0, 0, 1, 1])
    assert share_right(network, points, truth) == 1.0
    assert share_right(network, points, 1 - truth) == 0.0
    assert share_right(network, points, np.array([0, 1, 1, 1])) == 0.75


def learnt(confusion, share, seed=9):
    """How often a network is right in the target, and in the source."""
    points = plane_domains(replace(ABOVE, share=share), np.random.default_rng(seed))
    settings = replace(SHIFT.method, confusion=confusion)
    network = plane_network(np.random.default_rng([seed, 1]))
    rng = np.random.default_rng([seed, 2])
    state = initial_alignment(network, settings, rng)
    state = minimise(state, points.domains(), settings, settings.first)
    return [
        share_right(state.network, points.target, points.target_classes),
        share_right(state.network, points.source, points.source_classes),
    ]


def test_strong_confusion_loses_where_labels_shift():
    """Learning with a negative control: where nine of ten points of the target are of
    one class, λ = 1 is right at least ten points less often than λ = 0; without a shift
    of labels it loses nothing.
    """
    without, _ = learnt(0.0, 0.9)
    confused, source = learnt(1.0, 0.9)
    assert source > 0.9
    assert without - confused >= 0.1
    assert learnt(1.0, 0.5)[0] > learnt(0.0, 0.5)[0] - 0.03


@pytest.mark.parametrize(
    ("settings", "culprit"),
    [({"n": 1}, "n = 1"), ({"share": 1.2}, "1.2"), ({"share": -0.1}, "-0.1")],
)
def test_settings_that_are_none_are_refused(settings, culprit):
    """Bad input: too few points, and a share that is no share, by name."""
    with pytest.raises(ValueError, match=culprit):
        PlaneSettings(**settings)

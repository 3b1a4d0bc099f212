"""What must hold of the curious robot's heads."""

import numpy as np
import pytest
import torch
from small_domains import marked

from lecture_code.observations.curious_heads import (
    HEADS,
    CuriousSettings,
    curious_loss,
    curious_networks,
    other_views,
    standardised_lines,
    tactile_lines,
    view_loss,
)
from lecture_code.observations.feature_training import initial_training, trained
from lecture_code.observations.pusher_scenes import poke_triples
from lecture_code.observations.representation import point_network

pytestmark = pytest.mark.usefixtures("one_torch_thread")
RNG = np.random.default_rng


@pytest.fixture(scope="module")
def triples():
    """Forty triples."""
    return poke_triples(40, RNG(0))


@pytest.fixture(scope="module")
def views(triples):
    """The boards after the poke, from other viewpoints."""
    return other_views(triples, RNG(1))


def started(settings, seed=0):
    """Before the first batch."""
    network = point_network(4, RNG(seed))
    heads = curious_networks(network.n_features, settings)
    return initial_training(network, heads, 3e-3, RNG(seed + 1))


def test_lines_through_profiles():
    """Oracle: intercept and slope are those of a fit of least squares."""
    felt = RNG(2).random((5, 32))
    time = (np.arange(32) + 0.5) / 32 - 0.5
    slope, intercept = np.polyfit(time, felt.T, 1)
    np.testing.assert_allclose(tactile_lines(felt), np.column_stack([intercept, slope]))
    lines = standardised_lines(felt).numpy()
    np.testing.assert_allclose(lines.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(lines.std(axis=0), 1, atol=1e-5)


def test_the_loss_of_views_by_hand():
    """Equation 9: the same direction costs nothing, a right angle costs 1; another
    object costs its cosine beyond the margin, and one of the same kind nothing.
    """
    z = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    kinds = np.array([0, 1])
    assert view_loss(z, 3 * z, kinds, 0.0).item() == pytest.approx(0, abs=1e-6)
    assert view_loss(z, z.flip(0), kinds, 0.0).item() == pytest.approx(1 + 1)
    assert view_loss(z, z.flip(0), kinds, 0.4).item() == pytest.approx(1 + 0.6)
    assert view_loss(z, z.flip(0), np.array([1, 1]), 0.0).item() == pytest.approx(1)


def test_views_show_the_end_from_the_side(triples, views):
    """Mechanism: every second picture is by one of two cameras, and none is the picture
    from above; the same generator gives the same views.
    """
    assert views.shape == triples.after.shape and views.dtype == np.uint8
    apart = np.abs(views.astype(int) - triples.after).mean(axis=(1, 2, 3))
    assert apart.min() > 5
    assert other_views(triples, RNG(1)).tobytes() == views.tobytes()
    assert len(other_views(triples.first(1), RNG(1))) == 1


@pytest.mark.parametrize("left_out", HEADS)
def test_a_weight_of_zero_leaves_a_head_out(triples, views, left_out):
    """Limit: a head without weight does not exist and has no loss."""
    settings = CuriousSettings(**{left_out: 0.0}, batch=4)
    state = started(settings)
    state = trained(state, curious_loss(triples, views, settings), 1, 10)
    assert set(state.heads) == set(state.report) == set(HEADS) - {left_out}


@pytest.mark.parametrize("name", HEADS)
def test_every_head_trains_the_trunk(triples, views, name):
    """Mechanism: with one head alone the features change, and so does the head; the
    loss grows in proportion to its weight.
    """
    others = dict.fromkeys(set(HEADS) - {name}, 0.0)
    reports = []
    for weight in (1.0, 2.0):
        settings = CuriousSettings(**{name: weight}, **others, batch=4)
        state = started(settings)
        after = trained(state, curious_loss(triples, views, settings), 1, 10)
        assert marked(after.network.first) != marked(state.network.first)
        assert marked(after.network.head) == marked(state.network.head)
        assert marked(after.heads) != marked(state.heads)
        reports.append(after.report[name])
    assert reports[1] == pytest.approx(2 * reports[0])


def test_training_repeats(triples, views):
    """Determinism: the same seed gives the same bits; another one does not."""
    settings = CuriousSettings(batch=4)
    loss = curious_loss(triples, views, settings)
    ends = [
        marked(trained(started(settings, s), loss, 2, 10).network) for s in (0, 0, 1)
    ]
    assert ends[0] == ends[1] != ends[2]


def test_bad_input_is_named(triples, views):
    """Bad input: the error says what is wrong and what is possible."""
    with pytest.raises(ValueError, match="tactile must not be negative; got -1"):
        CuriousSettings(tactile=-1)
    with pytest.raises(
        ValueError, match="one of push, tactile, view must have a weight"
    ):
        CuriousSettings(push=0, tactile=0, view=0)
    with pytest.raises(ValueError, match="batch must be 2 or more; got 1"):
        CuriousSettings(batch=1)
    with pytest.raises(ValueError, match="there are 40 triples and 3 views"):
        curious_loss(triples, views[:3], CuriousSettings())
    with pytest.raises(ValueError, match="all tactile profiles are alike"):
        standardised_lines(np.ones((4, 8)))

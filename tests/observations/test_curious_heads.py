"""What must hold of the curious robot's heads."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from small_domains import marked
from torch import nn

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
from lecture_code.observations.pusher_scenes import (
    picture_inputs,
    poke_numbers,
    poke_triples,
)
from lecture_code.observations.representation import draw_weights, point_network

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


def test_the_other_object_is_that_of_the_row_before():
    """Equation 9 with three rows: where the kinds are 0, 0, 1, rows 0 and 2 have an
    object of another kind before them, the last row being before the first one.
    """
    z = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
    z_other = torch.tensor([[0.8, 0.6], [0.6, 0.8], [0.96, 0.28]])
    alike = 1 - 0.8  # all three cosines are 0.8
    apart = (0.96 + 1.0) / 2  # of z_0 and z_other_2, of z_2 and z_other_1
    told = view_loss(z, z_other, np.array([0, 0, 1]), 0.0).item()
    assert told == pytest.approx(alike + apart)


class Projection(nn.Module):
    """A network with known features: some pixels."""

    def batch_features(self, *batches):
        """Four numbers of each picture."""
        return [batch.flatten(1)[:, 500:504] for batch in batches]


class Told(nn.Module):
    """A head that keeps what it is given, and tells its first numbers, or zeros."""

    def __init__(self, outputs, *, copies=False):
        super().__init__()
        self.outputs = outputs
        self.copies = copies
        self.given = []

    def forward(self, inputs):
        """The first inputs, or zeros."""
        self.given.append(inputs)
        told = inputs[:, : self.outputs]
        return told if self.copies else torch.zeros_like(told)


def test_each_head_gets_its_pictures_and_has_its_equation(triples, views):
    """Equations 7 to 9 by hand: the push is told from the pictures before and after,
    the touch from the picture before and the push, and the views are that of before and
    the other one; all are those of the drawn rows.
    """
    settings = CuriousSettings(push=2.0, tactile=3.0, view=5.0, margin=0.1, batch=8)
    heads = nn.ModuleDict(
        {"push": Told(5), "tactile": Told(2), "view": Told(4, copies=True)}
    )
    losses = curious_loss(triples, views, settings)(Projection(), heads, RNG(6))
    rows = RNG(6).integers(len(triples), size=8)
    x, x_next, x_other = Projection().batch_features(
        *(picture_inputs(part[rows]) for part in (triples.before, triples.after, views))
    )
    numbers = poke_numbers(triples.pokes)[rows]
    lines = standardised_lines(triples.felt)[rows]
    assert torch.equal(heads["push"].given[0], torch.cat([x, x_next], dim=1))
    assert torch.equal(heads["tactile"].given[0], torch.cat([x, numbers], dim=1))
    assert torch.equal(heads["view"].given[0], x)
    assert torch.equal(heads["view"].given[1], x_other)
    assert losses["push"].item() == pytest.approx(2 * numbers.square().mean().item())
    assert losses["tactile"].item() == pytest.approx(3 * lines.square().mean().item())
    kinds = triples.start.kinds[rows]
    assert len(set(kinds)) > 1
    unit, other = (part / part.norm(dim=1, keepdim=True) for part in (x, x_other))
    alike = 1 - (unit * other).sum(dim=1).mean().item()
    apart = [
        max(0.0, float(unit[k] @ other[k - 1]) - 0.1)
        for k in range(8)
        if kinds[k] != kinds[k - 1]
    ]
    assert losses["view"].item() == pytest.approx(
        5 * (alike + np.mean(apart)), rel=1e-5
    )


class PosesOf(nn.Module):
    """A network whose features are the true poses, by the picture."""

    def __init__(self, triples):
        super().__init__()
        self.table = {}
        for pictures, objects in (
            (triples.before, triples.start),
            (triples.after, triples.end),
        ):
            known = np.column_stack(
                [5 * objects.places, np.cos(objects.angles), np.sin(objects.angles)]
            )
            for picture, row in zip(picture_inputs(pictures), known, strict=True):
                self.table[picture.numpy().tobytes()] = row

    def batch_features(self, *batches):
        """The poses of several batches."""
        return [
            torch.tensor(
                np.array([self.table[p.numpy().tobytes()] for p in batch]),
                dtype=torch.float32,
            )
            for batch in batches
        ]


def unexplained_lengths(*, second):
    """Squared error of the told lengths of held-out pushes over their variance."""
    triples, tests = (poke_triples(n, RNG(n)) for n in (1200, 600))
    networks = PosesOf(triples), PosesOf(tests)
    if not second:
        triples, tests = (replace(t, after=t.before) for t in (triples, tests))
    settings = CuriousSettings(tactile=0.0, view=0.0, batch=64)
    heads = nn.ModuleDict(curious_networks(4, settings))
    draw_weights(heads, RNG(2))
    loss = curious_loss(triples, triples.after, settings)
    optimiser = torch.optim.Adam(heads.parameters(), 3e-3)
    rng = RNG(3)
    for _ in range(300):
        optimiser.zero_grad()
        loss(networks[0], heads, rng)["push"].backward()
        optimiser.step()
    seen = networks[1].batch_features(
        picture_inputs(tests.before), picture_inputs(tests.after)
    )
    with torch.no_grad():
        told = heads["push"](torch.cat(seen, dim=1))[:, -1]
    lengths = poke_numbers(tests.pokes)[:, -1]
    return ((told - lengths).square().mean() / lengths.var()).item()


def test_without_the_second_picture_the_length_is_not_known():
    """Learning with a negative control: both pictures tell a part of the length of a
    push; the first picture twice tells none of it.
    """
    assert unexplained_lengths(second=True) < 0.85
    assert unexplained_lengths(second=False) > 0.95


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

"""What must hold of learning to poke."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from small_domains import marked
from torch import nn

from lecture_code.observations.feature_training import initial_training, trained
from lecture_code.observations.inverse_models import (
    ForwardModel,
    InverseSettings,
    PokeBins,
    PokeHeads,
    best_pokes,
    forward_loss,
    held_out_losses,
    likeliest_pokes,
    poke_heads,
    poke_loss,
    poke_losses,
    poke_model,
)
from lecture_code.observations.pusher_goals import drawn_goals
from lecture_code.observations.pusher_scenes import (
    PokeTriples,
    board_pictures,
    picture_inputs,
    poke_numbers,
    poke_triples,
)
from lecture_code.observations.pushing import (
    LENGTHS,
    Objects,
    Pokes,
    drawn_pokes,
    pushed,
)
from lecture_code.observations.representation import draw_weights, point_network

pytestmark = pytest.mark.usefixtures("one_torch_thread")
RNG = np.random.default_rng
COARSE = PokeBins(side=2, angles=4, lengths=3)


def some_pokes(n, seed=0):
    """Pokes anywhere in the picture."""
    rng = RNG(seed)
    return Pokes(
        rng.uniform(-0.5, 0.5, (n, 2)),
        rng.uniform(-np.pi, np.pi, n),
        rng.uniform(*LENGTHS, n),
    )


def started(bins=COARSE, *, forward=True, seed=0):
    """Before the first batch."""
    network = point_network(4, RNG(seed))
    heads = poke_heads(network.n_features, bins, forward=forward)
    return initial_training(network, heads, 3e-3, RNG(seed + 1))


# --- bins


def test_bins_of_a_poke_by_hand():
    """Hand solution: rows of cells grow upwards, angles run around, lengths are cut
    between the shortest and the longest.
    """
    low, high = LENGTHS
    pokes = Pokes(
        np.array([[-0.4, -0.4], [0.4, -0.4], [-0.4, 0.4], [2.0, 2.0]]),
        np.array([0.1, 2.0, -0.1, 2 * np.pi + 0.1]),
        np.array([low, (low + high) / 2, high, 1.0]),
    )
    assert COARSE.indices(pokes).tolist() == [
        [0, 0, 0],
        [1, 1, 1],
        [2, 3, 2],
        [3, 0, 2],
    ]


def test_the_middle_of_a_bin_is_in_the_bin():
    """Invariance: pokes in the middle of bins have these bins, and no poke is farther
    than half a bin from its middle.
    """
    bins = PokeBins()
    pokes = some_pokes(500)
    indices = bins.indices(pokes)
    middle = bins.pokes(indices)
    assert np.array_equal(bins.indices(middle), indices)
    assert np.abs(middle.places - pokes.places).max() <= 0.5 / bins.side + 1e-12
    apart = np.abs(np.angle(np.exp(1j * (middle.angles - pokes.angles))))
    assert apart.max() <= np.pi / bins.angles + 1e-12
    low, high = LENGTHS
    half = (high - low) / bins.lengths / 2
    assert np.abs(middle.lengths - pokes.lengths).max() <= half + 1e-12


def test_angles_close_the_circle():
    """Invariance: a full turn more is the same bin, and just below and just above a
    whole turn are neighbours.
    """
    bins = PokeBins(angles=8)
    pokes = some_pokes(50)
    more = Pokes(pokes.places, pokes.angles + 2 * np.pi, pokes.lengths)
    assert np.array_equal(bins.indices(pokes), bins.indices(more))
    two = Pokes(np.zeros((2, 2)), np.array([-0.01, 0.01]), np.full(2, 0.1))
    assert bins.indices(two)[:, 1].tolist() == [7, 0]


# --- losses


def test_each_head_sees_what_was_chosen_before():
    """Mechanism: logits of the place do not depend on the poke, those of the angle
    depend on the place alone, those of the length on place and angle.
    """
    heads = PokeHeads(3, COARSE)
    draw_weights(heads, RNG(0))
    x, x_next = torch.tensor(RNG(1).normal(size=(2, 1, 3)), dtype=torch.float32)
    plain = heads(x, x_next, np.array([[0, 0, 0]]))
    assert [part.shape[1] for part in plain] == [4, 4, 3]
    for part, seen in ((0, [1, 2]), (1, [2]), (2, [])):
        other = np.zeros((1, 3), dtype=int)
        other[0, part] = 1
        changed = heads(x, x_next, other)
        for k in range(3):
            same = torch.equal(plain[k], changed[k])
            assert same == (k not in seen)


def test_the_losses_are_cross_entropies():
    """Equation 3: −log p of the true bin, mean over pokes; without knowledge it is the
    logarithm of the number of bins.
    """
    logits = [torch.zeros(5, n) for n in COARSE.sizes]
    bins = COARSE.indices(some_pokes(5))
    losses = poke_losses(logits, bins)
    assert [loss.item() for loss in losses.values()] == pytest.approx(
        np.log([4, 4, 3]).tolist()
    )
    logits[1] = torch.tensor(RNG(0).normal(size=(5, 4)))
    p = torch.softmax(logits[1], dim=1)[range(5), bins[:, 1]]
    assert poke_losses(logits, bins)["angle"].item() == pytest.approx(
        -p.log().mean().item()
    )


def test_the_forward_target_has_no_gradient():
    """Equation 4: the mean absolute difference; features after the poke are a target
    without a gradient.
    """
    expected = torch.tensor([[1.0, 2.0]], requires_grad=True)
    target = torch.tensor([[0.0, 4.0]], requires_grad=True)
    loss = forward_loss(expected, target)
    loss.backward()
    assert loss.item() == 1.5
    assert expected.grad.tolist() == [[0.5, -0.5]] and target.grad is None


def test_a_forward_model_without_change_predicts_no_change():
    """Limit: with zero weights the features stay what they are."""
    model = ForwardModel(4)
    for part in model.parameters():
        nn.init.zeros_(part)
    x = torch.ones(3, 4)
    assert torch.equal(model(x, torch.ones(3, 5)), x)


def test_without_lambda_there_is_no_forward_term():
    """Limit: λ = 0 is the inverse model alone, to the bit, whatever the forward model
    would be; λ > 0 is another training.
    """
    triples = poke_triples(20, RNG(0))
    ends = {}
    for forward, lam in ((False, 0.0), (True, 0.0), (True, 5.0)):
        state = started(forward=True)
        if not forward:
            del state.heads["forward_model"]
        settings = InverseSettings(forward=lam, batch=4)
        state = trained(state, poke_loss(triples, settings), 2, 10)
        ends[forward, lam] = marked(state.network), list(state.report)
    assert ends[False, 0.0] == ends[True, 0.0]
    assert ends[True, 5.0][0] != ends[True, 0.0][0]
    assert ends[True, 5.0][1] == ["place", "angle", "length", "forward"]


def test_without_the_second_picture_it_is_not_looked_at():
    """Independence: an inverse model that sees the first picture alone learns the same,
    to the bit, from triples with other second pictures; one that sees both does not.
    """
    triples = poke_triples(20, RNG(1))
    other = replace(triples, after=triples.after[::-1].copy())
    for second in (False, True):
        settings = InverseSettings(forward=0.0, batch=4, second=second)
        first, changed = (
            marked(trained(started(), poke_loss(part, settings), 2, 10).network)
            for part in (triples, other)
        )
        assert (first == changed) != second


def test_training_repeats():
    """Determinism: the same seed gives the same bits; another one does not."""
    triples = poke_triples(20, RNG(1))
    loss = poke_loss(triples, InverseSettings(batch=4))
    marks = [marked(trained(started(seed=s), loss, 2, 10).network) for s in (0, 0, 1)]
    assert marks[0] == marks[1] != marks[2]


# --- what can be known


def blind_triples(n, seed):
    """Pokes that know nothing of the object: near the middle, where the object is, with
    any angle and any length.
    """
    rng = RNG(seed)
    start = Objects(np.zeros(n, int), np.zeros((n, 2)), rng.uniform(-3, 3, n))
    pokes = some_pokes(n, seed)
    pokes = Pokes(pokes.places / 20, pokes.angles, pokes.lengths)
    end, felt = pushed(start, pokes)
    before, after = board_pictures(start, rng), board_pictures(end, rng)
    return PokeTriples(before, after, pokes, start, end, felt)


def features_of_poses(objects):
    """The pose itself as features: place, cosine and sine."""
    return np.column_stack(
        [5 * objects.places, np.cos(objects.angles), np.sin(objects.angles)]
    )


class Poses(nn.Module):
    """A network whose features are read from a table: what is tested is the inverse
    model, and not the pictures.
    """

    n_features = 4

    def __init__(self, triples):
        super().__init__()
        self.table = {}
        for pictures, objects in (
            (triples.before, triples.start),
            (triples.after, triples.end),
        ):
            rows = features_of_poses(objects)
            inputs = picture_inputs(pictures)
            for picture, row in zip(inputs, rows, strict=True):
                self.table[picture.numpy().tobytes()] = row

    def features(self, inputs):
        """The rows of these pictures."""
        rows = [self.table[picture.numpy().tobytes()] for picture in inputs]
        return torch.tensor(np.array(rows), dtype=torch.float32)

    def batch_features(self, *batches):
        """The rows of several batches."""
        return [self.features(batch) for batch in batches]


def excess_losses(second, blind=True):
    """Losses on held-out pokes less the logarithm of the number of bins, by part."""
    triples = blind_triples(1200, 0) if blind else poke_triples(1200, RNG(0))
    tests = blind_triples(600, 1) if blind else poke_triples(600, RNG(1))
    heads = nn.ModuleDict(poke_heads(4, COARSE, forward=False))
    draw_weights(heads, RNG(2))
    settings = InverseSettings(forward=0.0, batch=64, second=second)
    loss = poke_loss(triples, settings)
    network = Poses(triples)
    optimiser = torch.optim.Adam(heads.parameters(), 3e-3)
    rng = RNG(3)
    for _ in range(120):
        optimiser.zero_grad()
        sum(loss(network, heads, rng).values()).backward()
        optimiser.step()
    told = held_out_losses(Poses(tests), heads, tests, second=second)
    return {
        name: value - np.log(size)
        for (name, value), size in zip(told.items(), COARSE.sizes, strict=True)
    }


def test_without_the_second_picture_nothing_is_known():
    """Negative control: for pokes that know nothing of the object, the first picture
    alone leaves all at the entropy of the bins; both pictures tell angle and length.
    Where pokes aim at the object, the first picture tells the place, not the length.
    """
    first = excess_losses(second=False)
    both = excess_losses(second=True)
    assert min(first.values()) > -0.02
    assert both["angle"] < -0.5 and both["length"] < -0.05
    aimed = excess_losses(second=False, blind=False)
    assert aimed["place"] < -0.2 and aimed["length"] > -0.02


# --- the forward term


class Recorder(nn.Module):
    """A forward model that keeps what it is given, and expects zeros."""

    def forward(self, x, numbers):
        """Zeros in the place of the features after the poke."""
        self.x, self.numbers = x, numbers
        return torch.zeros_like(x)


def test_the_forward_term_is_lambda_times_the_error_of_the_drawn_pokes():
    """Equation 5, for a forward model that expects zeros: the features before and the
    pokes are those of the drawn rows, the target is the picture *after* the poke, and
    the term is λ times the mean of its absolute values.
    """
    triples = poke_triples(30, RNG(5))
    lam, batch, seed = 5.0, 8, 6
    heads = nn.ModuleDict(poke_heads(4, COARSE))
    draw_weights(heads, RNG(7))
    heads["forward_model"] = Recorder()
    loss = poke_loss(triples, InverseSettings(forward=lam, batch=batch))
    losses = loss(Poses(triples), heads, RNG(seed))
    rows = RNG(seed).integers(len(triples), size=batch)
    assert len(set(rows)) > 4 and rows.tolist() != list(range(batch))
    before, after = (
        torch.tensor(features_of_poses(part.rows(rows)), dtype=torch.float32)
        for part in (triples.start, triples.end)
    )
    assert torch.equal(heads["forward_model"].x, before)
    wanted = poke_numbers(triples.pokes.rows(rows))
    assert torch.equal(heads["forward_model"].numbers, wanted)
    assert losses["forward"].item() == pytest.approx(lam * after.abs().mean().item())
    assert losses["forward"].item() != pytest.approx(lam * before.abs().mean().item())


# --- pokes


def test_the_best_poke_is_the_likeliest_in_turn():
    """Oracle: the place is the most likely one, the angle the most likely one for this
    place, the length the most likely one for both. Rows differ, and pictures of now and
    of the goal may not be swapped.
    """
    triples = poke_triples(12, RNG(2))
    network = Poses(triples)
    modules = nn.ModuleDict(poke_heads(4, COARSE))
    draw_weights(modules, RNG(4))
    heads = poke_model(modules)
    with torch.no_grad():
        for part in heads.parts:
            part[0].weight *= 5
            part[2].weight *= 5
    now, goals = picture_inputs(triples.before), picture_inputs(triples.after)
    pokes = best_pokes(network, modules, now, goals)
    with torch.no_grad():
        x, x_goal = network.features(now), network.features(goals)
        for row in range(12):
            chosen = np.zeros((1, 3), dtype=int)
            for part in range(3):
                logits = heads(x[row : row + 1], x_goal[row : row + 1], chosen)[part]
                chosen[0, part] = int(logits.argmax())
            assert np.array_equal(heads.bins.indices(pokes.rows([row])), chosen)
    bins = heads.bins.indices(pokes)
    assert len(np.unique(bins, axis=0)) > 2
    swapped = best_pokes(network, modules, goals, now)
    assert not np.array_equal(heads.bins.indices(swapped), bins)


def test_a_trained_inverse_model_pushes_to_the_goal():
    """Learning with two negative controls: after a short training from poses, three
    pokes halve the distance of the place to the goal. With now and goal swapped, and
    with random pokes, they do not.
    """
    triples = poke_triples(3000, RNG(0))
    heads = nn.ModuleDict(poke_heads(4, PokeBins(), forward=False))
    draw_weights(heads, RNG(1))
    inverse = poke_model(heads)
    bins = inverse.bins.indices(triples.pokes)
    before, after = (as_features(part) for part in (triples.start, triples.end))
    optimiser = torch.optim.Adam(heads.parameters(), 3e-3)
    rng = RNG(2)
    for _ in range(400):
        rows = rng.integers(len(triples), size=64)
        optimiser.zero_grad()
        logits = inverse(before[rows], after[rows], bins[rows])
        sum(poke_losses(logits, bins[rows]).values()).backward()
        optimiser.step()
    tasks = drawn_goals(60, 3, RNG(3))

    def learnt(objects, goal):
        return likeliest_pokes(inverse, as_features(objects), as_features(goal))

    chance = RNG(4)
    ends = {
        "learnt": learnt,
        "swapped": lambda objects, goal: learnt(goal, objects),
        "random": lambda objects, goal: drawn_pokes(objects, chance),
    }
    share = {}
    for name, choose in ends.items():
        objects = tasks.start
        for _ in range(3):
            objects, _ = pushed(objects, choose(objects, tasks.goal))
        share[name] = mean_way(objects, tasks.goal) / mean_way(tasks.start, tasks.goal)
    assert share["learnt"] < 0.5
    assert share["swapped"] > 0.8 and share["random"] > 0.8


def as_features(objects):
    """The poses of objects as a tensor."""
    return torch.tensor(features_of_poses(objects), dtype=torch.float32)


def mean_way(objects, goal):
    """How far the places of objects are from their goals, mean [m]."""
    return np.linalg.norm(objects.places - goal.places, axis=1).mean()


def test_bad_input_is_named():
    """Bad input: the error says what is wrong and what is possible."""
    with pytest.raises(ValueError, match="angles must be 2 or more; got 1"):
        PokeBins(angles=1)
    with pytest.raises(ValueError, match="forward must not be negative; got -1"):
        InverseSettings(forward=-1)
    with pytest.raises(ValueError, match="forward must not be negative; got nan"):
        InverseSettings(forward=np.nan)
    with pytest.raises(ValueError, match="batch must be 2 or more; got 1"):
        InverseSettings(batch=1)
    with pytest.raises(ValueError, match=r"no inverse model among the heads \['x'\]"):
        poke_model(nn.ModuleDict({"x": nn.Linear(1, 1)}))

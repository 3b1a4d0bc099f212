"""What must hold of domain confusion: its losses, its steps and its pairs."""

import copy
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from small_domains import (
    ALONE,
    RNG,
    SETTINGS,
    everything,
    fixed_pairs,
    inputs,
    marked,
    no_pairs,
    small_domains,
    small_network,
    squared,
)
from torch import nn

from lecture_code.observations import domain_confusion
from lecture_code.observations.domain_confusion import (
    AlignmentSettings,
    alignment_step,
    classifier_loss,
    confusion_loss,
    drawn_batch,
    initial_alignment,
    learn_aligned,
    mined_pairs,
    minimise,
    next_batches,
    pair_loss,
)
from lecture_code.observations.hook_scenes import errors, hook_images
from lecture_code.observations.representation import hook_network, network_inputs
from lecture_code.observations.two_domains import TwoDomains

pytestmark = pytest.mark.usefixtures("one_torch_thread")
DOMAINS = small_domains()


def start(settings=SETTINGS, seed=0):
    """A state before the first batch."""
    return initial_alignment(small_network(seed), settings, RNG(seed + 9))


def after(settings, domains=DOMAINS, choose_pairs=mined_pairs, seed=0):
    """The state after all batches."""
    state = start(settings, seed)
    while state.batches < settings.first + settings.second:
        state = next_batches(state, domains, settings, 5, choose_pairs)
    return state


# --- losses


@pytest.mark.parametrize("count", [2, 3, 7])
def test_confusion_is_least_for_a_uniform_answer(count):
    """Bound: L_conf ≥ log |D|, with equality only where q is uniform; its gradient with
    respect to the logits of an example is q − 1 / |D|.
    """
    logits = 3 * torch.tensor(RNG(0).standard_normal((50, count)))
    losses = torch.stack([confusion_loss(row[None]) for row in logits])
    assert (losses > math.log(count) + 1e-3).all()
    even = confusion_loss(torch.full((4, count), 5.0)).item()
    assert even == pytest.approx(math.log(count), abs=1e-6)
    logits.requires_grad_()
    (gradient,) = torch.autograd.grad(50 * confusion_loss(logits), logits)
    torch.testing.assert_close(gradient, torch.softmax(logits, 1) - 1 / count)


def test_losses_are_means_of_their_equations():
    """Equations 1 and 3: −log q of the true domain, and the squared difference over
    pairs and features.
    """
    logits, names = torch.tensor([[1.0, 0.0], [2.0, -1.0]]), torch.tensor([0, 1])
    q = torch.softmax(logits, 1)
    wanted = -(q[0, 0].log() + q[1, 1].log()) / 2
    torch.testing.assert_close(classifier_loss(logits, names), wanted)
    f = torch.tensor([[1.0, 2.0], [0.0, 0.0]])
    other = torch.tensor([[0.0, 2.0], [0.0, 3.0]])
    assert pair_loss(f, other).item() == pytest.approx((1 + 9) / 4)
    assert pair_loss(f, f) == 0


# --- one step


def plain(state, rate=0.1):
    """The state with plain gradient descent instead of Adam."""
    parts = (state.network, state.classifier)
    descent = tuple(torch.optim.SGD(part.parameters(), rate) for part in parts)
    return replace(state, optimisers=descent)


@pytest.mark.parametrize("alignment", ["confusion", "reversal", "flipped"])
def test_a_step_is_that_of_the_equations(alignment):
    """Oracle: θ_D goes down eq. 1; then θ_repr and θ_φ go down eq. 4, written out with
    the new θ_D and all draws made by hand.
    """
    settings = replace(SETTINGS, alignment=alignment, confusion=0.7, pairs=0.4)
    pairs = np.column_stack([np.arange(20) * 3, np.arange(20)])
    state = replace(plain(start(settings)), pairs=pairs)
    net, D, rng = copy.deepcopy((state.network, state.classifier, state.rng))
    alignment_step(state, DOMAINS, settings)

    draws = rng.random((3, 8))
    rows, others = (draws[0] * 60).astype(int), (draws[1] * 20).astype(int)
    i, j = pairs[(draws[2] * 20).astype(int)].T
    source, target = DOMAINS.source, DOMAINS.target
    raw = net.raw(source[rows])
    mean = raw.mean(0)
    std = raw.std(0) + 1e-3
    f, g, a, b = (
        (net.raw(x) - mean) / std
        for x in (source[rows], target[others], source[i], target[j])
    )
    log_q, log_p = (torch.log_softmax(D(part.detach()), 1) for part in (f, g))
    L_D = -(log_q[:, 0].mean() + log_p[:, 1].mean()) / 2
    slopes = torch.autograd.grad(L_D, list(D.parameters()))
    with torch.no_grad():
        for part, slope in zip(D.parameters(), slopes, strict=True):
            part -= 0.1 * slope
    log_q, log_p = (torch.log_softmax(D(part), 1) for part in (f, g))
    true = (log_q[:, 0].mean() + log_p[:, 1].mean()) / 2
    other = (log_q[:, 1].mean() + log_p[:, 0].mean()) / 2
    align = {"confusion": -(true + other) / 2, "reversal": true, "flipped": -other}
    L = ((net.head(f) - DOMAINS.labels[rows]) ** 2).mean()
    L = L + 0.7 * align[alignment] + 0.4 * ((a - b) ** 2).sum(1).mean() / 4
    slopes = torch.autograd.grad(L, list(net.parameters()))
    with torch.no_grad():
        for part, slope in zip(net.parameters(), slopes, strict=True):
            part -= 0.1 * slope
    for ours, theirs in ((net, state.network), (D, state.classifier)):
        for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(p, q, rtol=1e-4, atol=1e-6)


def test_each_optimiser_moves_its_own_parameters():
    """Disjoint: if θ_D has no rate of its own, no step moves it, and the representation
    moves; and the other way round. An optimiser of both is found out.
    """
    settings = replace(SETTINGS, classifier_rate=0.0)
    before = start(settings)
    state = minimise(before, DOMAINS, settings, 3)
    assert marked(state.classifier) == marked(before.classifier)
    assert marked(state.network) != marked(before.network)

    settings = replace(SETTINGS, rate=0.0)
    state = minimise(before := start(settings), DOMAINS, settings, 3)
    for p, q in zip(
        before.network.parameters(), state.network.parameters(), strict=True
    ):
        assert torch.equal(p, q)
    assert marked(state.classifier) != marked(before.classifier)

    settings = replace(SETTINGS, classifier_rate=0.0)
    before = start(settings)
    both = [*before.network.parameters(), *before.classifier.parameters()]
    faulty = (torch.optim.Adam(both, settings.rate), before.optimisers[1])
    state = minimise(replace(before, optimisers=faulty), DOMAINS, settings, 3)
    assert marked(state.classifier) != marked(before.classifier)


def test_parameters_belong_to_one_optimiser():
    """Disjoint: each parameter is learnt by one of the two, and none is left out."""
    state = start()
    held = [
        {id(p) for group in optimiser.param_groups for p in group["params"]}
        for optimiser in state.optimisers
    ]
    assert held[0] == {id(p) for p in state.network.parameters()}
    assert held[1] == {id(p) for p in state.classifier.parameters()}
    assert not held[0] & held[1]


# --- training on the source alone


def test_without_weights_it_is_training_on_the_source_alone():
    """Limit: with λ = ν = 0 other target inputs and another choice of pairs change no
    bit of the network, and it is what a plain loop over the source computes.
    """
    first = after(ALONE, choose_pairs=no_pairs)
    domains = replace(DOMAINS, target=inputs(7, 77, 9.0))
    second = after(ALONE, domains, choose_pairs=no_pairs)
    assert marked(first.network) == marked(second.network)
    assert marked(first.classifier) == marked(start().classifier)

    network = small_network()
    rng = RNG(9)
    classifier = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 2))
    domain_confusion.draw_weights(classifier, rng)
    adam = torch.optim.Adam(network.parameters(), 1e-2)
    for batch in range(14):
        adam.param_groups[0]["lr"] = 1e-2 * min(1.0, 2 * (1 - batch / 14))
        rows = (rng.random((3, 8))[0] * 60).astype(int)
        (f,) = network.batch_features(DOMAINS.source[rows])
        adam.zero_grad()
        squared(network.head(f), DOMAINS.labels[rows]).backward()
        adam.step()
    assert marked(network) == marked(first.network)


def test_pairs_alone_need_no_classifier():
    """Limit: with λ = 0 and pairs the classifier is not asked: another classifier gives
    the same network, bit for bit.
    """
    settings = replace(SETTINGS, confusion=0.0)
    networks = []
    for seed in (0, 1):
        state = start(settings)
        domain_confusion.draw_weights(state.classifier, RNG(seed))
        state = minimise(state, DOMAINS, settings, 6)
        state = next_batches(state, DOMAINS, settings, 8, mined_pairs)
        assert set(state.report) == {"task", "pairs"}
        networks.append(marked(state.network))
    assert networks[0] == networks[1]
    assert networks[0] != marked(after(ALONE).network)


def test_each_weight_changes_the_network():
    """Control of the limits: λ or ν alone, or another target, gives other bits."""
    marks = {
        marked(after(settings, domains).network)
        for domains in (DOMAINS, replace(DOMAINS, target=inputs(20, 8)))
        for settings in (SETTINGS, replace(SETTINGS, pairs=0.0))
    }
    assert len(marks | {marked(after(ALONE).network)}) == 5


# --- determinism and order


def test_steps_are_pure_and_repeat():
    """Determinism: `minimise` and `next_batches` leave their state as it was, and the
    same state goes on to the same bits.
    """
    state = minimise(start(), DOMAINS, SETTINGS, 6)
    before = everything(state)
    for go in (
        lambda: minimise(state, DOMAINS, SETTINGS, 4),
        lambda: next_batches(state, DOMAINS, SETTINGS, 4, mined_pairs),
    ):
        first, second = go(), go()
        assert everything(state) == before
        assert everything(first) == everything(second) != before
        assert first.report == second.report


@pytest.mark.parametrize("done", [0, 6])
def test_ten_batches_may_be_cut(done):
    """Invariance: batches in one go or in two are the same, to the last bit, in line 3
    and in line 8.
    """
    settings = replace(SETTINGS, first=6 if done else 10, second=10)
    state = start(settings)
    if done:
        state = next_batches(state, DOMAINS, settings, done, no_pairs)
    whole = next_batches(state, DOMAINS, settings, 10, mined_pairs)
    part = next_batches(state, DOMAINS, settings, 3, mined_pairs)
    part = next_batches(part, DOMAINS, settings, 7, mined_pairs)
    assert whole.batches == done + 10
    assert everything(part) == everything(whole)


def test_pairs_are_chosen_once_between_the_lines():
    """Conformance: Algorithm 1 chooses pairs after the last batch of line 3, with the
    network of that moment, and never again; no call goes beyond line 3 or line 8.
    """
    asked = []

    def choose(network, source, target):
        asked.append((marked(network), len(source), len(target)))
        return np.array([[1, 0], [2, 1]])

    state = start()
    seen = []
    while state.batches < 14:
        before = state
        state = next_batches(state, DOMAINS, SETTINGS, 4, choose)
        seen.append((state.batches, len(asked), "pairs" in state.report))
        if state.batches == 6:
            line_3 = marked(before.network), marked(state.network)
    assert seen == [(4, 0, False), (6, 0, False), (10, 1, True), (14, 1, True)]
    assert asked == [(line_3[1], 60, 20)] and line_3[0] != line_3[1]
    assert state.pairs.tolist() == [[1, 0], [2, 1]]
    assert next_batches(state, DOMAINS, SETTINGS, 4, choose).batches == 14


def test_batches_end_with_line_3_and_with_line_8():
    """Composition: batches are cut at the end of line 3 and of line 8, and the network
    that was given stays as it is.
    """
    network = small_network()
    before = marked(network)
    state = initial_alignment(network, SETTINGS, RNG(9))
    counts = []
    while state.batches < SETTINGS.first + SETTINGS.second:
        state = next_batches(state, DOMAINS, SETTINGS, 5, mined_pairs)
        counts.append(state.batches)
    assert counts == [5, 6, 11, 14]
    assert marked(network) == before


def test_the_network_that_was_given_is_never_moved():
    """Purity: a step in place moves the copy, and not a bit of the caller's network."""
    network = small_network()
    before = marked(network)
    state = initial_alignment(network, SETTINGS, RNG(9))
    alignment_step(state, DOMAINS, SETTINGS)
    assert marked(network) == before != marked(state.network)


def test_the_whole_algorithm_is_its_pieces():
    """Composition: from the first batch to the last it ends in the bits of the pieces,
    with mined pairs.
    """
    whole = learn_aligned(small_network(), DOMAINS, SETTINGS, RNG(9))
    assert everything(whole) == everything(after(SETTINGS))


def test_the_rate_falls_to_zero_in_the_second_half():
    """Schedule: the rate is whole up to the middle of all batches, then falls in a
    line, and the classifier's rate stays.
    """
    settings = AlignmentSettings(first=4, second=4, batch=4, rate=0.5)
    state = start(settings)
    rates = []
    for _ in range(8):
        state = next_batches(state, DOMAINS, settings, 1, mined_pairs)
        rates.append(state.optimisers[0].param_groups[0]["lr"])
    assert rates == pytest.approx([0.5, 0.5, 0.5, 0.5, 0.5, 0.375, 0.25, 0.125])
    assert state.optimisers[1].param_groups[0]["lr"] == settings.classifier_rate


def test_lambda_falls_with_the_rate(monkeypatch):
    """Schedule: with `falling` λ is whole up to the middle of all batches and falls in
    a line; without it λ stays.
    """
    seen = []

    def spy(state, domains, settings):
        seen.append(settings.confusion)
        return {}

    monkeypatch.setattr(domain_confusion, "alignment_step", spy)
    settings = AlignmentSettings(confusion=0.4, first=4, second=4, batch=4)
    for falling in (True, False):
        now = replace(settings, falling=falling)
        minimise(start(now), DOMAINS, now, 8)
    wanted = [0.4, 0.4, 0.4, 0.4, 0.4, 0.3, 0.2, 0.1]
    assert seen[:8] == pytest.approx(wanted)
    assert seen[8:] == [0.4] * 8


def test_a_falling_lambda_changes_only_the_second_half():
    """Limit: up to the middle networks with a constant and a falling λ are the same to
    the last bit; afterwards they are not, unless λ is 0.
    """
    for lam, same in ((1.0, False), (0.0, True)):
        ends = {}
        for falling in (True, False):
            settings = replace(SETTINGS, confusion=lam, pairs=0.0, falling=falling)
            state = minimise(start(settings), DOMAINS, settings, 8)
            ends[falling] = marked(state.network)
            state = minimise(state, DOMAINS, settings, 6)
            ends[falling, "end"] = marked(state.network)
        assert ends[True] == ends[False]
        assert (ends[True, "end"] == ends[False, "end"]) == same


# --- batches


def test_batches_are_balanced(monkeypatch):
    """Balance: from 4 000 inputs of the source and 100 of the target a batch has as
    many of each, and all of both have their turn.
    """
    domains = TwoDomains(
        torch.arange(4000.0)[:, None].expand(-1, 5),
        torch.zeros(4000, 1),
        -1 - torch.arange(100.0)[:, None].expand(-1, 5),
        squared,
    )
    network = replaced_layers(small_network(standardised=False))
    seen = []

    def spy(logits, names):
        seen.append(names)
        return classifier_loss(logits, names)

    monkeypatch.setattr(domain_confusion, "classifier_loss", spy)
    settings = replace(SETTINGS, pairs=0.0, batch=32)
    state = initial_alignment(network, settings, RNG(0))
    heard = []
    state.classifier.register_forward_pre_hook(
        lambda module, x: heard.append(x[0][:, 0].detach().clone())
    )
    for _ in range(60):
        alignment_step(state, domains, settings)
    assert all(torch.bincount(names).tolist() == [32, 32] for names in seen)
    for names, x in zip(seen, heard[::2], strict=True):
        assert ((x < 0) == (names == 1)).all()
    values = torch.cat(heard[::2])
    assert len(set(values[values < 0].tolist())) == 100
    assert len(set(values[values >= 0].tolist())) > 1200


def test_a_batch_has_as_many_of_each_part():
    """Equation: 32 rows of each part by default; a part without weight is missing."""
    pairs = np.column_stack([np.arange(20), np.arange(20)])
    for lam, nu in ((0.0, 0.0), (0.3, 0.0), (0.0, 1.0), (0.3, 1.0)):
        settings = AlignmentSettings(confusion=lam, pairs=nu)
        state = replace(start(settings), pairs=pairs)
        parts, labels = drawn_batch(state, DOMAINS, settings)
        assert len(labels) == 32
        assert {name: len(part) for name, part in parts.items()} == dict.fromkeys(
            ["source", *["target"] * (lam > 0)]
            + ["pair, source", "pair, target"] * (nu > 0),
            32,
        )


def replaced_layers(network):
    """The network with features that are its inputs."""
    network.first = nn.Identity()
    network.rest = nn.Linear(5, 4, bias=False)
    with torch.no_grad():
        network.rest.weight.zero_()
        network.rest.weight[0, 0] = 1.0
    network.rest.requires_grad_(False)
    return network


def test_two_halves_of_one_domain_cannot_be_told():
    """Null: on two halves of one domain the classifier's loss stays near log 2 at a
    fixed representation; a shifted domain it tells, with the same effort.
    """
    settings = replace(ALONE, first=300, second=0, rate=0.0, confusion=1.0, batch=32)
    settings = replace(settings, classifier_rate=3e-3)
    data = inputs(4000, 0)
    losses = {}
    for name, target in (("same", data[2000:]), ("shifted", inputs(2000, 1, 3.0))):
        domains = TwoDomains(data[:2000], torch.zeros(2000, 1), target, squared)
        state = minimise(start(settings), domains, settings, 250)
        losses[name] = minimise(state, domains, settings, 50).report["classifier"]
    assert losses["same"] == pytest.approx(math.log(2), abs=0.05)
    assert losses["shifted"] < 0.5


# --- pairs


def test_a_target_that_is_the_source_is_paired_with_itself():
    """Limit: x_T = x_S mines the identity, for numbers and for images."""
    x = inputs(80, 0)
    same = np.column_stack([np.arange(80), np.arange(80)])
    assert np.array_equal(mined_pairs(small_network(), x, x), same)
    images = network_inputs(hook_images(40, 0.0, RNG(0)).images)
    pairs = mined_pairs(hook_network(RNG(1)), images, images)
    assert np.array_equal(pairs, same[:40])


@pytest.mark.parametrize("chunk", [1, 7, 30, 1000])
def test_pairs_are_those_of_every_comparison(monkeypatch, chunk):
    """Oracle: comparing all with all, one by one, finds the same pairs, however many
    images are compared at once.
    """
    monkeypatch.setattr(domain_confusion, "CHUNK", chunk)
    network = small_network()
    source = inputs(60, 0)
    target = inputs(9, 1)
    with torch.no_grad():
        seen = [network.first(x) for x in (source, target)]
    wanted = [
        [min(range(60), key=lambda i: (seen[0][i] - t).double().norm().item()), j]
        for j, t in enumerate(seen[1])
    ]
    pairs = mined_pairs(network, source, target)
    assert pairs.tolist() == wanted and pairs.dtype == np.int64


def test_equal_neighbours_are_settled_by_the_first(monkeypatch):
    """Ties: of source inputs that are exactly alike the first is taken, also where they
    are compared one after the other.
    """
    network = small_network()
    network.first = nn.Identity()
    source = inputs(3, 0).repeat(3, 1)
    for chunk in (500, 3, 2):
        monkeypatch.setattr(domain_confusion, "CHUNK", chunk)
        pairs = mined_pairs(network, source, source[[2, 0, 1]])
        assert pairs.tolist() == [[2, 0], [0, 1], [1, 2]]


def test_mined_pairs_are_nearer_in_pose_than_random_ones():
    """Mechanism: on clean looks that are near, hooks of a mined pair lie closer to each
    other than those of a random pair.
    """
    source, target = hook_images(400, 0.0, RNG(0)), hook_images(40, 0.3, RNG(1))
    pairs = mined_pairs(
        hook_network(RNG(2)),
        network_inputs(source.images),
        network_inputs(target.images),
    )
    i, j = pairs.T
    mined = errors(source.poses[i], target.poses[j])
    random = errors(source.poses[RNG(3).integers(400, size=40)], target.poses)
    assert j.tolist() == list(range(40))
    assert np.median(mined) < 0.6 * np.median(random)


# --- learning


def shuffled_losses():
    """Loss of the task at the end, over the labels' variance: true and shuffled."""
    seen = hook_images(1000, 0.0, RNG(0))
    poses = torch.tensor(10 * seen.poses, dtype=torch.float32)
    settings = replace(ALONE, first=0, second=150, batch=32, rate=3e-3)
    losses = []
    for labels in (poses, poses[torch.from_numpy(RNG(1).permutation(1000))]):
        domains = TwoDomains(
            network_inputs(seen.images),
            labels,
            network_inputs(seen.images[:2]),
            squared,
        )
        state = initial_alignment(hook_network(RNG(2)), settings, RNG(3))
        state = minimise(state, domains, settings, 120)
        end = minimise(state, domains, settings, 30).report["task"]
        losses.append(end / labels.var(0).mean().item())
    return losses


def test_hooks_are_learnt_and_shuffled_hooks_are_not():
    """Learning with a negative control: the loss falls far below the variance of the
    places; with shuffled places it does not.
    """
    true, shuffled = shuffled_losses()
    assert true < 0.4
    assert shuffled > 0.7


def test_confusion_and_pairs_bring_domains_together():
    """Mechanism: the source hardly varies in the number in which the target is shifted,
    so it cannot teach to ignore it. With λ the mean features of both domains come near
    each other; with pairs of equal labels answers in the target become right, too.
    """
    base = replace(ALONE, first=150, second=150, batch=32)
    domains = small_domains(600, 300, shift=4.0)
    domains.source[:, -1] *= 0.05
    labels = domains.target[:, :2].sum(dim=1, keepdim=True)
    nearest = (labels - domains.labels.T).abs().argmin(dim=1).numpy()
    choose = fixed_pairs(np.column_stack([nearest, np.arange(300)]))
    apart, error = {}, {}
    for name, lam, nu in (("alone", 0, 0), ("confusion", 1.0, 0), ("pairs", 0, 1.0)):
        settings = replace(base, confusion=lam, pairs=nu)
        state = start(settings)
        for _ in range(2):
            state = next_batches(state, domains, settings, 150, choose)
        with torch.no_grad():
            f, g = (state.network.features(x) for x in (domains.source, domains.target))
            apart[name] = (f.mean(0) - g.mean(0)).norm().item()
            error[name] = squared(state.network(domains.target), labels).item()
    assert apart["confusion"] < 0.5 * apart["alone"], (apart, error)
    assert error["pairs"] < 0.5 * error["alone"], (apart, error)


# --- bad input


@pytest.mark.parametrize("name", ["confusion", "pairs", "first", "second"])
def test_a_negative_setting_is_named(name):
    """Bad input: the error names the setting and its value."""
    for value in (-1, float("nan")):
        with pytest.raises(
            ValueError, match=f"{name} must not be negative; got {value}"
        ):
            AlignmentSettings(**{name: value})


@pytest.mark.parametrize("batch", [0, 1])
def test_a_batch_without_a_deviation_is_refused(batch):
    """Bad input: one example has no standard deviation."""
    with pytest.raises(ValueError, match=f"batch must be 2 or more; got {batch}"):
        AlignmentSettings(batch=batch)


def test_an_unknown_alignment_is_named():
    """Bad input: the error lists the alignments."""
    with pytest.raises(ValueError, match="confusion, reversal, flipped; got 'magic'"):
        AlignmentSettings(alignment="magic")


def test_no_pairs_are_refused():
    """Bad input: a choice without any pair is refused; with ν = 0 it is not asked."""
    state = minimise(start(), DOMAINS, SETTINGS, 6)
    nothing = fixed_pairs(np.zeros((0, 2), dtype=np.int64))
    with pytest.raises(ValueError, match="K ≥ 1"):
        next_batches(state, DOMAINS, SETTINGS, 2, nothing)
    next_batches(state, DOMAINS, replace(SETTINGS, pairs=0.0), 2, nothing)


def test_a_negative_number_of_batches_is_named():
    """Bad input: the error says what was given."""
    with pytest.raises(ValueError, match="batches must not be negative; got -1"):
        next_batches(start(), DOMAINS, SETTINGS, -1, mined_pairs)

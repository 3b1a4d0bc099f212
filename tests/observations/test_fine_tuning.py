"""What must hold of fine-tuning: which layers learn with which rate, what is frozen,
and what holds the network back.
"""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from small_layers import RNG, clouds, hashes, small_layers
from torch.nn.functional import cross_entropy

from lecture_code.observations.fine_tuning import (
    MENU,
    FineTuningSettings,
    fine_tune,
    fine_tuning_step,
    initial_fine_tuning,
    no_penalty,
    rates_at,
    renewed,
    split_network,
)
from lecture_code.observations.layered_network import five_layers, share_of_right
from lecture_code.observations.penalties import (
    EWC,
    L2SP,
    Rehearsal,
    copied_parameters,
    fisher_diagonal,
)

pytestmark = pytest.mark.usefixtures("one_torch_thread")
SOURCE = clouds(200, 0)
TARGET = clouds(40, 1, shift=2.0)
ALL = FineTuningSettings(layers=3, rate=1e-2, batch=16)


def tuned(network, settings=ALL, batches=12, penalty=None, seed=7, target=TARGET):
    """The state after so many batches."""
    state = initial_fine_tuning(network, RNG(seed))
    arguments = () if penalty is None else (penalty,)
    return fine_tune(state, target, settings, batches, *arguments)


def moments(state):
    """What Adam remembers of each layer, as numbers."""
    return [
        [
            {name: part.tolist() for name, part in state.optimiser.state[w].items()}
            for w in layer.parameters()
        ]
        for layer in state.network.layers
    ]


# --- which layers, and with which rate


def test_the_rates_are_those_of_the_equation():
    """Equation 1: η ρ^(L−l) for the last k layers and 0 below, one more layer after
    each pause of gradual unfreezing, the head alone while it is a probe.
    """
    rates = rates_at(FineTuningSettings(layers=3, rate=0.4, decay=0.5), 9, 5)
    assert rates == [0, 0, 0.1, 0.2, 0.4]
    gradual = FineTuningSettings(layers=4, rate=0.1, unfreeze=10)
    learning = [sum(rate > 0 for rate in rates_at(gradual, t, 5)) for t in range(60)]
    assert learning == [1] * 10 + [2] * 10 + [3] * 10 + [4] * 30
    probe = FineTuningSettings(layers=5, rate=0.1, probe=3, probe_rate=0.2)
    assert rates_at(probe, 2, 5) == [0, 0, 0, 0, 0.2]
    assert rates_at(probe, 3, 5) == [0.1] * 5
    both = replace(probe, unfreeze=2)
    assert [sum(map(bool, rates_at(both, t, 5))) for t in range(8)] == [
        *(1, 1, 1, 1, 1),
        *(2, 2, 3),
    ]
    assert not any(rates_at(replace(probe, layers=0), 0, 5))


def test_the_menu_has_the_ways_of_the_lecture():
    """Conformance: every way of the menu fits five layers; the linear probe learns the
    head, "last k" k layers, and the others all of them in the end.
    """
    learning = {
        name: sum(map(bool, rates_at(settings, 10_000, 5)))
        for name, settings in MENU.items()
    }
    assert learning["linear probe"] == 1
    assert [learning[f"last {k}"] for k in (2, 3, 4)] == [2, 3, 4]
    for name in ("all", "discriminative", "gradual", "probe, then all"):
        assert learning[name] == 5


def test_the_menu_has_the_rates_of_its_ways():
    """The rates of three ways at 0, 40, 100 and 160 batches: each layer 2.6 times
    slower than the one above, one more layer every 40 batches, the head alone for 100.
    """
    rates = {
        name: [rates_at(MENU[name], batch, 5) for batch in (0, 40, 100, 160)]
        for name in ("discriminative", "gradual", "probe, then all")
    }
    falling = [1e-3 / 2.6**depth for depth in (4, 3, 2, 1, 0)]
    for found in rates["discriminative"]:
        assert found == pytest.approx(falling)
    assert rates["gradual"] == [[0] * (5 - k) + [1e-3] * k for k in (1, 2, 3, 5)]
    head = [0, 0, 0, 0, 1e-2]
    assert rates["probe, then all"] == [head, head, [1e-3] * 5, [1e-3] * 5]


@pytest.mark.parametrize("k", [0, 1, 2, 3])
def test_frozen_is_frozen(k):
    """Invariance: parameters and running means of the frozen layers keep their hash,
    all other layers change theirs, in a network with normalisation, whatever its mode.
    """
    network = small_layers(normalised=True)
    network(SOURCE.inputs)
    before = hashes(network)
    state = tuned(network.train(), replace(ALL, layers=k))
    kept = [a == b for a, b in zip(before, hashes(state.network), strict=True)]
    assert kept == [True] * (3 - k) + [False] * k
    assert hashes(network) == before


def test_a_layer_without_gradients_still_drifts_in_training_mode():
    """Negative control: if only the gradients are switched off, the running means of a
    layer move, and with them what it answers; the hash of the buffers finds it out.
    """
    network = small_layers(normalised=True).train()
    network.requires_grad_(False)
    before = hashes(network)
    network(TARGET.inputs)
    assert [a == b for a, b in zip(before, hashes(network), strict=True)] == [
        False,
        False,
        True,
    ]


def test_a_layer_that_is_frozen_later_does_not_coast():
    """Invariance: a layer that has learnt, with momentum, stops at once when it is
    frozen, and its moments and its count of steps stay as they are.
    """
    state = initial_fine_tuning(small_layers(), RNG(7))
    for batch in range(5):
        fine_tuning_step(state, TARGET, ALL, batch, no_penalty)
    before = hashes(state.network), moments(state)
    for batch in range(5):
        fine_tuning_step(state, TARGET, replace(ALL, layers=1), batch, no_penalty)
    after = hashes(state.network), moments(state)
    for old, new in zip(before, after, strict=True):
        assert new[:2] == old[:2]
        assert new[2] != old[2]


def test_a_frozen_layer_gathers_no_momentum():
    """Invariance: Adam keeps moments of the layers that have learnt, and of no other,
    so that a layer which begins to learn later begins anew.
    """
    state = tuned(small_layers(), replace(ALL, layers=1))
    learning = [
        any(part in state.optimiser.state for part in layer.parameters())
        for layer in state.network.layers
    ]
    assert learning == [False, False, True]


def test_a_rate_of_zero_forgets_nothing():
    """Limit: with η = 0 no bit of parameters or buffers changes, and the accuracy on
    the source is what it was.
    """
    network = small_layers(normalised=True)
    network(SOURCE.inputs)
    state = tuned(network, replace(ALL, rate=0.0))
    assert hashes(state.network) == hashes(network)
    assert share_of_right(state.network, SOURCE) == share_of_right(network, SOURCE)
    assert state.loss > 0


def test_a_step_is_adams():
    """Oracle: discriminative fine-tuning with L2-SP is what a plain loop with one Adam
    for each layer computes.
    """
    settings = replace(ALL, decay=0.5, strength=0.3)
    network = small_layers()
    start = [part.detach().clone() for part in network.parameters()]
    state = tuned(network, settings, 6, L2SP(copied_parameters(network)))
    net = copy.deepcopy(network)
    adams = [
        torch.optim.Adam(layer.parameters(), lr=1e-2 * 0.5 ** (2 - depth))
        for depth, layer in enumerate(net.layers)
    ]
    rng = RNG(7)
    losses = []
    for _ in range(6):
        rows = rng.permutation(40)[:16]
        loss = cross_entropy(net(TARGET.inputs[rows]), TARGET.labels[rows])
        losses.append(loss.item())
        for part, old in zip(net.parameters(), start, strict=True):
            loss = loss + 0.3 * ((part - old) ** 2).sum() / 2
        net.zero_grad()
        loss.backward()
        for adam in adams:
            adam.step()
    for ours, theirs in zip(net.parameters(), state.network.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)
    assert state.loss == pytest.approx(np.mean(losses), rel=1e-5)


# --- the linear probe


def test_a_linear_probe_is_logistic_regression():
    """Oracle: with all examples in a batch, the head of a linear probe reaches the loss
    of scikit-learn's logistic regression on the cached features, to 0.001; and it is
    far from it before.
    """
    network = small_layers()
    data = clouds(300, 4)
    settings = FineTuningSettings(layers=1, rate=3e-2, batch=300)
    state = initial_fine_tuning(network, RNG(0))
    with torch.no_grad():
        features = network.activations(data.inputs, 2).double().numpy()
    y = data.labels.numpy()
    theirs = LogisticRegression(C=np.inf, tol=1e-8, max_iter=5000).fit(features, y)
    least = -np.mean(np.log(theirs.predict_proba(features)[np.arange(300), y]))

    def loss(state):
        return cross_entropy(state.network(data.inputs), data.labels).item()

    assert loss(state) > least + 0.1
    state = fine_tune(state, data, settings, 1500)
    assert abs(loss(state) - least) < 1e-3
    assert hashes(state.network)[:2] == hashes(network)[:2]
    assert least > 0.1  # the classes overlap: the least loss is not simply 0


def test_probe_then_all_without_all_is_the_probe():
    """Limit: as long as nothing but the probe has happened, "probe, then all" is the
    linear probe bit for bit; one batch later it is not.
    """
    network = small_layers()
    probe = replace(ALL, layers=1, rate=0.02)
    both = replace(ALL, probe=10, probe_rate=0.02)
    marks = [hashes(tuned(network, settings, 10).network) for settings in (probe, both)]
    assert marks[0] == marks[1]
    marks = [hashes(tuned(network, settings, 11).network) for settings in (probe, both)]
    assert marks[0] != marks[1]


# --- what holds it back


def penalties_of(network):
    """Each penalty, of this network and the source."""
    start = copied_parameters(network)
    return {
        "L2-SP": L2SP(start),
        "EWC": EWC(start, fisher_diagonal(network, SOURCE.inputs, RNG(5))),
        "rehearsal": Rehearsal(SOURCE, 16),
    }


@pytest.mark.parametrize("kind", ["L2-SP", "EWC", "rehearsal"])
def test_a_weight_of_zero_is_plain_fine_tuning(kind):
    """Limit: with λ = 0 a penalty changes no bit, and with a tiny λ nearly nothing;
    with λ = 1 it changes the network.
    """
    network = small_layers()
    penalty = penalties_of(network)[kind]
    plain = tuned(network)
    held = {
        strength: tuned(network, replace(ALL, strength=strength), penalty=penalty)
        for strength in (0.0, 1.0)
    }
    assert hashes(held[0.0].network) == hashes(plain.network)
    assert hashes(held[1.0].network) != hashes(plain.network)
    if kind != "rehearsal":  # it draws, and so other batches follow
        tiny = tuned(network, replace(ALL, strength=1e-9), penalty=penalty)
        for p, q in zip(
            tiny.network.parameters(), plain.network.parameters(), strict=True
        ):
            torch.testing.assert_close(p, q, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("kind", ["L2-SP", "EWC"])
def test_an_endless_weight_holds_the_network(kind):
    """Limit: the larger λ, the nearer the network stays, as the penalty itself
    measures; with a huge λ it stays within the size of a step, and it forgets nothing.
    """
    network = tuned(small_layers(), target=SOURCE, batches=150).network
    penalty = penalties_of(network)[kind]
    away = []
    for strength in (0.0, 10.0, 1e8):
        settings = replace(ALL, rate=2e-3, strength=strength)
        state = tuned(network, settings, 150, penalty)
        away.append(penalty(state.network, RNG(0)).item())
    assert away[0] > 3 * away[1] > 9 * away[2]
    before, after = (share_of_right(n, SOURCE) for n in (network, state.network))
    assert before > 0.8
    assert abs(after - before) < 0.02


def test_rehearsal_keeps_what_fine_tuning_forgets():
    """Learning with a negative control: on a target with exchanged classes plain
    fine-tuning forgets the source, and with rehearsal it forgets little.
    """
    source = clouds(200, 0, spread=0.6)
    network = tuned(small_layers(), target=source, batches=150).network
    assert share_of_right(network, source) > 0.9
    other = clouds(60, 3, shift=3.0, spread=0.6)
    target = replace(other, labels=(other.labels + 1) % 3)
    kept = {}
    for strength in (0.0, 1.0):
        settings = replace(ALL, strength=strength)
        state = tuned(network, settings, 200, Rehearsal(source, 16), target=target)
        assert share_of_right(state.network, target) > 0.9
        kept[strength] = share_of_right(state.network, source)
    assert kept[0.0] < 0.3
    assert kept[1.0] > 0.8


# --- where a network is cut


def test_split_networks_are_those_of_the_paper():
    """Conformance: AnB has n frozen layers of A below fresh ones, AnB⁺ lets all learn;
    A is not changed, and all fresh layers of n = 0 are those of "scratch".
    """
    donor = small_layers()
    before = hashes(donor)
    for n in range(4):
        start = split_network(donor, n, RNG(3))
        assert hashes(start)[:n] == before[:n]
        assert not set(hashes(start)[n:]) & set(before)
        frozen = tuned(start, replace(ALL, layers=3 - n)).network
        assert hashes(frozen)[:n] == before[:n]
        learnt = tuned(start, ALL).network
        assert not set(hashes(learnt)) & set(before)
    assert hashes(split_network(donor, 0, RNG(3))) == hashes(renewed(donor, RNG(3)))
    assert hashes(donor) == before


def test_a_renewed_network_knows_nothing():
    """Conformance: weights are drawn anew, as for a new network, and running means
    start again; the old network stays.
    """
    network = small_layers(normalised=True)
    network(SOURCE.inputs)
    before = hashes(network)
    assert hashes(renewed(network, RNG(4))) == hashes(small_layers(4, normalised=True))
    assert hashes(network) == before


# --- determinism, learning, bad input


def test_fine_tuning_is_pure_and_goes_on():
    """Determinism: a state is left as it was, goes on to the same bits again, and two
    halves are one whole.
    """
    settings = replace(ALL, strength=0.5, unfreeze=3)
    network = small_layers(normalised=True)
    penalty = penalties_of(network)["rehearsal"]
    half = tuned(network, settings, 5, penalty)
    before = hashes(half.network), str(half.rng.bit_generator.state)
    first, second = (fine_tune(half, TARGET, settings, 7, penalty) for _ in range(2))
    assert (hashes(half.network), str(half.rng.bit_generator.state)) == before
    whole = tuned(network, settings, 12, penalty)
    assert hashes(first.network) == hashes(second.network) == hashes(whole.network)
    assert first.loss == second.loss
    assert (half.batches, first.batches) == (5, 12)
    other = tuned(network, settings, 12, penalty, seed=8)
    assert hashes(other.network) != hashes(whole.network)


def test_it_learns_and_wrong_labels_teach_nothing():
    """Learning with a negative control: fine-tuned on the target, a network is right
    more often on other points of the target; with shuffled labels it is not.
    """
    network = tuned(small_layers(), target=SOURCE, batches=100).network
    tests = clouds(400, 9, shift=2.0, spread=0.7)
    target = clouds(60, 8, shift=2.0, spread=0.7)
    shuffled = replace(target, labels=target.labels[RNG(0).permutation(60)])
    fresh = renewed(network, RNG(2))
    right = {
        name: share_of_right(tuned(fresh, ALL, 150, target=data).network, tests)
        for name, data in (("true", target), ("shuffled", shuffled))
    }
    assert right["true"] > 0.85
    assert right["shuffled"] < 0.7


@pytest.mark.parametrize(
    ("make", "culprit"),
    [
        (lambda: FineTuningSettings(layers=-1), "layers must not be negative; got -1"),
        (lambda: FineTuningSettings(rate=float("nan")), "rate must not .* got nan"),
        (lambda: FineTuningSettings(strength=-1.0), "strength must not be negative"),
        (lambda: FineTuningSettings(decay=0.0), "decay must be positive; got 0"),
        (lambda: FineTuningSettings(batch=0), "batch must be 1 or more; got 0"),
        (
            lambda: tuned(small_layers(), replace(ALL, layers=4)),
            "4 layers shall learn, but the network has 3",
        ),
        (lambda: split_network(five_layers(RNG(0)), 6, RNG(0)), "0 to 5; got 6"),
    ],
)
def test_what_cannot_be_tuned_is_refused(make, culprit):
    """Bad input is refused by name."""
    with pytest.raises(ValueError, match=culprit):
        make()

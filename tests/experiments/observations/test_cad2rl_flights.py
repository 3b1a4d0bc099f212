"""What must hold of the comparison of *(CAD)²RL*."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from lecture_code.experiments.observations.cad2rl import looks, steering, variants
from lecture_code.experiments.observations.cad2rl.arms import ARMS, RULES, FlightArm
from lecture_code.experiments.observations.cad2rl.flights import (
    PROBES,
    SETTINGS,
    FlightRun,
    maps,
    metres,
    runs,
    small_flights,
    summarise,
)
from lecture_code.experiments.observations.cad2rl.weights import (
    load_collision_net,
    rounded_network,
)
from lecture_code.experiments.observations.progressive_nets.weights import from_rounded
from lecture_code.observations.collision_net import CollisionNet
from lecture_code.observations.corridor_flight import random_flights
from lecture_code.observations.flight_rules import (
    steering_rule,
    straight,
    three_aims,
)

pytestmark = pytest.mark.usefixtures("one_torch_thread")
SMALL = small_flights(SETTINGS["cad2rl"])


def finished(run):
    """The result of a run, and its records."""
    records = []
    while run.progress < 1:
        records.append(run.advance())
    return run.result(), records


@pytest.mark.parametrize("name", ARMS)
def test_every_arm_is_tested_before_and_after_its_rounds(name):
    """Conformance: an arm flies in "real" looks, in training looks and in its own,
    after the first training and after every round.
    """
    outcome, _ = finished(FlightRun(SMALL, ARMS[name], 0))
    families = {"real", "training", ARMS[name].family}
    assert set(outcome["tests"]) == families
    for tests in outcome["tests"].values():
        assert np.shape(tests) == (1 + SMALL.rounds, SMALL.flights)
    assert len(outcome["reports"]) == 1 + SMALL.rounds


def test_arms_differ_only_in_their_labels():
    """Limit: (CAD)²RL and pretraining have the same network after the first training,
    bit for bit, and another after a round.
    """
    ours = FlightRun(SMALL, ARMS["CAD2RL"], 0)
    theirs = FlightRun(SMALL, ARMS["pretraining"], 0)
    for run in (ours, theirs):
        for _ in range(len(PROBES) + 1):
            run.advance()
    assert same(ours.state.network, theirs.state.network)
    finished(ours)
    finished(theirs)
    assert not same(ours.state.network, theirs.state.network)


def same(network, other):
    """Whether two networks have the same parameters."""
    pairs = zip(network.parameters(), other.parameters(), strict=True)
    return all(bool((a == b).all()) for a, b in pairs)


def test_a_run_goes_on_where_it_was_interrupted():
    """Determinism: a run that was pickled between two stages ends as if it had not been
    interrupted.
    """
    whole, _ = finished(FlightRun(SMALL, ARMS["CAD2RL"], 0))
    run = FlightRun(SMALL, ARMS["CAD2RL"], 0)
    for _ in range(len(PROBES) + 3):
        run.advance()
    resumed, _ = finished(pickle.loads(pickle.dumps(run)))
    assert resumed["tests"] == whole["tests"]


def test_all_methods_fly_from_the_same_places():
    """Invariance: the flights of a seed start at the same places in every look, so a
    rule that sees nothing flies as far in all of them; another seed has other places.
    """
    test = replace(SMALL, flights=20, steps=20)
    real = metres(straight, "real", test, 0)
    np.testing.assert_array_equal(real, metres(straight, "training", test, 0))
    assert (real != metres(straight, "real", test, 1)).any()


def test_flights_of_a_test_are_in_held_out_maps():
    """Conformance: no map of the test is a map of the training."""
    training, held_out = maps("training").walls, maps("held-out").walls
    assert len(training) == 24
    assert len(held_out) == 12
    for walls in held_out:
        assert not (training == walls).all(axis=(1, 2)).any()


def test_an_arm_changes_what_its_name_says():
    """Conformance: family, textures and distance of an arm reach the method; all else
    is that of the comparison.
    """
    run = FlightRun(SMALL, FlightArm(family="single", textures=3, distance=2.5), 0)
    assert run.method.fit.family == "single"
    assert run.method.fit.textures == 3
    assert run.method.distance == 2.5
    assert run.method.horizon == SMALL.method.horizon


def test_rules_and_arms_come_together():
    """Conformance: the summary has every arm, every rule and the networks of the first
    seed, and the rounded weights make the network again.
    """
    results = {name: finished(run)[0] for name, run in runs(SMALL).items()}
    curves, arrays = summarise(SMALL, results)
    assert set(curves) == {*ARMS, "rules"}
    assert set(curves["rules"]) == set(RULES)
    for arm in ARMS:
        assert any(key.startswith(f"{arm} layers.0.weight") for key in arrays)


def test_rounded_weights_are_close():
    """Equation: 8 bits change a weight by at most half a level of its output."""
    network = CollisionNet(np.random.default_rng(0))
    theta = from_rounded(rounded_network(network))
    for name, value in network.named_parameters():
        rows = value.detach().numpy().reshape(len(value), -1)
        level = np.abs(rows).max(axis=1) / 127
        error = np.abs(theta[name].numpy().reshape(rows.shape) - rows).max(axis=1)
        assert (error <= 0.5 * level + 1e-7).all()


def test_an_unknown_network_is_refused():
    """Bad input: the error names the arms that have a network."""
    with pytest.raises(ValueError, match="CAD2RL"):
        load_collision_net("CAD3RL")


def test_looks_are_flown_family_by_family():
    """Conformance: every network flies in every family; training looks come first."""
    settings = replace(looks.SMOKE, families=("training", "real view"))
    results = {name: finished(run)[0] for name, run in looks.runs(settings).items()}
    curves, arrays = looks.summarise(settings, results)
    assert list(curves["CAD2RL"]) == ["training", "real view"]
    assert len(curves["CAD2RL"]["real view"]) == 1
    assert arrays == {}


def test_variants_change_one_thing_each():
    """Conformance: lenses, textures and distances are those of their names, and neither
    an arm nor its test differs from those of `cad2rl` in anything else.
    """
    for name, arm in variants.LENS.items():
        method = name.removesuffix(", random lens")
        assert arm == replace(ARMS[method], family="random lens")
    for name, arm in variants.TEXTURES.items():
        assert arm == replace(ARMS["pretraining"], textures=int(name.split()[0]))
    for name, arm in variants.CLASSIFIERS.items():
        distance = float(name.split(", ")[1].split()[0])
        assert arm == replace(ARMS["left-right-straight"], distance=distance)
    same = {"cad2rl_classifier": 2, "cad2rl_lens": 2, "cad2rl_textures": 0}
    for name, rounds in same.items():
        expected = replace(
            SETTINGS["cad2rl"],
            rules=False,
            stored=name == "cad2rl_classifier",
            rounds=rounds,
        )
        assert replace(variants.SETTINGS[name], arms=expected.arms) == expected


def test_right_answers_and_rollouts_fly_rule_by_rule():
    """Conformance: every rule flies from the places of the comparison, and three
    directions are three aims.
    """
    settings = replace(steering.SMOKE, seeds=(1,), flights=20, steps=10)
    results = {name: finished(run)[0] for name, run in steering.runs(settings).items()}
    curves, arrays = steering.summarise(settings, results)
    assert list(curves) == list(steering.rules(settings))
    assert arrays == {}
    test = replace(SMALL, flights=20, steps=10)
    flown = metres(steering_rule(1.0), "real", test, 1).mean()
    assert curves["labels 1 m"] == [round(float(flown), 2)]
    assert curves["labels 1 m"] != curves["roll-outs, three aims"]
    robots = random_flights(maps("held-out"), "real", 40, np.random.default_rng(0))
    rng = np.random.default_rng(0)
    three = steering.rules(settings)["roll-outs, three aims"](robots, rng)
    every = steering.rules(settings)["roll-outs, 15 aims"](robots, rng)
    assert set(three.tolist()) <= set(three_aims().tolist())
    assert len(set(every.tolist())) > 3


def test_the_longer_test_keeps_every_flight():
    """Conformance: the longer test has the same rules with roll-outs; it keeps the
    metres of each flight, whose mean is what the shorter test keeps.
    """
    settings = replace(steering.SMOKE_FAR, seeds=(1,), flights=10, steps=10)
    results = {name: finished(run)[0] for name, run in steering.runs(settings).items()}
    flights, _ = steering.every_flight(settings, results)
    means, _ = steering.summarise(settings, results)
    assert list(flights) == list(steering.rules(settings)) == list(means)
    assert {"roll-outs, three aims", "roll-outs, 15 aims"} < set(flights)
    for name, (metres_of_seed,) in flights.items():
        assert len(metres_of_seed) == 10
        assert means[name][0] == pytest.approx(np.mean(metres_of_seed), abs=0.06)

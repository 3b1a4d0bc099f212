"""What must hold of the tables and of the live cell of *(CAD)²RL*."""

from dataclasses import replace

import numpy as np
import pytest
from test_cad2rl_results import comparison, made_up, metres_of, with_lenses

from lecture_code.experiments.observations.cad2rl.flights import maps
from lecture_code.experiments.observations.cad2rl.weights import load_collision_net
from lecture_code.experiments.results import load_result
from lecture_code.experiments.summaries import mean_of_seeds, paired_ratio
from lecture_code.figures.observations import cad2rl as draw
from lecture_code.figures.observations.cad2rl import live
from lecture_code.figures.observations.cad2rl.flying import parameters
from lecture_code.observations.cad2rl import (
    aims_from_goal,
    choose_states,
    greedy,
    policy_iteration,
    rollout_labels,
)
from lecture_code.observations.collision_net import CollisionNet, Examples, as_batch
from lecture_code.observations.corridor_flight import STEP, Flights, fly_step
from lecture_code.observations.flight_rules import at_random


def words(table, row):
    """The words of a row of a table, by column."""
    return {name: entry.text for name, entry in table.entries[row].items()}


pytestmark = pytest.mark.usefixtures("one_torch_thread")
RNG = np.random.default_rng


def test_a_row_of_costs_is_one_look():
    """Equation: before is the first test, after the last, and the ratio that of the
    seeds.
    """
    table = draw.cost_table(comparison(), with_lenses())
    before = np.array([10.0, 11.0])
    assert words(table, "CAD²RL, “real” looks") == {
        "before": str(mean_of_seeds(before)),
        "after": str(mean_of_seeds(3 * before)),
        "ratio": str(paired_ratio(3 * before, before)),
    }
    own = words(table, "one texture, its own look")
    assert own["before"] == str(mean_of_seeds([50.0, 55.0]))
    with_all_lenses = words(table, "the same, random lenses")
    assert list(table.entries)[-2:] == [
        "CAD²RL, “real” looks",
        "the same, random lenses",
    ]
    assert with_all_lenses["ratio"] == str(paired_ratio([60, 132], [40, 40]))


def test_the_map_is_seen_by_rules():
    """Equation: the first row goes from the best clearance rule to exact roll-outs."""
    row = words(
        draw.cost_table(comparison(), with_lenses()), "no picture: the map itself"
    )
    assert row["before"] == str(mean_of_seeds([100.0, 200.0]))


def test_each_look_has_the_metres_of_each_network():
    """Equation: a cell is the mean of the sets of flights of one network."""
    curves = {
        "CAD2RL": {"training": [80.0, 90.0], "real view": [50.0, 60.0]},
        "pretraining": {"training": [60.0, 62.0], "real view": [40.0, 41.0]},
    }
    result = made_up("cad2rl_looks", curves)
    result = replace(result, settings={"families": ["training", "real view"]})
    table = draw.looks_table(result)
    row = words(table, "“real” view")
    assert row["CAD²RL"] == str(mean_of_seeds([50.0, 60.0]))
    assert row["pretraining"] == str(mean_of_seeds([40.0, 41.0]))
    assert "training looks" in table.entries
    assert draw.looks_table(result, ["CAD2RL"]).columns == ["CAD²RL"]


def test_longer_runs_have_ratios_of_their_own():
    """Equation: the ratio after more rounds is that of the last test of the long runs,
    and the ratio of the comparison stays.
    """
    ours = {"metres": {"real": metres_of(40, 80), "training": metres_of(50, 150)}}
    theirs = {"metres": {"real": metres_of(40), "training": metres_of(50)}}
    longer = made_up("cad2rl_longer", {"CAD2RL": ours, "pretraining": theirs})
    text = draw.numbers(comparison(), longer=longer)
    assert text["longer_ratio"].startswith("2.0")
    assert text["longer_ratio_training"].startswith("3.0")
    assert text["ratio"].startswith("1.0")


def test_scores_are_counted_by_label(monkeypatch):
    """Equation: every aim is counted once, in the group of its label."""
    labels = np.array([[1.0] * 10 + [0.2] * 4 + [0.0], [0.8] * 15])
    poses = np.array([[8.0, 8.0, 0.0]] * 2)
    walls = maps("training").walls[0]
    row, column = np.argwhere(~walls[1:-1, 1:-1])[40] + 1
    poses[:, :2] = (column + 0.5) * 0.5, (row + 0.5) * 0.5
    examples = Examples(np.zeros(2, dtype=int), poses, labels)
    network = CollisionNet(RNG(0)).requires_grad_(False)
    monkeypatch.setattr(live, "GROUPS", (1.0, 0.8, 0.2, 0.0))
    means, counts = live.mean_scores(network, maps("training"), examples)
    assert counts == [10, 15, 4, 1]
    assert np.isfinite(means).all()


def test_the_live_cell_leaves_its_network_alone():
    """Invariance: an iteration gives a new network; the first one stays as it is."""
    network = CollisionNet(RNG(0))
    before = draw.live_state(network)
    kept = parameters(network)[0][0].copy()
    settings = replace(draw.LIVE, states=20, training=2)
    after = policy_iteration(before, maps("training"), settings, draw.live_rng())
    np.testing.assert_array_equal(parameters(before.network)[0][0], kept)
    assert (parameters(after.network)[0][0] != kept).any()


def test_solutions_have_numbers_of_their_own():
    """Equation: labels after five steps are those of the live state, more steps never
    give a larger mean label of the same states, and every look has its metres.
    """
    networks = {arm: CollisionNet(RNG(0)) for arm in ("CAD2RL", "pretraining")}
    settings = replace(draw.LIVE, states=60, training=2)
    before = draw.live_state(networks["pretraining"])
    after = policy_iteration(before, maps("training"), settings, draw.live_rng())
    told = draw.exercise_numbers(
        networks, after, maps("training"), maps("held-out"), settings, flights=4
    )
    assert told["label_five"] == f"{after.report['label']:.2f}"
    assert told["mixed_five"] == f"{after.report['mixed']:.2f}"
    assert float(told["label_ten"]) <= float(told["label_five"])
    states = choose_states(
        greedy(networks["CAD2RL"]), maps("training"), settings, draw.live_rng()
    )
    blind = rollout_labels(states, at_random, 5, draw.live_rng())
    assert told["blind_label"] == f"{blind.mean():.2f}"
    assert {"flown_plain", "flown_dark", "flown_high", "own_label"} < set(told)


def test_the_classifier_of_the_corner_is_the_tuned_one():
    """Conformance: the network of the corner picture is the committed one of the
    distance that is compared.
    """
    first, classifier = load_result("cad2rl"), load_result("cad2rl_classifier")
    distance = draw.tuned_distance(first, classifier)
    arm = f"left-right-straight, {distance:g} m"
    expected = load_collision_net(arm, "cad2rl_classifier").state_dict()
    found = draw.classifier_network(first, classifier).state_dict()
    assert all(bool((found[name] == value).all()) for name, value in expected.items())
    untuned = load_collision_net("left-right-straight").state_dict()
    assert not all(bool((found[n] == value).all()) for n, value in untuned.items())


def test_the_page_flies_the_networks_of_the_chapter():
    """Conformance: the page gets three networks layer by layer, and straight ahead."""
    networks = {arm: CollisionNet(RNG(n)) for n, arm in enumerate(draw.NETWORKS)}
    element = draw.fly_in_page(networks)
    names = ["CAD²RL", "pretraining", "one texture", "straight ahead"]
    assert list(element.networks) == names
    assert element.networks["straight ahead"] is None
    assert len(parameters(networks["CAD2RL"])) == 6


def test_the_goal_of_the_page_shows_what_beta_does():
    """Statistics: from the start of the page, in its first look and without noise,
    (CAD)²RL arrives with β = 0.5 and crashes on the way with β = 1; without a goal it
    does not come near.
    """
    networks = {arm: load_collision_net(arm) for arm in draw.NETWORKS}
    element = draw.fly_in_page(networks)
    goal = element.goals[0]
    ends = {}
    for beta in (0.0, 0.5, 1.0):
        robot = Flights.initial(
            element.stack,
            np.zeros(1, dtype=int),
            element.starts[:1],
            element.looks["real"][:1],
        )
        gap = np.inf
        while not robot.crashed[0] and robot.metres[0] < 30 and gap >= STEP:
            value = network_values(networks["CAD2RL"], robot)
            value = value + beta * np.cos(aims_from_goal(robot, np.array(goal)))
            robot = fly_step(robot, value.argmax(axis=1))
            gap = np.hypot(*(robot.poses[0, :2] - goal))
        ends[beta] = gap < STEP and not robot.crashed[0]
    assert ends == {0.0: False, 0.5: True, 1.0: False}


def network_values(network, robot):
    """Q of one robot that sees a picture without noise, (1, 15)."""
    picture = robot.images(RNG(0), noise=0)
    return network(as_batch(picture)).sigmoid().numpy()

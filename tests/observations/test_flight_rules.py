"""What must hold of the rules that (CAD)²RL is compared with."""

import math

import numpy as np
import pytest
import torch
from small_corridors import (
    RNG,
    corner,
    hall,
    mirrored,
    mirrored_policy,
    pillars,
    robots,
    scattered,
)

from lecture_code.observations import collision_net, corridor_flight
from lecture_code.observations.cad2rl import rollout_labels
from lecture_code.observations.collision_net import (
    CollisionNet,
    Examples,
    FitSettings,
    as_batch,
    fit_network,
)
from lecture_code.observations.corridor_flight import (
    AIMS,
    N_AIMS,
    STEP,
    fly,
    free_ahead,
    random_flights,
)
from lecture_code.observations.flight_rules import (
    SMOOTHING,
    SteeringSettings,
    at_random,
    clearance_rule,
    clearances,
    exact_rollouts,
    fit_steering,
    steer,
    steering_labels,
    steering_logits,
    steering_loss,
    steering_rule,
    straight,
    three_aims,
)
from lecture_code.vision import MapStack, held_out_maps

pytestmark = pytest.mark.usefixtures("one_torch_thread")
AHEAD = N_AIMS // 2
RULE = clearance_rule(2.0)
# in `corner`: far from the corner; before it, from both sides; along its outer wall
FAR = (2.0, 1.75, 0.0)
BEFORE = (5.4, 1.75, 0.0)
BACK = (5.75, 2.9, -math.pi / 2)


class Answers(torch.nn.Module):
    """A network that gives these logits, whatever it sees."""

    def __init__(self, logits):
        super().__init__()
        self.logits = torch.tensor(logits, dtype=torch.float32)

    def forward(self, images):
        return self.logits


def weights(network):
    return torch.cat([part.detach().flatten() for part in network.parameters()])


def test_rules_that_see_nothing():
    """Straight on is the middle aim of every robot; a random robot uses all aims, and
    has its seed.
    """
    flights = scattered(200)
    assert (straight(flights, RNG(0)) == AHEAD).all() and AIMS[AHEAD] == 0
    aims = at_random(flights, RNG(0))
    assert set(aims.tolist()) == set(range(N_AIMS))
    assert np.array_equal(aims, at_random(flights, RNG(0)))
    assert not np.array_equal(aims, at_random(flights, RNG(1)))


def test_clearances_are_the_ways_to_the_wall():
    """By hand: in an empty hall the way to the wall ahead is distance / cos(angle)."""
    ways = clearances(robots(hall(), [5.0, 4.0, 0.0], [5.0, 4.0, math.pi]))
    np.testing.assert_allclose(ways[0], 2.5 / np.cos(AIMS))
    expected = np.minimum(4.5 / np.cos(AIMS), 3.5 / np.maximum(np.sin(-AIMS), 1e-9))
    expected = np.minimum(expected, 3.5 / np.maximum(np.sin(AIMS), 1e-9))
    np.testing.assert_allclose(ways[1], expected)


def test_the_clearance_rule_turns_the_corner():
    """By hand, in a corner: straight on in the corridor, left before the corner, right
    on the way back; the mirrored robots fly the mirrored way.
    """
    flights = robots(corner(), FAR, BEFORE, BACK)
    aims = RULE(flights, RNG(0))
    assert aims[0] == AHEAD and aims[1] < AHEAD - 3 and aims[2] > AHEAD + 3
    assert np.array_equal(mirrored_policy(RULE)(flights, RNG(0)), aims)


def test_the_clearance_rule_does_not_depend_on_the_other_robots():
    """Invariance: a robot alone flies where it flies among others; where all ways are
    long enough it flies straight on.
    """
    flights = scattered(60, stack=hall(), ahead=1.5)
    for distance in (0.8, 2.0):
        rule = clearance_rule(distance)
        aims = rule(flights, RNG(0))
        alone = [int(rule(flights[n : n + 1], RNG(0))[0]) for n in range(60)]
        assert aims.tolist() == alone
        wide = (clearances(flights) > distance).all(axis=1)
        assert wide.sum() > 5 and (aims[wide] == AHEAD).all()


def test_the_clearance_rule_is_a_weighted_mean_of_ways():
    """Oracle: one aim and one neighbour at a time; before the corner the ways are those
    to the wall ahead, or to the wall on the right.
    """
    x, y, _ = BEFORE
    ways = [(6.5 - x) / math.cos(a) for a in AIMS]
    right = [(y - 1.0) / math.sin(-a) if a < 0 else math.inf for a in AIMS]
    ways = [min(pair) for pair in zip(ways, right, strict=True)]
    np.testing.assert_allclose(clearances(robots(corner(), BEFORE))[0], ways)
    flights = scattered(60)
    for distance in (0.7, 3.0):
        aims = clearance_rule(distance)(flights, RNG(0))
        for n, way in enumerate(clearances(flights)):
            values = []
            for a in range(N_AIMS):
                weight = [
                    math.exp(-(((a - b) / SMOOTHING) ** 2) / 2) for b in range(N_AIMS)
                ]
                total = sum(
                    w * min(d, distance) for w, d in zip(weight, way, strict=True)
                )
                values.append(total / sum(weight))
            assert values[aims[n]] == pytest.approx(max(values), abs=1e-8)
    assert len(set(aims.tolist())) > 5


def test_steering_labels_in_a_corner():
    """By hand: straight on while the way ahead is free; before the corner left, on the
    way back right.
    """
    flights = robots(corner(), FAR, BEFORE, BACK)
    expected = np.eye(3)[[1, 0, 2]]
    assert np.array_equal(steering_labels(flights, 2.0), expected)
    near = steering_labels(flights, 0.5)  # so far the way is free everywhere
    assert np.array_equal(near, np.eye(3)[[1, 1, 1]])
    # with 1.2 m, the aims on the left are free before the corner, and none on the right
    free = free_ahead(flights[1:2], 1.2)[0]
    assert free[0] and not free[AHEAD:].any()
    assert np.array_equal(steering_labels(flights, 1.2)[1], [1, 0, 0])


def test_more_free_aims_count_before_a_longer_way():
    """By hand: a robot before a wall turns to the side with more free aims, although
    the longest way is on the other side.
    """
    walls = np.ones((20, 20), bool)
    walls[8:12, 4:12] = False  # a corridor along x, up to a wall at x = 6 m
    walls[5:8, 9:12] = False  # a wide bay on the right
    walls[11, 12:19] = False  # a long slot in this wall, on the left
    stack = MapStack(walls[None], 0.5)
    flights = robots(stack, [4.6, 5.0, 0.0])
    free = free_ahead(flights, 1.3)[0]
    ways = clearances(flights)[0]
    assert not free[AHEAD] and free[AHEAD:].sum() > free[:AHEAD].sum()
    assert ways[:AHEAD].max() > ways[AHEAD:].max()
    assert np.array_equal(steering_labels(flights, 1.3), [[0, 0, 1]])


def test_steering_labels_are_mirrored():
    """Invariance: a mirrored robot gets the mirrored answer; every answer occurs, and
    each row has one.
    """
    flights = scattered(80)
    y = steering_labels(flights, 1.5)
    assert np.array_equal(steering_labels(mirrored(flights), 1.5), y[:, ::-1])
    assert (y.sum(axis=1) == 1).all() and (y.sum(axis=0) > 5).all()


def test_three_logits_are_means_over_thirds():
    """Equation by hand: five aims each give left, straight on and right; the loss is
    the cross-entropy of these three.
    """
    logits = torch.tensor(RNG(0).normal(size=(4, N_AIMS)))
    three = steering_logits(logits)
    by_hand = [[row[i : i + 5].mean() for i in (0, 5, 10)] for row in logits]
    torch.testing.assert_close(three, torch.tensor(by_hand))
    y = torch.eye(3, dtype=torch.float64)[[0, 1, 2, 0]]
    expected = -(y * three.log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(steering_loss(logits, y), expected)


def test_left_right_straight_cannot_follow_a_goal():
    """The classifier flies one of three aims, whatever it sees: each is flown where its
    third of the columns is best, and the way to a goal lies between them.
    """
    thirds = np.repeat(np.eye(3), 5, axis=1)
    for turn in (0, 3):
        aims = steer(Answers(thirds), turn)(scattered(3), RNG(0))
        assert aims.tolist() == [turn, AHEAD, N_AIMS - 1 - turn]
    flown = steer(CollisionNet(RNG(0)))(scattered(80, family="training"), RNG(0))
    assert set(flown.tolist()) <= {0, AHEAD, N_AIMS - 1}
    goal = math.radians(27)
    assert np.abs(AIMS[[0, AHEAD, N_AIMS - 1]] - goal).min() > math.radians(20)
    assert np.abs(AIMS - goal).min() < math.radians(5)


def test_the_classifier_sees_what_the_robots_see():
    """The answer is that of the network for the robots' images, with their noise."""
    network = CollisionNet(RNG(0))
    flights = scattered(40, family="training")
    with torch.no_grad():
        three = steering_logits(network(as_batch(flights.images(RNG(3)))))
    aims = np.array([0, AHEAD, N_AIMS - 1])[three.argmax(1).numpy()]
    assert np.array_equal(steer(network)(flights, RNG(3)), aims)
    assert len(set(aims.tolist())) > 1


def fitted(seed, network=None, **settings):
    settings = SteeringSettings(FitSettings(batch=8, **settings), states=30)
    network = CollisionNet(RNG(0)) if network is None else network
    return fit_steering(network, pillars(), 3, settings, RNG(seed))


def test_a_classifier_has_its_seed():
    """Determinism: the same seed gives the same classifier, bit for bit; the network
    that it starts from stays.
    """
    network = CollisionNet(RNG(0))
    (first, loss), (again, same), (other, _) = (fitted(s, network) for s in (1, 1, 2))
    assert torch.equal(weights(first), weights(again)) and loss == same
    assert not torch.equal(weights(first), weights(other))
    assert torch.equal(weights(network), weights(CollisionNet(RNG(0))))
    assert not torch.equal(weights(first), weights(network))


def test_the_classifier_sees_only_the_looks_of_its_settings(monkeypatch):
    """No held-out look is used: the looks that the network sees are of the settings'
    family, and of its first textures.
    """
    pictured = []
    see = corridor_flight.see

    def watched(stack, maps, poses, looks, *rest):
        pictured.append(looks)
        return see(stack, maps, poses, looks, *rest)

    monkeypatch.setattr(corridor_flight, "see", watched)
    fitted(0, family="training", textures=2)
    assert [looks.family for looks in pictured] == ["training"] * 3
    assert {int(wall) for looks in pictured for wall in looks.walls.ravel()} == {0, 1}


def test_the_classifier_learns_where_to_turn():
    """Learning with a negative control: after a short training on one map the answers
    in new states are right more often than those of a network whose labels were
    shuffled across states, and than always straight on.
    """
    stack = pillars(1)
    looks = FitSettings(family="single", batch=32)
    settings = SteeringSettings(looks, states=300)
    network, _ = fit_steering(CollisionNet(RNG(0)), stack, 60, settings, RNG(1))
    states = random_flights(stack, "single", 300, RNG(2))
    y = steering_labels(states, settings.distance)[RNG(3).permutation(300)]
    shuffled = Examples(states.maps, states.poses, y)
    control, _ = fit_network(
        CollisionNet(RNG(0)), stack, shuffled, steering_loss, 60, looks, RNG(1)
    )
    new = random_flights(stack, "single", 200, RNG(4))
    right = steering_labels(new, settings.distance).argmax(axis=1)
    aims = np.array([0, AHEAD, N_AIMS - 1])
    shares = [
        (steer(net)(new, RNG(5)) == aims[right]).mean() for net in (network, control)
    ]
    common = np.bincount(right).max() / 200
    assert shares[0] > common + 0.15 and shares[1] < common + 0.05


def test_exact_rollouts_never_crash_at_once_where_another_aim_does_not():
    """Where any aim survives the next step, the aim that is chosen does; the rule's
    own aim does not always.
    """
    flights = scattered(120)
    free = free_ahead(flights, STEP)
    some = free.any(axis=1)
    assert some.sum() > 60
    for horizon in (1, 4):
        aims = exact_rollouts(straight, horizon)(flights, RNG(0))
        assert free[some, aims[some]].all()
    assert not free[some, AHEAD].all()


def test_exact_rollouts_take_only_the_aims_that_they_may():
    """Oracle: of the allowed aims the one with the largest label is taken; allowing all
    changes nothing.
    """
    flights = scattered(80)
    aims = three_aims()
    y = rollout_labels(flights, RULE, 4, RNG(0))
    flown = exact_rollouts(RULE, 4, aims)(flights, RNG(0))
    assert set(flown.tolist()) == set(aims.tolist())
    best = y[:, aims].max(axis=1)
    assert np.array_equal(y[np.arange(80), flown], best)
    every = exact_rollouts(RULE, 4)(flights, RNG(0))
    assert (best < y[np.arange(80), every]).any()
    allowing_all = exact_rollouts(RULE, 4, np.arange(N_AIMS))
    assert np.array_equal(allowing_all(flights, RNG(0)), every)


def test_the_steering_rule_gives_the_right_answers():
    """Equation: its aim is that of the classifier's label, with turns of the same size;
    before the corner it turns left, on the way back right.
    """
    flights = robots(corner(), FAR, BEFORE, BACK)
    assert steering_rule(2.0)(flights, RNG(0)).tolist() == [AHEAD, 0, N_AIMS - 1]
    assert steering_rule(0.5)(flights, RNG(0)).tolist() == [AHEAD] * 3
    many = scattered(80)
    answers = steering_labels(many, 1.5).argmax(axis=1)
    aims = steering_rule(1.5, turn=3)(many, RNG(0))
    assert np.array_equal(aims, np.array([3, AHEAD, N_AIMS - 4])[answers])


@pytest.mark.parametrize("base", [straight, RULE], ids=["straight", "rule"])
def test_exact_rollouts_take_the_best_label_next_to_the_rule(base):
    """Oracle: the aim has the largest label of the rule's own roll-outs, and of equal
    ones it is the one nearest to the rule's aim.
    """
    flights = scattered(40)
    y = rollout_labels(flights, base, 4, RNG(0))
    own = base(flights, RNG(0))
    aims = exact_rollouts(base, 4)(flights, RNG(0))
    for n, aim in enumerate(aims):
        best = [a for a in range(N_AIMS) if y[n, a] == y[n].max()]
        assert aim in best
        assert abs(aim - own[n]) == min(abs(a - own[n]) for a in best)
    keeps = y[np.arange(40), own] == y.max(axis=1)
    assert np.array_equal(aims[keeps], own[keeps]) and 5 < keeps.sum() < 40


def test_exact_rollouts_fly_further_than_their_rule():
    """Policy improvement: in held-out maps the mean way is longer than that of the rule
    which the roll-outs fly on by, for both rules and a fixed seed.
    """
    stack = MapStack.from_maps(held_out_maps()[:3])
    start = scattered(16, 1, stack, ahead=1.5)
    ways = {}
    for name, base in (("straight", straight), ("rule", clearance_rule(1.0))):
        for policy in (base, exact_rollouts(base, 4)):
            *_, last = fly(policy, start, 25, RNG(0))
            ways.setdefault(name, []).append(last.metres.mean())
    for base, exact in ways.values():
        assert exact > 1.2 * base
    assert ways["straight"][0] < ways["rule"][0]


def test_rules_leave_the_robots_alone():
    """No rule moves a robot, and none draws looks."""
    flights = scattered(10)
    before = flights.poses.copy()
    with pytest.MonkeyPatch.context() as patch:
        for module in (corridor_flight, collision_net):
            patch.setattr(module, "draw_looks", None)
        rules = (straight, at_random, RULE, exact_rollouts(RULE, 3), steering_rule(2.0))
        for policy in rules:
            assert policy(flights, RNG(0)).shape == (10,)
    assert np.array_equal(flights.poses, before) and not flights.crashed.any()


@pytest.mark.parametrize(
    ("make", "culprit"),
    [
        (lambda: steer(CollisionNet(RNG(0)), 7), "turn must be 0 to 6 aims; got 7"),
        (lambda: steer(CollisionNet(RNG(0)), -1), "turn must be 0 to 6 aims; got -1"),
        (lambda: exact_rollouts(RULE, 0), "at least one step; got horizon 0"),
        (lambda: steering_rule(2.0, 7), "turn must be 0 to 6 aims; got 7"),
        (lambda: exact_rollouts(RULE, 1, np.array([15])), r"aims go from 0 .* \[15\]"),
        (lambda: clearance_rule(0.0), "up to some distance; got 0.0 m"),
        (lambda: clearance_rule(math.nan), "up to some distance; got nan m"),
        (
            lambda: fitted(0, family="dreams"),
            "no family of looks 'dreams'; there is: training, single, real",
        ),
    ],
)
def test_bad_input_is_named(make, culprit):
    """Errors name a turn, a horizon, a distance and looks that cannot be."""
    with pytest.raises(ValueError, match=culprit):
        make()

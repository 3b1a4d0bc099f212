"""What must hold of (CAD)²RL."""

import copy
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from small_corridors import (
    RNG,
    hall,
    mirrored,
    mirrored_policy,
    pillars,
    robots,
    scattered,
)

from lecture_code.observations import cad2rl, collision_net, corridor_flight
from lecture_code.observations.cad2rl import (
    FLIGHTS,
    LAST_STEPS,
    Cad2rlSettings,
    Cad2rlState,
    aims_from_goal,
    choose_states,
    collision_loss,
    free_space,
    greedy,
    label,
    learn_to_fly,
    minimise_loss,
    policy_iteration,
    pretrain,
    rollout_labels,
)
from lecture_code.observations.collision_net import (
    CollisionNet,
    Examples,
    FitSettings,
    scores,
)
from lecture_code.observations.corridor_flight import (
    AIMS,
    CHECK,
    N_AIMS,
    RADIUS,
    STEP,
    fly,
    fly_step,
    free_ahead,
    random_flights,
)
from lecture_code.observations.flight_rules import at_random, clearance_rule, straight
from lecture_code.vision import GridMap, collides
from lecture_code.vision.grid_map import touching

pytestmark = pytest.mark.usefixtures("one_torch_thread")
RULE = clearance_rule(2.0)
SMALL = Cad2rlSettings(
    fit=FitSettings(batch=8),
    free_states=30,
    states=40,
    pretraining=3,
    training=3,
    horizon=3,
)
both_rules = pytest.mark.parametrize("rule", [straight, RULE], ids=["straight", "rule"])


def labels(flights, rule=RULE, horizon=5, **options):
    return rollout_labels(flights, rule, horizon, RNG(0), **options)


def weave(flights, rng):
    """An aim that depends on place and heading."""
    x, y, heading = flights.poses.T
    return np.floor(7.5 + 7 * np.sin(5 * heading + 3 * x + 2 * y)).astype(np.int64)


def first_state(seed=0):
    """The state after a short pretraining."""
    return pretrain(pillars(), SMALL, RNG(seed))


def weights(network):
    return torch.cat([part.detach().flatten() for part in network.parameters()])


@pytest.mark.parametrize("rule", [straight, RULE, at_random])
@pytest.mark.parametrize("discount", [1.0, 0.6])
def test_labels_do_not_rise_with_the_horizon(rule, discount):
    """Invariance: y(H) ≤ y(H − 1) for every state and aim, and some labels fall."""
    flights = scattered(15)
    ys = [labels(flights, rule, H, discount=discount) for H in range(1, 8)]
    for longer, shorter in zip(ys[1:], ys[:-1], strict=True):
        assert (longer <= shorter + 1e-12).all()
    assert (ys[-1] < ys[0]).mean() > 0.1


@both_rules
def test_a_first_step_into_a_wall_has_the_label_zero(rule):
    """y = 0 exactly where the first step collides; elsewhere y counts at least this
    step.
    """
    flights = scattered(30)
    y = labels(flights, rule)
    free = free_ahead(flights, STEP)
    assert 0.1 < free.mean() < 0.9
    assert (y[~free] == 0).all() and (y[free] >= 1 / 5).all() and (y <= 1).all()


@both_rules
def test_labels_have_the_symmetry_of_a_mirror(rule):
    """Invariance: map and heading mirrored, and a mirrored policy, give y(−a); the
    labels themselves are not symmetric.
    """
    flights = scattered(30)
    y = labels(flights, rule)
    other = labels(mirrored(flights), mirrored_policy(rule))
    assert np.array_equal(other, y[:, ::-1])
    assert not np.array_equal(y, y[:, ::-1])


@pytest.mark.parametrize("discount", [1.0, 0.3])
def test_one_step_is_the_free_space_of_one_step(discount):
    """Limit: with H = 1 the labels are the labels of pretraining at the distance of one
    step, bit for bit, whatever the policy.
    """
    flights = scattered(30)
    free = free_ahead(flights, STEP).astype(float)
    for rule in (straight, at_random):
        assert np.array_equal(labels(flights, rule, 1, discount=discount), free)


def plain_label(grid, pose, aim, rule, horizon, discount, ask):
    """Equation 1 for one robot and one aim, one check of the way at a time."""
    x, y, heading = pose
    alive = True
    total, weight = 0.0, 0.0
    for t in range(horizon):
        if alive:
            heading += AIMS[aim]
            for _ in range(round(STEP / CHECK)):
                x += CHECK * math.cos(heading)
                y += CHECK * math.sin(heading)
                if collides(grid, x, y, RADIUS):
                    alive = False
                    break
        total += discount**t * alive
        weight += discount**t
        if alive:
            aim = ask(rule, (x, y, heading))
    return total / weight


@pytest.mark.parametrize("rule", [straight, weave])
@pytest.mark.parametrize("discount", [1.0, 0.7])
def test_labels_are_those_of_one_robot_at_a_time(rule, discount):
    """Oracle, equation 1: a plain loop over one robot gives the same labels, with a
    discount and without.
    """
    stack = pillars(1)
    grid = GridMap(stack.walls[0])
    flights = scattered(6, 2, stack)

    def ask(rule, pose):
        return int(rule(robots(stack, pose), RNG(0))[0])

    plain = [
        [plain_label(grid, pose, a, rule, 4, discount, ask) for a in range(N_AIMS)]
        for pose in flights.poses
    ]
    y = labels(flights, rule, 4, discount=discount)
    np.testing.assert_allclose(y, plain, rtol=0, atol=1e-12)
    assert len(np.unique(y)) > 3


def test_who_has_crashed_is_never_alive_again():
    """A robot that has crashed before a roll-out has the label 0 for every aim, and its
    policy is not asked.
    """
    flights = robots(hall(), [7.2, 4, 0], [4, 4, 0])
    flights = fly_step(flights, np.array([7, 7]))
    assert flights.crashed.tolist() == [True, False]
    away = flights.poses + np.array([0, 0, math.pi])
    turned = replace(flights, poses=away)
    y = labels(turned)
    assert (y[0] == 0).all() and (y[1] > 0).all()
    asked = []

    def policy(some, rng):
        asked.append(len(some))
        return straight(some, rng)

    assert (labels(turned[np.array([0])], policy) == 0).all() and not asked


def test_the_policy_flies_on_after_the_first_step():
    """A roll-out of H steps asks the policy H − 1 times, only for robots that fly, and
    each robot flies where its own answer says.
    """
    flights = scattered(6)
    asked = []

    def policy(some, rng):
        assert not some.crashed.any()
        asked.append(len(some))
        return straight(some, rng)

    labels(flights, policy, 4)
    first = free_ahead(flights, STEP).sum()
    assert len(asked) == 3 and asked[0] == first and asked[2] < asked[1] < first


def test_random_continuation_underestimates_the_policy():
    """Policy evaluation: labels of random flights after the first step are lower on
    average than labels of flights that follow the rule, and more so for a longer
    horizon.
    """
    flights = scattered(40)
    gaps = []
    for horizon in (2, 6):
        own = labels(flights, RULE, horizon)
        random = labels(flights, at_random, horizon)
        gaps.append(own.mean() - random.mean())
    assert 0 < gaps[0] < gaps[1] and gaps[1] > 0.1


def test_the_gradient_vanishes_where_q_is_the_label():
    """Equation: at Q = y the loss has gradient 0, but the loss itself is not 0 for
    labels between 0 and 1; elsewhere the gradient is (Q − y) / number of labels.
    """
    y = torch.tensor(RNG(0).uniform(0.05, 0.95, (4, N_AIMS)))
    logits = y.logit().requires_grad_()
    loss = collision_loss(logits, y)
    loss.backward()
    assert logits.grad.abs().max() < 1e-12 and loss.item() > 0.3
    entropy = -(y * y.log() + (1 - y) * (1 - y).log()).mean()
    torch.testing.assert_close(loss.detach(), entropy)
    logits = torch.tensor(RNG(1).normal(size=(4, N_AIMS)), requires_grad=True)
    loss = collision_loss(logits, y)
    loss.backward()
    Q = logits.detach().sigmoid()
    by_hand = -(y * Q.log() + (1 - y) * (1 - Q).log()).mean()  # eq. 2
    torch.testing.assert_close(loss.detach(), by_hand)
    torch.testing.assert_close(logits.grad, (Q - y) / y.numel())


def test_without_a_goal_the_best_score_is_flown():
    """Equation 3: the policy takes the aim with the largest Q; β = 0 changes nothing
    where there is a goal, and β changes nothing where there is none.
    """
    network = CollisionNet(RNG(0))
    flights = scattered(40, family="training")
    Q = scores(network, flights, RNG(5))
    aims = greedy(network)(flights, RNG(5))
    assert np.array_equal(Q[np.arange(40), aims], Q.max(axis=1))
    assert len(set(aims.tolist())) > 3
    goal = np.array([4.0, 4.0])
    assert np.array_equal(greedy(network, 0.0, goal)(flights, RNG(5)), aims)
    assert np.array_equal(greedy(network, 3.0)(flights, RNG(5)), aims)


def test_a_large_beta_flies_to_the_goal():
    """Limit, equation 3: with a large β the robot takes the aim nearest to its goal, so
    that it arrives in an empty hall; a goal on the left is flown to on the left.
    """
    network = CollisionNet(RNG(0))
    flights = scattered(40)
    goals = RNG(1).uniform(1, 8, (40, 2))
    aims = greedy(network, 1e6, goals)(flights, RNG(0))
    for aim, (x, y, heading), (goal_x, goal_y) in zip(
        aims, flights.poses, goals, strict=True
    ):
        off = [
            abs(math.remainder(math.atan2(goal_y - y, goal_x - x) - a, 2 * math.pi))
            for a in heading + AIMS
        ]
        assert off[aim] == pytest.approx(min(off))
    start = robots(hall(24, 24), [2, 2, 0], [9, 3, 2], [3, 9, -1])
    goal = np.array([8.0, 7.0])
    ways = [
        np.hypot(*(flown.poses[:, :2] - goal).T)
        for flown in fly(greedy(network, 1e6, goal), start, 40, RNG(0))
    ]
    assert (np.min(ways, axis=0) < STEP).all()
    ahead = robots(hall(), [4, 4, 0])
    left = greedy(network, 1e6, np.array([[5.0, 6.0]]))(ahead, RNG(0))
    assert left[0] < N_AIMS // 2


def test_beta_weighs_the_goal_against_the_score():
    """Equation 3 by hand: the largest Q + β cos(angle) is flown, and for a middle β it
    is neither always the best score nor always the direction of the goal.
    """
    network = CollisionNet(RNG(0))
    flights = scattered(40, family="training")
    goals = RNG(1).uniform(1, 8, (40, 2))
    beta = 0.3
    Q = scores(network, flights, RNG(5))
    aims = greedy(network, beta, goals)(flights, RNG(5))
    for n, (x, y, heading) in enumerate(flights.poses):
        bearing = math.atan2(goals[n, 1] - y, goals[n, 0] - x)
        values = [
            Q[n, a] + beta * math.cos(bearing - heading - AIMS[a])
            for a in range(N_AIMS)
        ]
        assert values[aims[n]] == pytest.approx(max(values))
    for other in (greedy(network), greedy(network, 1e6, goals)):
        assert not np.array_equal(aims, other(flights, RNG(5)))


def test_a_goal_lies_where_the_angle_says():
    """By hand: a goal straight ahead is 0 from the middle aim, and the angle of an aim
    on the left is negative; one goal stands for all robots.
    """
    flights = robots(hall(), [4, 4, math.pi / 2], [4, 3, math.pi / 2])
    angles = aims_from_goal(flights, np.array([4.0, 6.0]))
    np.testing.assert_allclose(angles, np.tile(-AIMS, (2, 1)), atol=1e-12)
    assert (angles[:, 0] < 0).all()
    each = aims_from_goal(flights, np.array([[4.0, 6.0], [4.0, 6.0]]))
    assert np.array_equal(each, angles)


def test_pretraining_labels_free_space():
    """The examples of pretraining have the labels of `free_ahead` at the distance of
    the settings, in random states.
    """
    settings = replace(SMALL, distance=1.7)
    examples = free_space(pillars(), 50, settings, RNG(0))
    flights = robots(pillars(), *examples.poses, maps=examples.maps)
    assert len(examples) == 50 and set(examples.maps.tolist()) == {0, 1}
    assert np.array_equal(examples.labels, free_ahead(flights, 1.7))
    assert not np.array_equal(examples.labels, free_ahead(flights, 1.0))


def test_a_pretrained_network_flies_further_than_a_new_one():
    """Learning with a negative control: after a short pretraining on one map robots fly
    more than twice as far as with the network's first weights.
    """
    stack = pillars(1)
    settings = Cad2rlSettings(
        FitSettings(family="single", batch=32), free_states=300, pretraining=60
    )
    state = pretrain(stack, settings, RNG(0))
    assert len(state.examples) == 300 and not state.labelled
    start = scattered(20, stack=stack, ahead=1.5)
    flown = []
    for network in (CollisionNet(RNG(0)), state.network):
        *_, last = fly(greedy(network), start, 15, RNG(1))
        flown.append(last.metres.mean())
    assert flown[1] > 2 * flown[0]


def test_a_report_tells_mean_and_spread_of_labels():
    """By hand: two of three states have labels that differ."""
    y = np.array([[0, 0.5], [1, 1], [0.2, 0.3]])
    report = Examples(np.zeros(3, int), np.zeros((3, 3)), y).report()
    assert report == {"label": pytest.approx(0.5), "mixed": pytest.approx(2 / 3)}


@pytest.mark.parametrize(("crashes", "uniform"), [(0.4, 0.25), (0, 0.5), (0.3, 0.7)])
def test_states_come_in_the_shares_of_the_settings(monkeypatch, crashes, uniform):
    """The first states are new places; then come the last steps before a crash, then
    any states of the policy's flights, turned a little; their map and place stay.
    """
    seen = []
    original = cad2rl.visited

    def visited(*arguments):
        seen.append(original(*arguments))
        return seen[-1]

    monkeypatch.setattr(cad2rl, "visited", visited)
    settings = replace(SMALL, states=60, crashes=crashes, uniform=uniform)
    states = choose_states(RULE, pillars(), settings, RNG(0))
    ((flown, left),) = seen
    assert len(states) == 60 and (left == 0).any() and (left >= LAST_STEPS).any()
    n_uniform, n_late = round(60 * uniform), round(60 * crashes)
    same = (states.poses[:, None, :2] == flown.poses[:, :2]).all(2)
    assert not same[:n_uniform].any() and same[n_uniform:].any(1).all()
    rows = same[n_uniform:].argmax(1)
    assert (left[rows[:n_late]] < LAST_STEPS).all()
    rest = left[rows[n_late:]]
    assert (rest >= LAST_STEPS).any() == (uniform + crashes < 1)
    assert np.array_equal(states.maps[n_uniform:], flown.maps[rows])
    turns = states.poses[n_uniform:, 2] - flown.poses[rows, 2]
    assert 0.05 < turns.std() < 0.2 and (turns != 0).all()
    x, y, _ = states.poses.T.copy()
    stack = states.stack
    assert not touching(stack.walls, stack.cell, states.maps, x, y, RADIUS).any()
    assert not states.crashed.any()


def test_states_are_where_the_policy_flies():
    """States come from the policy that was asked for: it flies from `FLIGHTS` places
    with a free way ahead.
    """
    asked = []

    def policy(flights, rng):
        asked.append(flights)
        return straight(flights, rng)

    choose_states(policy, pillars(), SMALL, RNG(0))
    assert len(asked[0]) == FLIGHTS and 1 < len(asked) <= 50
    assert free_ahead(asked[0], 1.5)[:, N_AIMS // 2].all()


def test_uniform_states_lie_anywhere():
    """Unlike the flights, uniform states need no free way ahead: as many as among
    random places have a wall right before them.
    """
    settings = replace(SMALL, states=1000, crashes=0, uniform=1)
    states = choose_states(RULE, pillars(), settings, RNG(0))
    assert len(states) == 1000
    places = random_flights(pillars(), "training", 2000, RNG(1))
    for ahead in (0.3, cad2rl.AHEAD):
        free, expected = (
            free_ahead(some, ahead)[:, N_AIMS // 2].mean() for some in (states, places)
        )
        assert 0.1 < expected < 0.95 and abs(free - expected) < 0.05


def test_without_a_crash_the_other_states_make_up_the_number(monkeypatch):
    """Limit: a policy that never crashes leaves no last steps; the number of states
    stays.
    """
    settings = Cad2rlSettings(states=30, crashes=0.5, uniform=0.4)

    def circle(flights, rng):
        return np.zeros(len(flights), np.int64)

    monkeypatch.setattr(cad2rl, "FLIGHTS", 3)
    stack = hall(200, 200)
    start = scattered(3, 5, stack, ahead=1.5)
    *_, last = fly(circle, start, cad2rl.FLIGHT_STEPS, RNG(0))
    assert not last.crashed.any()  # of the flights below, which start there
    assert len(choose_states(circle, stack, settings, RNG(5))) == 30


def test_only_the_looks_of_the_settings_are_seen(monkeypatch):
    """No held-out look is used: wherever pretraining and iteration draw looks for a
    picture, they are of the settings' family, and of its first textures.
    """
    drawn = []
    original = corridor_flight.draw_looks

    def draw_looks(family, n, rng, textures=None):
        looks = original(family, n, rng, textures)
        drawn.append(looks)
        return looks

    pictured = []
    see = corridor_flight.see

    def watched(stack, maps, poses, looks, *rest):
        pictured.append(looks)
        return see(stack, maps, poses, looks, *rest)

    for module in (corridor_flight, collision_net, cad2rl):
        monkeypatch.setattr(module, "draw_looks", draw_looks)
    monkeypatch.setattr(corridor_flight, "see", watched)
    settings = replace(SMALL, fit=FitSettings("training", textures=2, batch=4))
    state = pretrain(pillars(), settings, RNG(0))
    policy_iteration(state, pillars(), settings, RNG(1))
    assert {looks.family for looks in drawn} == {"training"}
    assert len(pictured) > 10
    used = {int(wall) for looks in pictured for wall in looks.walls.ravel()}
    assert used == {0, 1}


def test_an_iteration_has_its_seed_and_changes_nothing():
    """Determinism: an iteration leaves its state alone, and gives the same state for
    the same seed, bit for bit; another seed gives another.
    """
    state = first_state()
    before = copy.deepcopy(state)
    first, again, other = (
        policy_iteration(state, pillars(), SMALL, RNG(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(weights(state.network), weights(before.network))
    assert state.report == before.report and not state.labelled
    for name in ("maps", "poses", "labels"):
        kept = getattr(before.examples, name)
        assert np.array_equal(getattr(state.examples, name), kept)
        one = getattr(first.examples, name)
        assert np.array_equal(one, getattr(again.examples, name))
    assert torch.equal(weights(first.network), weights(again.network))
    assert first.report == again.report
    assert not torch.equal(weights(first.network), weights(other.network))
    assert not torch.equal(weights(first.network), weights(state.network))


def test_pretraining_and_iterations_have_their_own_batches(monkeypatch):
    """Conformance: pretraining learns for the batches of `pretraining`, and an
    iteration for those of `training`.
    """
    asked = []
    original = cad2rl.fit_network

    def fit_network(network, stack, examples, loss, batches, *others):
        asked.append(batches)
        return original(network, stack, examples, loss, batches, *others)

    monkeypatch.setattr(cad2rl, "fit_network", fit_network)
    settings = replace(SMALL, pretraining=1, training=2)
    state = pretrain(pillars(), settings, RNG(0))
    policy_iteration(state, pillars(), settings, RNG(1))
    assert asked == [1, 2]


def test_labels_of_all_iterations_are_kept():
    """The labels of roll-outs replace those of pretraining; later ones join them."""
    state = first_state()
    one = policy_iteration(state, pillars(), SMALL, RNG(1))
    two = policy_iteration(one, pillars(), SMALL, RNG(2))
    assert len(state.examples) == 30 and not state.labelled
    assert len(one.examples) == 40 and one.labelled
    assert len(two.examples) == 80 and two.labelled
    assert np.array_equal(two.examples.labels[:40], one.examples.labels)
    new = two.examples.labels[40:]
    assert two.report["label"] == pytest.approx(new.mean())  # of the last labels
    assert set(two.report) == {"label", "mixed", "loss"}


def test_labels_evaluate_the_policy_of_the_network():
    """Algorithm 1, lines 3 and 4: states and labels come from the greedy policy of the
    network, with horizon and discount of the settings; the network stays.
    """
    state = first_state()
    settings = replace(SMALL, horizon=4, discount=0.5)
    labelled = label(state, pillars(), settings, RNG(7))
    rng = RNG(7)
    policy = greedy(state.network)
    states = choose_states(policy, pillars(), settings, rng)
    y = rollout_labels(states, policy, 4, rng, 0.5)
    assert np.array_equal(labelled.examples.labels, y)
    assert np.array_equal(labelled.examples.poses, states.poses)
    assert np.array_equal(labelled.examples.maps, states.maps)
    assert labelled.network is state.network
    assert labelled.report == labelled.examples.report()


def test_the_loop_is_pretraining_and_then_rounds():
    """Algorithm 1: the loop gives the state after pretraining and after each round, bit
    for bit those of the single calls; without a round it is pretraining alone.
    """
    states = list(learn_to_fly(pillars(), 2, SMALL, RNG(4)))
    rng = RNG(4)
    expected = [pretrain(pillars(), SMALL, rng)]
    for _ in range(2):
        expected.append(policy_iteration(expected[-1], pillars(), SMALL, rng))
    assert [len(state.examples) for state in states] == [30, 40, 80]
    for one, other in zip(states, expected, strict=True):
        assert torch.equal(weights(one.network), weights(other.network))
        assert one.report == other.report
    assert len(list(learn_to_fly(pillars(), 0, SMALL, RNG(4)))) == 1


def test_learning_keeps_the_examples():
    """Algorithm 1, line 5: only network and loss change; no batches change no
    weights.
    """
    state = first_state()
    after = minimise_loss(state, pillars(), 2, SMALL, RNG(3))
    assert after.examples is state.examples
    assert after.report.keys() == state.report.keys()
    assert after.report["loss"] != state.report["loss"]
    assert not torch.equal(weights(after.network), weights(state.network))
    still = minimise_loss(state, pillars(), 0, SMALL, RNG(3))
    assert torch.equal(weights(still.network), weights(state.network))
    assert isinstance(after, Cad2rlState)


@pytest.mark.parametrize(
    ("make", "culprit"),
    [
        (lambda: labels(scattered(1), horizon=0), "at least one step; got horizon 0"),
        (
            lambda: labels(scattered(1), discount=0),
            r"discount must lie in \(0, 1\]; got 0",
        ),
        (
            lambda: labels(scattered(1), discount=1.5),
            r"discount must lie in \(0, 1\]; got 1\.5",
        ),
        (
            lambda: labels(scattered(1), discount=math.nan),
            r"discount must lie in \(0, 1\]; got nan",
        ),
        (
            lambda: aims_from_goal(scattered(3), np.zeros((2, 2))),
            r"goal of 3 robots must be \(2,\) or \(3, 2\); got \(2, 2\)",
        ),
        (
            lambda: Cad2rlSettings(crashes=0.8, uniform=0.3),
            "shares, at most 1 together; got 0.8 and 0.3",
        ),
        (
            lambda: Cad2rlSettings(crashes=-0.1),
            "shares, at most 1 together; got -0.1",
        ),
        (
            lambda: pretrain(
                pillars(), replace(SMALL, fit=FitSettings("dreams")), RNG(0)
            ),
            "no family of looks 'dreams'; there is: training, single, real",
        ),
    ],
)
def test_bad_input_is_named(make, culprit):
    """Errors name horizon, discount, goals, shares and looks that cannot be."""
    with pytest.raises(ValueError, match=culprit):
        make()

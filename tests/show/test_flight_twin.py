"""What must hold of the robots that fly in the page: they see, think and fly as
Python's do.
"""

import numpy as np
import pytest
from flight_samples import (
    BETA,
    CIRCLES,
    NAMES,
    STACK,
    a_flight,
    a_network,
    as_in_page,
    noiseless,
    robots,
    seen,
    some_looks,
    values,
)

from lecture_code.observations.cad2rl import rollout_labels
from lecture_code.observations.corridor_flight import AIMS, fly_step, random_flights

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("one_torch_thread")]

LOOK = """([map, family, look, poses]) => {
  const { flight } = document.querySelector("corridor-flight");
  Object.assign(flight.values, { map, family, look, policy: 0 });
  return poses.map(([x, y, heading]) => {
    const { Q, image } = flight.think({ x, y, heading });
    return [[...image], [...Q]];
  });
}"""
FLY = """([values, starts, goal, steps]) => {
  const { flight } = document.querySelector("corridor-flight");
  Object.assign(flight.values, values);
  flight.goal = goal && { x: goal[0], y: goal[1] };
  return starts.map(([x, y, heading]) => {
    flight.place({ x, y, heading });
    const found = [];
    for (let t = 0; t < steps; t++) {
      flight.step();
      const { pose, metres, crashed } = flight;
      found.push([pose.x, pose.y, pose.heading, metres, +crashed]);
    }
    return found;
  });
}"""
ROLL = """([map, horizon, starts]) => {
  const { flight } = document.querySelector("corridor-flight");
  Object.assign(flight.values, { map, horizon: horizon - 1, family: 0, look: 0 });
  return starts.map(([x, y, heading]) => {
    flight.place({ x, y, heading });
    flight.grow(Infinity);
    return flight.fan.labels(horizon);
  });
}"""


def in_map(m, n, seed=0):
    """Poses of robots at random places of one map."""
    flights = random_flights(STACK, "training", 120, np.random.default_rng(seed))
    poses = flights.poses[flights.maps == m][:n]
    assert len(poses) == n
    return poses


@pytest.mark.parametrize("family", [0, 1, 2], ids=list(some_looks()))
def test_the_page_sees_and_thinks_what_python_does(family, visit):
    """Parity: every pixel and every Q of some places is Python's to 1e-5, in every
    family of looks: gamma, dark corners and blur included.
    """
    page = visit(a_flight())
    network = as_in_page(a_network(0))
    name, looks = list(some_looks().items())[family]
    for number in range(len(looks)):
        for m in range(len(NAMES)):
            poses = in_map(m, 4, number)
            flights = robots(np.full(4, m), poses, looks[number : number + 1])
            found = page.evaluate(LOOK, [m, family, number, poses.tolist()])
            images = np.array([image for image, _ in found]).reshape(4, 32, 64, 3)
            wanted = seen(flights)
            assert np.ptp(wanted) > 0.2, f"{name} must not be blank"
            np.testing.assert_allclose(images, wanted, atol=1e-5)
            np.testing.assert_allclose(
                [Q for _, Q in found], values(network, flights), atol=1e-5
            )


def flown(policy, flights, steps):
    """Poses, metres and crashes after each step, (steps, N, 5)."""
    rng = np.random.default_rng(0)
    history = []
    for _ in range(steps):
        flights = fly_step(flights, policy(flights, rng))
        history.append(
            np.column_stack([flights.poses, flights.metres, flights.crashed])
        )
    return np.array(history)


def compare(page, network, number, poses, goal, steps):
    """Flights in the room with pillars, where robots can fly in circles: Python's, if
    the page's are the same.
    """
    policy = noiseless(as_in_page(network), BETA, goal)
    flights = robots(np.full(len(poses), 2), poses, some_looks()["real"][:1])
    wanted = flown(policy, flights, steps)
    chosen = {"map": 2, "policy": number, "family": 0, "look": 0, "beta": 5}
    found = np.array(page.evaluate(FLY, [chosen, poses.tolist(), goal, steps]))
    np.testing.assert_allclose(found.swapaxes(0, 1), wanted, atol=1e-9)
    return wanted


def test_a_hundred_steps_are_pythons(visit):
    """Parity: robots that fly for a hundred steps, and robots that crash and stay where
    they crashed, are where Python's are.
    """
    poses = in_map(2, 4)
    wanted = compare(visit(a_flight()), a_network(CIRCLES), 1, poses, None, 100)
    assert wanted[-1, :, 4].tolist() == [1, 1, 0, 0]
    assert wanted[-1, 2:, 3] == pytest.approx(80)


def test_a_goal_is_pythons(visit):
    """Parity: robots that fly to a goal decide as Python's do; without the goal they
    fly elsewhere.
    """
    page = visit(a_flight())
    poses = in_map(2, 6)
    there = compare(page, a_network(0), 0, poses, [8.0, 8.0], 12)
    free = compare(page, a_network(0), 0, poses, None, 12)
    assert np.abs(there - free)[..., :2].max() > 0.5


def test_who_does_not_look_flies_straight_on(visit):
    """Equation: without a network the heading stays, 0.8 m a step, until the wall; a
    crash counts the metres up to the check that found it.
    """
    start = [in_map(1, 1)[0].tolist()]
    found = np.array(
        visit(a_flight()).evaluate(FLY, [{"map": 1, "policy": 2}, start, [1, 1], 40])
    )[0]
    assert (found[:, 2] == start[0][2]).all() and found[-1, 4] == 1
    way = np.hypot(*(found[-1, :2] - start[0][:2]))
    assert way == pytest.approx(found[-1, 3], abs=1e-9)
    assert found[-1, 3] / 0.1 == pytest.approx(round(found[-1, 3] / 0.1), abs=1e-6)


@pytest.mark.parametrize("horizon", [1, 4])
def test_the_fan_is_the_label(horizon, visit):
    """Parity: the share of steps that each aim survives is Python's label of the
    state.
    """
    page = visit(a_flight())
    poses = in_map(1, 6)
    flights = robots(np.ones(6, dtype=int), poses, some_looks()["real"][:1])
    policy = noiseless(as_in_page(a_network(0)))
    wanted = rollout_labels(flights, policy, horizon, np.random.default_rng(0))
    found = page.evaluate(ROLL, [1, horizon, poses.tolist()])
    np.testing.assert_allclose(found, wanted, atol=1e-12)
    assert wanted.min() == 0 and wanted.max() > 0


def test_a_fan_grows_and_is_cut(visit):
    """Invariance: a deeper fan begins with the fan that it was, so labels of fewer
    steps can be read from it.
    """
    page = visit(a_flight())
    poses = in_map(1, 4).tolist()
    fewer = page.evaluate(ROLL, [1, 2, poses])
    read = page.evaluate(ROLL.replace("labels(horizon)", "labels(2)"), [1, 5, poses])
    assert read == fewer


def test_the_aims_are_pythons(visit):
    """Equation: angle_a = −atan(u_a tan 50°), aim 0 is left."""
    found = visit(a_flight()).evaluate("RealityGap.corridor.AIMS")
    np.testing.assert_allclose(found, AIMS, atol=1e-15)
    assert found[0] > 0

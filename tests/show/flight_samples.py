"""What the tests of `<corridor-flight>` fly with: held-out maps, random networks, and
what Python says of them.
"""

import numpy as np
import torch

from lecture_code.observations.cad2rl import aims_from_goal
from lecture_code.observations.collision_net import CollisionNet, as_batch
from lecture_code.observations.corridor_flight import Flights
from lecture_code.show import corridor_flight
from lecture_code.show.packed_networks import packed, parameters_of, unpacked
from lecture_code.vision import MapStack, draw_looks, held_out_maps

NAMES = ("L", "zig-zag", "pillars")
STACK = MapStack.from_maps([held_out_maps()[n] for n in (1, 3, 4)])
BETA = 0.3  # position 5 of the slider
CIRCLES = 21  # seed of a network that always turns, as far as it can


def a_network(seed=0):
    """A network without training."""
    return CollisionNet(np.random.default_rng(seed))


def for_page(network):
    """Its weights and biases, as `corridor_flight` wants them."""
    return parameters_of(network.state_dict())


def as_in_page(network):
    """The network with the weights that the page computes with."""
    layers = [part for part in network.layers if isinstance(part, torch.nn.Conv2d)]
    numbers = unpacked(packed(for_page(network)))
    for layer, (weight, bias) in zip(layers, numbers, strict=True):
        layer.weight.data = torch.from_numpy(weight)
        layer.bias.data = torch.from_numpy(bias)
    return network


def some_looks():
    """Two looks of each family."""
    rng = np.random.default_rng(3)
    return {family: draw_looks(family, 2, rng) for family in ("real", "training")} | {
        "single": draw_looks("single", 1, rng)
    }


def a_flight(**options):
    """The element with two networks and the policy that looks at nothing."""
    policies = {
        "first": for_page(a_network(0)),
        "second": for_page(a_network(CIRCLES)),
        "straight ahead": None,
    }
    given = {"title": "Fly", "names": NAMES, "looks": some_looks()} | options
    return corridor_flight(STACK, policies, **given)


def robots(maps, poses, look):
    """Robots that all see the world in one look."""
    looks = look[np.zeros(len(maps), dtype=int)]
    return Flights.initial(STACK, np.asarray(maps), np.array(poses), looks)


def seen(flights):
    """What the robots see without noise, (N, 32, 64, 3)."""
    return flights.images(np.random.default_rng(0), noise=0)


def values(network, flights):
    """Q of what the robots see without noise, (N, 15)."""
    with torch.no_grad():
        return network(as_batch(seen(flights))).sigmoid().numpy()


def noiseless(network, beta=0.0, goal=None):
    """The policy of a network that sees pictures without noise."""

    def policy(flights, rng):
        value = values(network, flights)
        if goal is not None:
            goals = np.broadcast_to(goal, (len(flights), 2))
            value = value + beta * np.cos(aims_from_goal(flights, goals))
        return value.argmax(axis=1)

    return policy

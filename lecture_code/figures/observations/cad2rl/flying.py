"""The networks of the chapter, flown in the page."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from lecture_code.experiments.observations.cad2rl.weights import load_collision_net
from lecture_code.experiments.results import Result
from lecture_code.figures.observations.cad2rl.flown import tuned_distance
from lecture_code.observations.collision_net import CollisionNet
from lecture_code.show import corridor_flight
from lecture_code.show.corridor_flight import CorridorFlight
from lecture_code.show.packed_networks import Parameters
from lecture_code.vision import MapStack, held_out_maps

NETWORKS = ("CAD2RL", "pretraining", "one texture", "left-right-straight")
"""Arms whose networks the chapter shows."""
FILMED = ("one texture", "CAD2RL")
"""Arms of the first picture."""
POLICIES = {
    "CAD²RL": "CAD2RL",
    "pretraining": "pretraining",
    "one texture": "one texture",
}
"""Name of a button -> arm."""
MAPS = (4, 1, 2, 3)  # of the held-out maps: pillars, and each kind with corners
GOAL = (12.3, 10.9)  # in the first map [m]


def parameters(network: CollisionNet) -> Parameters:
    """Weight and bias of each layer."""
    return [
        (layer.weight.detach().numpy(), layer.bias.detach().numpy())
        for layer in network.layers
        if isinstance(layer, nn.Conv2d) and layer.bias is not None
    ]


def classifier_network(result: Result, classifier: Result) -> CollisionNet:
    """The network of the classifier with its best distance, of the first seed.

    Args:
        result: `cad2rl`.
        classifier: `cad2rl_classifier`.
    """
    distance = tuned_distance(result, classifier)
    name = "left-right-straight"
    if distance == result.settings["arms"][name]["distance"]:
        return load_collision_net(name, result.name)
    return load_collision_net(f"{name}, {distance:g} m", classifier.name)


def fly_in_page(networks: Mapping[str, CollisionNet]) -> CorridorFlight:
    """Corridors of the test, in which the reader lets three networks fly.

    Args:
        networks: by arm.
    """
    maps = [held_out_maps()[number] for number in MAPS]
    policies: dict[str, Parameters | None] = {
        name: parameters(networks[arm]) for name, arm in POLICIES.items()
    }
    return corridor_flight(
        MapStack.from_maps(maps),
        policies | {"straight ahead": None},
        title="Fly",
        names=[grid.name for grid in maps],
        goals={0: GOAL},
    )

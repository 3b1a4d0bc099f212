"""The live cell of *(CAD)²RL*: one small iteration, and what it did."""

from __future__ import annotations

import numpy as np

from lecture_code.observations.cad2rl import Cad2rlSettings, Cad2rlState
from lecture_code.observations.collision_net import CollisionNet, Examples, scores
from lecture_code.observations.corridor_flight import Flights
from lecture_code.show import Table
from lecture_code.vision import MapStack, draw_looks

LIVE = Cad2rlSettings(states=400, training=100)
"""A tenth of the states of the full run."""
SEED = 0
GROUPS = (1.0, 0.8, 0.6, 0.4, 0.2, 0.0)  # labels
NAMES = ("all 5 steps", "4 steps", "3 steps", "2 steps", "1 step", "no step")


def live_rng() -> np.random.Generator:
    """The generator of the live cell."""
    return np.random.default_rng(SEED)


def live_state(network: CollisionNet) -> Cad2rlState:
    """A network from which an iteration can start."""
    nothing = Examples(np.zeros(0, int), np.zeros((0, 3)), np.zeros((0, 15)))
    return Cad2rlState(network.requires_grad_(True), nothing, {})


def mean_scores(
    network: CollisionNet, stack: MapStack, examples: Examples
) -> tuple[list[float], list[int]]:
    """Mean Q of all aims with the same label, from the best label to the worst, and how
    many aims there are with each label.
    """
    rng = np.random.default_rng(SEED)
    looks = draw_looks(LIVE.fit.family, len(examples.maps), rng)
    states = Flights.initial(stack, examples.maps, examples.poses, looks)
    Q = scores(network, states, rng)
    groups = [np.isclose(examples.labels, value) for value in GROUPS]
    means = [float(Q[group].mean()) for group in groups]
    return means, [int(group.sum()) for group in groups]


def live_table(before: Cad2rlState, after: Cad2rlState, stack: MapStack) -> Table:
    """What the network says of aims with a good and with a bad label, before and after
    the iteration.
    """
    old, counts = mean_scores(before.network, stack, after.examples)
    new, _ = mean_scores(after.network, stack, after.examples)
    rows = {
        name: {"aims": float(count), "Q before": Q_old, "Q after": Q_new}
        for name, count, Q_old, Q_new in zip(NAMES, counts, old, new, strict=True)
    }
    return Table(
        rows,
        caption="Mean Q of the aims that were just labelled, in new looks",
        digits={"aims": 0, "Q before": 2, "Q after": 2},
        corner="survives",
    )

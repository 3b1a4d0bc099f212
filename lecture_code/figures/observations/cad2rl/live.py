"""The live cell of *(CAD)²RL*: one small iteration, and what it did; and the numbers
in the solutions of its exercises.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from lecture_code.observations.cad2rl import (
    Cad2rlSettings,
    Cad2rlState,
    choose_states,
    greedy,
    policy_iteration,
    rollout_labels,
)
from lecture_code.observations.collision_net import CollisionNet, Examples, scores
from lecture_code.observations.corridor_flight import Flights, fly, random_flights
from lecture_code.observations.flight_rules import at_random
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


def exercise_numbers(
    networks: Mapping[str, CollisionNet],
    after: Cad2rlState,
    training: MapStack,
    held_out: MapStack,
    settings: Cad2rlSettings = LIVE,
    flights: int = 100,
) -> dict[str, str]:
    """The numbers in the solutions of exercises 2 to 4, by name in the text.

    Args:
        networks: with "CAD2RL" and "pretraining".
        after: the state after the live iteration.
        training, held_out: the maps.
        settings: of the live iteration.
        flights: in each look.
    """
    before = live_state(networks["pretraining"])
    twice = replace(settings, horizon=2 * settings.horizon)
    longer = policy_iteration(before, training, twice, live_rng()).report
    policy = greedy(networks["CAD2RL"])
    states = choose_states(policy, training, settings, live_rng())
    own, blind = (
        rollout_labels(states, each, settings.horizon, live_rng()).mean()
        for each in (policy, at_random)
    )
    robots = random_flights(held_out, "training", flights, live_rng(), ahead=1.5)
    dark = replace(robots.looks, light=0.5 * robots.looks.light)
    high = replace(robots.looks, camera_height=1.3 * robots.looks.camera_height)
    words = {
        f"{key}_{name}": f"{report[key]:.2f}"
        for name, report in (("five", after.report), ("ten", longer))
        for key in ("label", "mixed")
    }
    words |= {"own_label": f"{own:.2f}", "blind_label": f"{blind:.2f}"}
    for name, looks in (("plain", robots.looks), ("dark", dark), ("high", high)):
        *_, last = fly(policy, replace(robots, looks=looks), 250, live_rng())
        words[f"flown_{name}"] = f"{last.metres.mean():.0f}"
    return words

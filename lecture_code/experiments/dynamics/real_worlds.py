"""The "real" worlds of the experiments: a robot of the simulator with other knobs.

Experiments write some knobs in multiples of the robot's own value; `in_units` turns
them into values of the simulator.
"""

from __future__ import annotations

from collections.abc import Mapping

from lecture_code.simulation import World, make_world

TIMES_NOMINAL = ("torso_mass",)
"""Knobs that experiments write in multiples of the robot's own value."""


def in_units(world: World, knob: str, value: float) -> float:
    """The value of a knob in the simulator's units, from the value in the settings."""
    times = world.parameters[knob].nominal if knob in TIMES_NOMINAL else 1
    return value * times


def real_world(changes: Mapping[str, float], robot: str = "half_cheetah") -> World:
    """The robot with these knobs, written as in the settings of an experiment."""
    world = make_world(robot)
    knobs = {knob: in_units(world, knob, value) for knob, value in changes.items()}
    return world.change(**knobs)

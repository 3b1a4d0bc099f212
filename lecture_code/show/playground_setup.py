"""The JSON that mujoco-playground.js and mujoco-robots.js read."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from lecture_code.simulation.portable import portable

from .assets import engine_version
from .page_policies import encode_for_page
from .playground_settings import PlaygroundSettings
from .recorded_robot import vertical_range
from .replay import Replay

STARTS = 8  # of both robots; "Another start" goes through them
ALPHA, POLICY = "alpha", "policy"  # sliders that are no knobs of the world


def encode_deciders(settings: PlaygroundSettings) -> dict[str, Any]:
    """What decides: the policies and the models of the grounding.

    Raises:
        ValueError: the page cannot run one of them, or it does not fit the robot.
    """
    size = settings.world.observation_size, settings.world.action_size
    grounding = settings.grounding
    return {
        "policies": [
            encode_for_page(policy, *size, f"the policy {name!r}")
            for name, policy in settings.policies.items()
        ],
        "grounding": None if grounding is None else _grounding(grounding, *size),
    }


def make_setup(settings: PlaygroundSettings, poster: Replay) -> dict[str, Any]:
    """Everything else that the element is given.

    Args:
        settings: of the playground.
        poster: what both robots do first; gives the heights that must be in view.
    """
    task = settings.world.task
    is_arm = type(task).__name__ == "Reach"
    high = vertical_range(poster.robots, poster.target)[1]
    reach = sum(getattr(task, "links", (1.0,))) + 0.1
    return {
        "engine": engine_version(),
        "title": settings.title,
        "low": -reach if is_arm else 0.0,
        "high": reach if is_arm else 1.15 * high,
        "reach": [-reach, reach] if is_arm else None,
        "ground": not is_arm,
        "target": poster.target,
        "body": _body(settings),
        "robots": _robots(settings, poster.colours()),
        "starts": _starts(settings),
    }


def _knobs(settings: PlaygroundSettings) -> dict[str, Any]:
    """The knobs that are turned, by a slider or by one of the two worlds."""
    changes = {*settings.world.changes, *settings.simulator.changes}
    turned = {*settings.sliders, *changes}
    return {
        name: knob for name, knob in settings.world.parameters.items() if name in turned
    }


def _body(settings: PlaygroundSettings) -> dict[str, Any]:
    """The nominal robot, what each knob writes, and the task."""
    knobs = _knobs(settings)
    task = settings.world.task
    robot = portable(settings.world, list(knobs))
    fields = asdict(task)  # type: ignore[call-overload]
    numbers = _finite({k: v for k, v in fields.items() if not isinstance(v, type)})
    return {
        "mjcf": robot.mjcf,
        "exact": {field: values.tolist() for field, values in robot.exact.items()},
        "writes": {
            name: [[write.field, write.entries, write.law] for write in writes]
            for name, writes in robot.writes.items()
        },
        "nominal": {name: knob.nominal for name, knob in knobs.items()},
        "task": {"kind": type(task).__name__, **numbers},
        "horizon": settings.horizon,
    }


def _robots(settings: PlaygroundSettings, colours: list[str]) -> list[dict[str, Any]]:
    """The two robots: name, colour, and where their knobs begin."""
    extra: dict[str, float] = {POLICY: settings.position}
    if settings.grounding is not None:
        extra[ALPHA] = float(settings.grounding.alpha)
    worlds = (settings.world, settings.simulator)
    return [
        {
            "name": name,
            "colour": colour,
            "ghost": position == 1,
            "values": {knob: world.values[knob] for knob in _knobs(settings)} | extra,
        }
        for position, (name, world, colour) in enumerate(
            zip(settings.names, worlds, colours, strict=True)
        )
    ]


def _starts(settings: PlaygroundSettings) -> list[list[list[float]]]:
    """[qpos, qvel] of each start."""
    batch = settings.trajectories(settings.world, STARTS, 1)
    pairs = zip(batch.qpos[:, 0], batch.qvel[:, 0], strict=True)
    return [[qpos.tolist(), qvel.tolist()] for qpos, qvel in pairs]


def _grounding(grounding: Any, states: int, motors: int) -> dict[str, Any]:
    """JSON of an action transformation: both of its models."""
    mean_change, _ = grounding.forward.targets
    memory, changes = int(grounding.memory), int(np.size(mean_change))
    n_inputs = states + motors * (1 + memory)
    f, f_sim_inverse = grounding.forward, grounding.inverse
    return {
        "memory": memory,
        "forward": encode_for_page(f, n_inputs, changes, "the forward model"),
        "inverse": encode_for_page(
            f_sim_inverse, states + changes, motors, "the inverse model"
        ),
    }


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    """JSON knows no infinity: the largest number does as well, for nothing in the page
    exceeds it.
    """
    most = np.finfo(float).max
    return {
        name: np.clip(value, -most, most).tolist() if _is_numeric(value) else value
        for name, value in values.items()
    }


def _is_numeric(value: Any) -> bool:
    if isinstance(value, tuple):
        return not any(isinstance(part, str) for part in value)
    return isinstance(value, float)

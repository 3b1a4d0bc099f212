"""`playground`: live MuJoCo in the page, with sliders for the world and a menu or a
slider of policies.

    playground(make_world("hopper"), load_policy("hopper"), {"gravity": (-16, -4),
    "motor_noise": (0, 0.5)}, title="Hopper")

A robot in colour, whose world the sliders change, runs beside the simulator's in grey:
the same policy, the same start, the same luck. One object has two faces, as everything
here: static HTML in the book, the same element in JupyterLab. The reader's browser
needs no kernel; it loads the engine on first use.

Read `playground` for what can be asked for, `Playground._setup` for what the element is
given.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict
from html import escape
from typing import Any

import numpy as np

from lecture_code.simulation import World, rollout
from lecture_code.simulation.portable import portable

from .figures import GREY, VERMILLION
from .filming import film
from .page import STYLE_SHEET, WEB, bundle, quantity, web_source
from .replay import Replay, heights
from .sliders import grid, range_slider
from .thinkers import Thinker, encode

INTERFACE = (
    "action_delay",
    "backlash",
    "motor_noise",
    "motor_noise_correlation",
    "observation_noise",
)
"""Knobs between policy and model that the page knows."""
TASKS = ("Locomotion", "Reach")
LABELS = {
    "damping": "joint damping",
    "motor_noise": "motor noise, std",
    "motor_noise_correlation": "correlation of the noise",
}
UNITS = {
    "motor_noise": "",
    "observation_noise": "",
    "backlash": "",
    "action_delay": "control steps",
}
STARTS = 8
MAX_BYTES = 400_000
ALPHA, POLICY = "alpha", "policy"  # sliders that are no knobs of the world

Range = tuple[float, float]


class Playground:
    """What `playground` returns; the arguments are explained there."""

    def __init__(
        self,
        world: World,
        simulator: World,
        policies: Mapping[Any, Thinker],
        sliders: Mapping[str, Range],
        title: str,
        seed: int,
        **more: Any,
    ) -> None:
        (
            self.world,
            self.simulator,
            self.policies,
            self.sliders,
            self.title,
            self.seed,
        ) = world, simulator, policies, sliders, title, seed
        self.names: tuple[str, str] = more["names"]
        self.indexed_by: str = more["indexed_by"]
        self.first: int = _position(policies, more["first"])
        self.grounding: Any = more["grounding"]
        self.labels, self.units = (
            {**LABELS, **more["labels"]},
            {**UNITS, **more["units"]},
        )
        self.horizon: int = more["horizon"]
        _check(self)
        size = world.observation_size, world.action_size
        self._thinkers = [
            encode(policy, *size, f"the policy {name!r}")
            for name, policy in policies.items()
        ]
        self._grounding = (
            None if self.grounding is None else _grounding(self.grounding, *size)
        )
        self._poster = self._film(more["seconds"])
        self.alt = self._poster.alt
        self._html = self._render()

    def html(self) -> str:
        """`<mujoco-playground>` with everything but the engine."""
        return self._html

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, Any]:
        return bundle(self)

    def _film(self, seconds: float) -> Replay:
        """What both robots do first, with no slider moved: the poster, and the heights
        that must be in view.
        """
        policy, steps, target = (
            list(self.policies.values())[self.first],
            round(seconds / self.world.dt),
            getattr(self.world.task, "target", None),
        )
        robots = [
            film(
                name,
                world,
                rollout(
                    world, deepcopy(policy), steps, np.random.default_rng(self.seed)
                ),
                ghost=ghost,
                colour=colour,
            )
            for name, world, ghost, colour in zip(
                self.names,
                (self.world, self.simulator),
                (False, True),
                (VERMILLION, GREY),
                strict=True,
            )
        ]
        return Replay(robots, self.title, dt=self.world.dt, target=target)

    def _setup(self) -> dict[str, Any]:
        """The JSON that mujoco-playground.js and mujoco-robots.js read."""
        turned = {*self.sliders, *self.world.changes, *self.simulator.changes} - {
            ALPHA,
            POLICY,
        }
        knobs = {
            name: knob for name, knob in self.world.parameters.items() if name in turned
        }
        robot, task = portable(self.world, list(knobs)), self.world.task
        still = type(task).__name__ == "Reach"
        high = heights(self._poster.robots, self._poster.target)[1]
        reach = sum(getattr(task, "links", (1.0,))) + 0.1
        worlds = zip(
            self.names,
            (self.world, self.simulator),
            self._poster.colours(),
            strict=True,
        )
        extra = {POLICY: self.first} | (
            {ALPHA: float(self.grounding.alpha)} if self.grounding is not None else {}
        )
        return {
            "engine": engine_version(),
            "title": self.title,
            "low": -reach if still else 0.0,
            "high": reach if still else 1.15 * high,
            "reach": [-reach, reach] if still else None,
            "ground": not still,
            "target": self._poster.target,
            "body": {
                "mjcf": robot.mjcf,
                "exact": {
                    field: numbers.tolist() for field, numbers in robot.exact.items()
                },
                "writes": {
                    name: [[write.field, write.places, write.law] for write in writes]
                    for name, writes in robot.writes.items()
                },
                "nominal": {name: knob.nominal for name, knob in knobs.items()},
                "task": {"kind": type(task).__name__, **_finite(asdict(task))},  # type: ignore[call-overload]
                "horizon": self.horizon,
            },
            "robots": [
                {
                    "name": name,
                    "colour": colour,
                    "ghost": i == 1,
                    "values": {knob: world.values[knob] for knob in knobs} | extra,
                }
                for i, (name, world, colour) in enumerate(worlds)
            ],
            "starts": self._starts(),
            "policies": self._thinkers,
            "grounding": self._grounding,
        }

    def _starts(self) -> list[list[list[float]]]:
        policy = deepcopy(next(iter(self.policies.values())))
        batch = rollout(
            [self.world] * STARTS, policy, 1, np.random.default_rng(self.seed)
        )
        return [
            [qpos.tolist(), qvel.tolist()]
            for qpos, qvel in zip(batch.qpos[:, 0], batch.qvel[:, 0], strict=True)
        ]

    def _render(self) -> str:
        data = json.dumps(
            self._setup(), ensure_ascii=False, allow_nan=False, separators=(",", ":")
        ).replace("</", "<\\/")
        sliders = "".join(self._slider(*row) for row in self._rows())
        menu = self._menu() if len(self.policies) > 1 and not self.indexed_by else ""
        boxes = "".join(
            f'<label class="rg-check"><input type="checkbox" data-show="{what}" disabled>{what}</label>'
            for what in ("trails", "forces")
        )
        made = (
            f'<mujoco-playground class="rg-shown"><template shadowrootmode="open"><style>{web_source(STYLE_SHEET)}</style>{self._poster.still()}'
            f'<div class="rg-room"></div><canvas class="rg-spark" aria-hidden="true"></canvas>'
            f'<p class="rg-status" role="status">The simulation needs JavaScript; the picture shows how it begins.</p>'
            f'<div class="rg-sliders">{sliders}</div><div class="rg-extras">{menu}{boxes}'
            f'<button type="button" class="rg-button rg-back" disabled>Reset sliders</button></div></template>'
            f'<script type="application/json">{data}</script></mujoco-playground>'
        )
        if len(made.encode()) > MAX_BYTES:
            kilobytes = len(made.encode()) // 1000
            raise ValueError(
                f"the playground is {kilobytes} kB, and the page allows "
                f"{MAX_BYTES // 1000} kB: give fewer or smaller policies"
            )
        return made

    def _rows(self) -> list[tuple[str, list[Any], list[str], int]]:
        """For each slider its name, its values, their texts, and the position of the
        start.
        """
        rows = []
        for name, (low, high) in self.sliders.items():
            knob = self.world.parameters[name]
            start, unit = self.world.values[name], self.units.get(name, knob.unit)
            values = grid(low, high, (start, knob.nominal), knob.whole)
            rows.append(
                (
                    name,
                    values,
                    [quantity(value, unit) for value in values],
                    values.index(start),
                )
            )
        if self.indexed_by:
            rows.append(
                (
                    POLICY,
                    list(range(len(self.policies))),
                    [str(name) for name in self.policies],
                    self.first,
                )
            )
        if self.grounding is not None:
            values = grid(0.0, 1.0, (float(self.grounding.alpha),), False)
            rows.append(
                (
                    ALPHA,
                    values,
                    [quantity(value, "") for value in values],
                    values.index(float(self.grounding.alpha)),
                )
            )
        return rows

    def _slider(self, name: str, values: list[Any], texts: list[str], at: int) -> str:
        own = {POLICY: self.indexed_by, ALPHA: "α of the grounded simulator"}
        label = self.labels.get(name, own.get(name, name.replace("_", " ")))
        return range_slider(
            label, texts, at, knob=name, values=json.dumps(values), start=str(at)
        )

    def _menu(self) -> str:
        options = "".join(
            f'<option value="{i}"{" selected" if i == self.first else ""}>{escape(str(name))}</option>'
            for i, name in enumerate(self.policies)
        )
        return f'<label class="rg-menu">policy <select class="rg-speed" data-knob="policy" data-start="{self.first}" disabled>{options}</select></label>'


def playground(
    world: World,
    policies: Thinker | Mapping[Any, Thinker],
    sliders: Mapping[str, Range] | None = None,
    *,
    title: str,
    simulator: World | None = None,
    names: tuple[str, str] = ("this world", "simulator"),
    indexed_by: str = "",
    first: Any = None,
    grounding: Any = None,
    labels: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
    seconds: float = 5.0,
    horizon: int = 1000,
    seed: int = 0,
) -> Playground:
    """Live MuJoCo with sliders.

    Args:
        world: where the robot in colour begins; the sliders start at its values.
        policies: one policy, or several by name, of a kind that `thinkers.encode`
            knows. Both robots follow the one that is chosen.
        sliders: knob → lowest and highest value. Knobs without a slider stay as `world`
            has them.
        title: visible above the view.
        simulator: the world of the grey robot; by default the nominal robot.
        names: of the two robots.
        indexed_by, first: choose among the policies by a slider of this name, in their
            order, and not by a menu; the policy to begin with.
        grounding: what has `forward`, `inverse`, `alpha` and `memory` (an action
            transformation): the grey simulator executes α f_sim⁻¹(s, f(s, a)) + (1 − α)
            a in place of a, with a slider for α.
        labels, units: of sliders, where the knobs' own will not do.
        seconds, horizon, seed: length of the recording behind the poster; control steps
            of an episode; of the starts.

    Raises:
        ValueError: a world, knob, policy or range that the page cannot show; the
            message says which and what it can.
    """
    named = policies if isinstance(policies, Mapping) else {"policy": policies}
    nominal = World(world.robot, {}) if simulator is None else simulator
    more = {
        "names": names,
        "indexed_by": indexed_by,
        "first": first,
        "grounding": grounding,
    }
    more |= {
        "labels": labels or {},
        "units": units or {},
        "seconds": seconds,
        "horizon": horizon,
    }
    return Playground(world, nominal, named, sliders or {}, title, seed, **more)


def engine_version() -> str:
    """The version of MuJoCo that the page loads, as package.json pins it."""
    return str(
        json.loads((WEB.parents[1] / "package.json").read_text(encoding="utf-8"))[
            "dependencies"
        ]["@mujoco/mujoco"]
    )


def _position(policies: Mapping[Any, Thinker], name: Any) -> int:
    if name is not None and name not in policies:
        raise ValueError(
            f"no policy is called {name!r}; there are {', '.join(map(repr, policies))}"
        )
    return 0 if name is None else list(policies).index(name)


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    """JSON knows no infinity: the largest number does as well, for nothing in the page
    exceeds it.
    """
    most = np.finfo(float).max
    return {
        name: np.clip(value, -most, most).tolist()
        if isinstance(value, (float, tuple)) and not _words(value)
        else value
        for name, value in values.items()
    }


def _words(value: Any) -> bool:
    return isinstance(value, tuple) and any(isinstance(part, str) for part in value)


def _grounding(grounding: Any, states: int, motors: int) -> dict[str, Any]:
    """JSON of an action transformation."""
    if getattr(grounding, "sample", False):
        raise ValueError(
            "the page shows what a grounding does on average: give one that does not "
            "sample"
        )
    memory, changes = int(grounding.memory), int(np.size(grounding.forward.targets[0]))
    return {
        "memory": memory,
        "forward": encode(
            grounding.forward,
            states + motors * (1 + memory),
            changes,
            "the forward model",
        ),
        "inverse": encode(
            grounding.inverse, states + changes, motors, "the inverse model"
        ),
    }


def _check(made: Playground) -> None:
    """Refuse what the page cannot show, before anything is simulated."""
    world, kind = made.world, type(made.world.task).__name__
    if kind not in TASKS:
        raise ValueError(
            f"{world.name} has a task of the kind {kind}, and a playground knows "
            f"{' and '.join(TASKS)}"
        )
    if world.model.nq != world.model.nv:
        raise ValueError(
            f"{world.name} turns freely in space, and a playground shows robots from "
            "the side, in the plane"
        )
    if made.simulator.name != world.name:
        raise ValueError(
            f"both robots of a playground are of one kind; got {world.name} and "
            f"{made.simulator.name}"
        )
    if not made.policies:
        raise ValueError("a playground needs a policy")
    for name, (low, high) in made.sliders.items():
        knob = world.parameters.get(name)
        if knob is None:
            raise ValueError(
                f"unknown knob {name!r} of {world.name}; known: "
                f"{', '.join(world.parameters)}"
            )
        if knob.write is None and name not in INTERFACE:
            raise ValueError(
                f"{name} cannot be turned in the page; between policy and robot it "
                f"knows {', '.join(INTERFACE)}"
            )
        if (
            not knob.low <= low <= world.values[name] <= high <= knob.high
            or not low < high
        ):
            raise ValueError(
                f"the slider of {name} must run within [{knob.low:g}, {knob.high:g}] "
                f"and hold the world's {world.values[name]:g}; "
                f"got {low:g} to {high:g}"
            )

"""A world for a simulator elsewhere, the one in the reader's browser: the robot as
MJCF, and what each knob writes into the compiled model.

There the model is not compiled anew for a value of a knob, so the rules must say which
numbers of the compiled model follow it. They are not written down a second time:
`portable` turns each knob with its own `Parameter.write`, compiles, and looks at what
has changed. A number may follow a knob in two ways,

    scale    nominal number × (value / nominal value)    masses and inertias, …
    value    the value itself                            gravity

and several knobs that scale one number multiply. What MuJoCo derives from such numbers
(`mj_setConst`) the other side derives too. Before anything is handed out, a robot is
set up in just that way here and compared with the world's own model, number by number.

MJCF keeps six digits; `Portable.exact` are the numbers for which that is too few.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.simulation.mujoco_import import mujoco
from lecture_code.simulation.parameters import check_known
from lecture_code.simulation.worlds import World

Array = NDArray[np.float64]

DERIVED = (
    "body_subtreemass",
    "body_invweight0",
    "dof_M0",
    "dof_invweight0",
    "actuator_acc0",
    "actuator_length0",
    "tendon_invweight0",
    "cam_pos0",
    "cam_poscom0",
    "cam_mat0",
    "light_pos0",
    "light_poscom0",
    "light_dir0",
    "stat.meaninertia",
)
"""What `mj_setConst` and the mean of the inertias give."""
OUTSIDE = (
    "stat.extent",
    "stat.center",
    "stat.meanmass",
    "stat.meansize",
    "geom_rgba",
    "mat_rgba",
    "site_rgba",
    "light_diffuse",
)
"""What no motion depends on."""
PRECISION = 1e-9  # relative, of derived numbers


@dataclass(frozen=True)
class PortableWrite:
    """Numbers of the compiled model that follow a knob.

    Args:
        field: of `MjModel`; a dot leads into its options, as in "opt.gravity".
        entries: which of its numbers, in the order in which they lie in memory.
        law: "scale" or "value".
    """

    field: str
    entries: tuple[int, ...]
    law: str


@dataclass(frozen=True)
class Portable:
    """A nominal robot, and how its knobs are turned.

    Args:
        mjcf: the robot, with no knob turned.
        exact: fields of the compiled model, flat, that must be put in place of those
            that the MJCF gives.
        writes: for each knob of the model what it writes, in the order in which the
            knobs apply. Knobs of the interface are not among them.
    """

    mjcf: str
    exact: Mapping[str, Array]
    writes: Mapping[str, tuple[PortableWrite, ...]]


def portable(world: World, knobs: Sequence[str]) -> Portable:
    """The nominal robot of `world`, for a simulator elsewhere, with the given knobs.

    Raises:
        ValueError: an unknown knob, one that moves the model in a way that the rules
            above cannot say, or a model that they do not reproduce.
    """
    check_known(world.parameters, knobs, world.name)
    nominal = World(world.robot, {})
    text = mjcf(nominal)
    rounded = mujoco.MjModel.from_xml_string(text)
    exact = _differing(model_numbers(nominal.model), model_numbers(rounded))
    turned = [
        name
        for name, knob in world.parameters.items()
        if name in knobs and knob.write is not None
    ]
    writes = {name: _writes(nominal, name) for name in turned}
    robot = Portable(text, exact, writes)
    _check(nominal, robot, {})
    for name in turned:
        for value in _probes(nominal, name):
            _check(nominal, robot, {name: value})
    return robot


def mjcf(world: World) -> str:
    """The world's robot as MJCF, its knobs turned; numbers with six digits."""
    spec = world.spec()
    spec.default.geom.material = ""  # the materials themselves are gone
    spec.compile()
    return str(spec.to_xml())


def assemble(
    robot: Portable, values: Mapping[str, float], nominal: Mapping[str, float]
) -> mujoco.MjModel:
    """What the simulator elsewhere does: compile the MJCF, put the exact numbers in,
    then turn the knobs from the nominal robot.
    """
    model = mujoco.MjModel.from_xml_string(robot.mjcf)
    for field, exact in robot.exact.items():
        _array(model, field).flat[:] = exact
    for name, writes in robot.writes.items():
        value = values.get(name, nominal[name])
        for write in writes:
            array = _array(model, write.field)
            for entry in write.entries:
                if write.law == "value":
                    array.flat[entry] = value
                else:
                    array.flat[entry] *= value / nominal[name]
    mujoco.mj_setConst(model, mujoco.MjData(model))
    # scales the solver's tolerance; the compiler sets it, and nobody else
    model.stat.meaninertia = model.dof_M0.mean()
    return model


def model_numbers(model: mujoco.MjModel) -> dict[str, Array]:
    """Every number of a compiled model that is not a whole one: by field, as flat
    copies.
    """
    names = [name for name in dir(model) if not name.startswith("_")]
    names += [f"opt.{name}" for name in dir(model.opt) if not name.startswith("_")]
    names += ["stat.meaninertia"]
    arrays = {name: _array(model, name) for name in names if name not in OUTSIDE}
    return {
        name: np.array(array, dtype=float).ravel()
        for name, array in arrays.items()
        if array.dtype.kind == "f"
    }


def _array(model: mujoco.MjModel, field: str) -> NDArray[Any]:
    """A field of the model as an array, a zero where it holds no numbers."""
    value: Any = model
    for name in field.split("."):
        value = getattr(value, name)
    if isinstance(value, np.ndarray):
        return value
    return np.array(value if isinstance(value, float) else 0)


def _differing(
    wanted: Mapping[str, Array], got: Mapping[str, Array]
) -> dict[str, Array]:
    """The fields in which two models differ, as they are wanted."""
    return {
        name: array
        for name, array in wanted.items()
        if name not in DERIVED and not np.array_equal(array, got[name])
    }


def _probes(world: World, name: str) -> tuple[float, float]:
    """Two values of a knob, one on each side of the nominal one where there is room."""
    knob = world.parameters[name]
    above = knob.nominal + 0.37 * (knob.high - knob.nominal)
    below = knob.nominal + 0.61 * (knob.low - knob.nominal)
    return above, below


def _writes(nominal: World, name: str) -> tuple[PortableWrite, ...]:
    """What a knob writes, seen by turning it."""
    knob = nominal.parameters[name]
    before = model_numbers(nominal.model)
    values = [value for value in _probes(nominal, name) if value != knob.nominal]
    after = [model_numbers(nominal.change(**{name: value}).model) for value in values]
    fields = {field: None for turned in after for field in _differing(turned, before)}
    writes = []
    for field in fields:
        turns = [turned[field] != before[field] for turned in after]
        moved = np.flatnonzero(np.any(turns, axis=0))
        old = before[field][moved]
        now = [turned[field][moved] for turned in after]
        law = _law(knob.nominal, values, old, now)
        if law is None:
            raise ValueError(
                f"{name} of {nominal.name} cannot be turned outside Python: {field} "
                "follows it neither by its value nor in proportion"
            )
        writes.append(PortableWrite(field, tuple(moved.tolist()), law))
    if not writes:
        raise ValueError(
            f"{name} of {nominal.name} cannot be turned outside Python: it does "
            "nothing that is a number of the compiled model"
        )
    return tuple(writes)


def _law(
    nominal: float, values: Sequence[float], old: Array, now: Sequence[Array]
) -> str | None:
    """How numbers follow a knob: from `old` at its nominal value to `now` at each of
    some other values. None if by no law of `PortableWrite`.
    """
    pairs = list(zip(values, now, strict=True))
    if nominal and all(np.array_equal(n, old * (v / nominal)) for v, n in pairs):
        return "scale"
    if all(np.array_equal(n, np.full(len(n), v)) for v, n in pairs):
        return "value"
    return None


def _check(nominal: World, robot: Portable, values: Mapping[str, float]) -> None:
    """Compare what `assemble` gives with the world's own model."""
    knobs = {name: knob.nominal for name, knob in nominal.parameters.items()}
    wanted = model_numbers(nominal.change(**values).model)
    got = model_numbers(assemble(robot, values, knobs))
    settings = ", ".join(f"{name} = {value:g}" for name, value in values.items())
    at = settings or "the nominal robot"
    for field, array in wanted.items():
        if not np.allclose(got[field], array, rtol=PRECISION, atol=PRECISION):
            raise ValueError(
                f"{nominal.name} cannot be set up outside Python: {field} is wrong at "
                f"{at}"
            )

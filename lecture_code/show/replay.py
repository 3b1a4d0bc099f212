"""Recorded robots for the page: what `<robot-replay>` plays, and the poster that stands
for it without JavaScript.

    view = side_view(world, qpos)                               # from the simulation room; only its arrays are used here
    Replay([RecordedRobot("gravity −13", view, root_x=qpos[:, 0], rewards=rewards)], title="Hopper", dt=world.task.dt)

The recording is small because it keeps what an eye can see: the root's position as
float32, exactly; capsules relative to it in steps of half a millimetre and of 1e-4 rad;
about thirty frames a second, and always the last one. Read `Replay` first; `_encode` is
the format.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .figures import GREY, ORANGE, PURPLE, SKY, VERMILLION
from .page import bundle, number, prose, require_alt
from .poster import poster

LENGTH_STEP = 1 / 2000  # [m]
ANGLE_STEP = np.pi / 32768  # [rad]
COLOURS = (VERMILLION, SKY, ORANGE, PURPLE)


class SideView(Protocol):
    """Capsules in the x–z plane over time, as `lecture_code.simulation.side_view` gives
    them.
    """

    @property
    def radius(self) -> NDArray[np.float64]:
        """(G,) [m]"""

    @property
    def half_length(self) -> NDArray[np.float64]:
        """(G,), half the distance between the centres of the two ends [m]"""

    @property
    def x(self) -> NDArray[np.float64]:
        """(T, G), centres [m]"""

    @property
    def z(self) -> NDArray[np.float64]:
        """(T, G), centres [m]"""

    @property
    def angle(self) -> NDArray[np.float64]:
        """(T, G), from +x towards +z [rad]"""


@dataclass(frozen=True)
class RecordedRobot:
    """One recorded robot.

    Args:
        name: for the key of colours.
        view: its capsules in T frames.
        root_x: position that the element publishes and the camera follows, shape (T,)
            [m].
        rewards: of the T − 1 control steps between the frames, for the return so far.
        fell: whether the last frame is a failure.
        ghost: drawn faintly, for comparison.
        colour: `#rrggbb`; by default grey for a ghost, and the palette in order for the
            others.
    """

    name: str
    view: SideView
    root_x: ArrayLike
    rewards: ArrayLike | None = None
    fell: bool = False
    ghost: bool = False
    colour: str = ""

    def __post_init__(self) -> None:
        frames, capsules = np.shape(self.view.x)
        if frames < 2:
            raise ValueError(
                f"robot {self.name!r} needs at least two frames; got {frames}"
            )
        wanted = {
            "radius": (capsules,),
            "half_length": (capsules,),
            "z": (frames, capsules),
            "angle": (frames, capsules),
        }
        got = {
            f"view.{name}": (np.asarray(getattr(self.view, name)), shape)
            for name, shape in wanted.items()
        }
        got |= {
            "view.x": (np.asarray(self.view.x), (frames, capsules)),
            "root_x": (np.asarray(self.root_x), (frames,)),
        }
        if self.rewards is not None:
            got["rewards"] = (np.asarray(self.rewards), (frames - 1,))
        for name, (values, shape) in got.items():
            if values.shape != shape:
                raise ValueError(
                    f"robot {self.name!r}: {name} must have shape {shape}; got "
                    f"{values.shape}"
                )
            if not np.isfinite(values).all():
                raise ValueError(f"robot {self.name!r}: {name} is not finite")

    @property
    def frames(self) -> int:
        """T"""
        return len(np.asarray(self.root_x))

    @property
    def total(self) -> float | None:
        """Undiscounted return, where rewards were given."""
        return None if self.rewards is None else float(np.sum(self.rewards))


class Replay:
    """Robots moving in one side view: `<robot-replay>` with play, pause, scrub and
    speed, and a poster of six moments without JavaScript.

    Args:
        robots: the first is followed by the camera and publishes its position; several
            are drawn over each other.
        title: visible above the view.
        dt: time between two frames [s].
        alt: what there is to see; by default a sentence per robot with distance, time,
            return and fall, made from the data.
        target: a point (x, z) [m] to mark.
        frames_per_second: of the recording that is kept; movement between frames is
            interpolated.

    Raises:
        ValueError: no robots, two of one name, shapes that disagree, or a capsule more
            than 16 m from its root.
    """

    def __init__(
        self,
        robots: Sequence[RecordedRobot],
        title: str,
        *,
        dt: float,
        alt: str = "",
        target: tuple[float, float] | None = None,
        frames_per_second: float = 30.0,
    ) -> None:
        names = [robot.name for robot in robots]
        if not names or len(set(names)) != len(names):
            raise ValueError(
                f"a replay needs robots, each with a name of its own; got {names}"
            )
        if not dt > 0 or not frames_per_second > 0:
            raise ValueError(
                f"dt and frames_per_second must be positive; got {dt} and "
                f"{frames_per_second}"
            )
        self.robots, self.title, self.dt, self.target = tuple(robots), title, dt, target
        self.stride = max(
            1, round(1 / (frames_per_second * dt))
        )  # control steps a kept frame
        self.alt = require_alt(
            alt or " ".join([f"Side view of {title}.", *map(self.summary, self.robots)])
        )
        self._html = self._render()

    def duration(self, robot: RecordedRobot) -> float:
        """Time from its first frame to its last [s]."""
        return (robot.frames - 1) * self.dt

    def summary(self, robot: RecordedRobot) -> str:
        """What a robot did, in words."""
        did = f"{robot.name}: {self._outcome(robot)}"
        return did.replace("return ", "with return ") + "."

    def html(self) -> str:
        """`<robot-replay>` with poster, key and recording."""
        return self._html

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, Any]:
        return bundle(self)

    def _outcome(self, robot: RecordedRobot) -> str:
        """'4.21 m in 2.5 s, return 812, fell'"""
        x, time = (
            np.asarray(robot.root_x, dtype=float),
            f"{number(self.duration(robot), 3)} s",
        )
        words = [
            f"{number(x[-1] - x[0], 3)} m in {time}" if np.ptp(x) else time
        ]  # an arm goes nowhere
        words += (
            []
            if robot.total is None
            else [f"return {robot.total:.0f}".replace("-", "−")]
        )
        return ", ".join(words + ["fell"] * robot.fell)

    def colours(self) -> list[str]:
        """Of the robots, in their order."""
        palette = iter(COLOURS * len(self.robots))
        return [
            robot.colour or (GREY if robot.ghost else next(palette))
            for robot in self.robots
        ]

    def _render(self) -> str:
        data = json.dumps(
            self._recording(self.colours()), ensure_ascii=False, separators=(",", ":")
        ).replace("</", "<\\/")
        return f'<robot-replay class="rg-shown">{self.still()}<script type="application/json">{data}</script></robot-replay>'

    def still(self) -> str:
        """Title, key of colours and poster: what is seen before anything moves."""
        colours, (low, high) = self.colours(), heights(self.robots, self.target)
        picture = poster(
            self.robots, colours, self.dt, round(low, 3), round(high, 3), self.target
        )
        key = "".join(
            f'<li><span class="rg-swatch" style="background:{colour}{";opacity:.5" if robot.ghost else ""}"></span>{prose(robot.name)}'
            f'<span class="rg-readout">{self._outcome(robot)}</span></li>'
            for robot, colour in zip(self.robots, colours, strict=True)
        )
        return (
            f'<p class="rg-title">{prose(self.title)}</p><ul class="rg-key">{key}</ul>'
            f'<div class="rg-stage" role="img" aria-label="{escape(self.alt)}">{picture}</div>'
        )

    def _recording(self, colours: Sequence[str]) -> dict[str, Any]:
        """The JSON that `RealityGap.decode` in robot-replay.js reads."""
        low, high = heights(self.robots, self.target)
        everyone = np.concatenate([np.ravel(robot.view.x) for robot in self.robots])
        return {
            "step": self.stride * self.dt,  # [s] between kept frames
            "resolution": LENGTH_STEP,
            "low": round(low, 3),
            "high": round(high, 3),
            "reach": [round(float(everyone.min()), 3), round(float(everyone.max()), 3)],
            "ground": low == 0.0,
            "target": None
            if self.target is None
            else [float(value) for value in self.target],
            "robots": [
                {
                    "name": robot.name,
                    "colour": colour,
                    "ghost": robot.ghost,
                    "duration": self.duration(robot),
                }
                | {
                    "fell": self.duration(robot) if robot.fell else None,
                    **_encode(robot, self.stride),
                }
                for robot, colour in zip(self.robots, colours, strict=True)
            ],
        }


def heights(
    robots: Sequence[RecordedRobot], target: tuple[float, float] | None
) -> tuple[float, float]:
    """Lowest and highest point that must be in view [m]; the lowest is 0, the ground,
    unless a robot reaches well below it (contacts are soft, and a foot that lands hard
    sinks in by some centimetres).
    """
    low, high = np.inf, -np.inf
    for robot in robots:
        view = robot.view
        extent = np.abs(np.sin(view.angle)) * view.half_length + view.radius  # (T, G)
        low, high = (
            min(low, float((view.z - extent).min())),
            max(high, float((view.z + extent).max())),
        )
    if target is not None:
        low, high = min(low, target[1]), max(high, target[1])
    room = 0.06 * (high - min(low, 0.0))
    return (0.0 if low > -0.1 else low - room), high + room


def kept_frames(frames: int, stride: int) -> NDArray[np.int64]:
    """Indices of the frames that are kept: every `stride`-th and the last."""
    return np.unique(np.append(np.arange(0, frames, stride), frames - 1))


def _encode(robot: RecordedRobot, stride: int) -> dict[str, Any]:
    """Columns of a robot: x float32 (K,), pose int16 (K, G, 3) = (x − root, z, angle),
    gained float32 (K,), little-endian, base64.
    """
    kept = kept_frames(robot.frames, stride)
    root = np.asarray(robot.root_x, dtype="<f4")[kept]
    lengths = (
        np.stack(
            [robot.view.x[kept] - root[:, None].astype(float), robot.view.z[kept]],
            axis=-1,
        )
        / LENGTH_STEP
    )
    if np.abs(lengths).max() > 32767:
        raise ValueError(
            f"robot {robot.name!r}: a capsule is more than {32767 * LENGTH_STEP:.1f} m "
            "from its root or from the ground"
        )
    angles = np.round(robot.view.angle[kept] / ANGLE_STEP).astype(
        np.int64
    )  # a full turn is 2^16 steps: wrapping is exact
    pose = np.concatenate(
        [np.round(lengths).astype("<i2"), angles[..., None].astype("<i2")], axis=-1
    )
    gained = None
    if robot.rewards is not None:
        gained = _base64(
            np.concatenate([[0.0], np.cumsum(robot.rewards, dtype=float)]).astype(
                "<f4"
            )[kept]
        )
    sizes = {
        "radius": np.round(robot.view.radius, 4).tolist(),
        "half": np.round(robot.view.half_length, 4).tolist(),
    }
    return {**sizes, "x": _base64(root), "pose": _base64(pose), "gained": gained}


def _base64(values: NDArray[Any]) -> str:
    return b64encode(np.ascontiguousarray(values).tobytes()).decode()

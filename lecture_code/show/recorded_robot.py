"""A recorded robot, and how it is packed for the page.

The packing keeps what an eye can see: the root's position as float32, exactly; capsules
relative to it in steps of half a millimetre and of 1e-4 rad; about thirty frames a
second, and always the last one. `pack` is the format that robot-replay.js reads.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lecture_code.simulation import SideView

LENGTH_STEP = 1 / 2000  # [m]
ANGLE_STEP = np.pi / 32768  # [rad]


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
        shapes = {
            "radius": (capsules,),
            "x": (frames, capsules),
            "z": (frames, capsules),
            "angle": (frames, capsules),
        }
        if np.ndim(self.view.half_length) == 2:  # it changes
            shapes["half_length"] = (frames, capsules)
        else:
            shapes["half_length"] = (capsules,)
        for name, shape in shapes.items():
            self._require(f"view.{name}", getattr(self.view, name), shape)
        self._require("root_x", self.root_x, (frames,))
        if self.rewards is not None:
            self._require("rewards", self.rewards, (frames - 1,))

    def _require(self, name: str, values: ArrayLike, shape: tuple[int, ...]) -> None:
        """Refuse an array of another shape, or one that is not finite."""
        array = np.asarray(values)
        if array.shape != shape:
            raise ValueError(
                f"robot {self.name!r}: {name} must have shape {shape}; got "
                f"{array.shape}"
            )
        if not np.isfinite(array).all():
            raise ValueError(f"robot {self.name!r}: {name} is not finite")

    @property
    def frames(self) -> int:
        """T, the number of frames."""
        return len(np.asarray(self.root_x))

    @property
    def total(self) -> float | None:
        """Undiscounted return; None where no rewards were given."""
        return None if self.rewards is None else float(np.sum(self.rewards))


def vertical_range(
    robots: Sequence[RecordedRobot], target: tuple[float, float] | None
) -> tuple[float, float]:
    """Lowest and highest point that must be in view [m].

    The lowest is 0, the ground, unless a robot reaches well below it: contacts are
    soft, and a foot that lands hard sinks in by some centimetres.
    """
    low, high = np.inf, -np.inf
    for robot in robots:
        view = robot.view
        extent = np.abs(np.sin(view.angle)) * view.half_length + view.radius  # (T, G)
        low = min(low, float((view.z - extent).min()))
        high = max(high, float((view.z + extent).max()))
    if target is not None:
        low, high = min(low, target[1]), max(high, target[1])
    room = 0.06 * (high - min(low, 0.0))
    return (0.0 if low > -0.1 else low - room), high + room


def kept_frames(frames: int, stride: int) -> NDArray[np.int64]:
    """Indices of the frames that are kept: every `stride`-th and the last."""
    return np.unique(np.append(np.arange(0, frames, stride), frames - 1))


def pack(robot: RecordedRobot, stride: int) -> dict[str, Any]:
    """Columns of a robot, little-endian in base64, for its K kept frames.

    x float32 (K,), pose int16 (K, G, 3) = (x − root, z, angle), gained float32 (K,). As
    plain numbers: radius (G,) and half, half the length, (G,) or (K, G) [m].
    """
    kept = kept_frames(robot.frames, stride)
    view = robot.view
    root = np.asarray(robot.root_x, dtype="<f4")[kept]
    points = np.stack([view.x[kept] - root[:, None].astype(float), view.z[kept]], -1)
    lengths = np.round(points / LENGTH_STEP)
    if np.abs(lengths).max() > 32767:
        raise ValueError(
            f"robot {robot.name!r}: a capsule is more than {32767 * LENGTH_STEP:.1f} m "
            "from its root or from the ground"
        )
    turns = np.round(view.angle[kept] / ANGLE_STEP).astype(np.int64)
    angles = turns[..., None].astype("<i2")  # a full turn is 2^16 steps: it wraps
    half = np.asarray(view.half_length)
    return {
        "radius": np.round(view.radius, 4).tolist(),
        "half": np.round(half if half.ndim == 1 else half[kept], 4).tolist(),
        "x": base64(root),
        "pose": base64(np.concatenate([lengths.astype("<i2"), angles], axis=-1)),
        "gained": _gained(robot, kept),
    }


def _gained(robot: RecordedRobot, kept: NDArray[np.int64]) -> str | None:
    """The return so far at each kept frame."""
    if robot.rewards is None:
        return None
    total = np.concatenate([[0.0], np.cumsum(robot.rewards, dtype=float)])
    return base64(total.astype("<f4")[kept])


def base64(values: NDArray[Any]) -> str:
    """The bytes of an array as text."""
    return b64encode(np.ascontiguousarray(values).tobytes()).decode()

"""Where is the hook? A hook on a board, and an arm in front of it that must be ignored,
in a simulation and in a "real" world.

The task of Tzeng, Devin et al. (2016): a robot shall put a loop of rope on a hook, and
the place of the hook is known only from an image. Hook and arm are placed at random,
alike in both worlds. The worlds differ in how the scene looks:

    simulation    plain colours, even light, no noise
    real          duller colours (the arm takes on some of the hook's red), a pattern on
                  the board, a slope of light, blur, noise, and a camera that is turned
                  and shifted

The gap is a number: 0 is the simulation, 1 is "real", and what lies between is a
mixture of colours and of all other settings. Beyond 1 the same changes go on. Each of
the `PARTS` of the gap can be left out, so that its share can be measured.

A scripted placer then puts the loop where the network says the hook is. The attempt
succeeds if that is within `TOLERANCE` of the true place.

Start with `hook_images`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lecture_code.vision import Appearance, Camera, Eye, Shapes

Array = NDArray[np.float64]

TOLERANCE = 0.03  # of the placer: it misses the hook beyond [m]
LEFT, RIGHT, LOW, HIGH = -0.38, 0.38, -0.1, 0.38  # where hooks are [m]
HOOK_WIDTH, HOOK_HEIGHT, HOOK_DEPTH, ROD = 0.11, 0.12, 0.055, 0.028  # [m]
SHOULDER = -0.65  # height of the arm's shoulder, below the image [m]
LINKS = (0.42, 0.38)  # lengths of upper arm and forearm [m]
LINK_RADII = (0.07, 0.055)  # [m]
HAND_RADIUS = 0.07  # [m]
CAMERA = Camera(32, 32, view=1.2)
SIMULATION = {
    "background": (0.75, 0.75, 0.72),
    "hook": (0.85, 0.25, 0.2),
    "arm": (0.25, 0.4, 0.75),
    "hand": (0.2, 0.25, 0.45),
}
REAL = {
    "background": (0.7, 0.69, 0.64),
    "hook": (0.8, 0.28, 0.23),
    "arm": (0.43, 0.35, 0.57),
    "hand": (0.24, 0.25, 0.38),
}
PARTS = ("colours", "pattern", "light", "blur", "noise", "camera")
"""What differs between the worlds; "light" is brightness and slope."""


@dataclass(frozen=True, eq=False)
class PoseImages:
    """Images, and where the hook is in each.

    Args:
        images: (N, 32, 32, 3) float32, from 0 to 1.
        poses: of the hook, (N, 2) [m].
    """

    images: NDArray[np.float32]
    poses: Array

    def __len__(self) -> int:
        return len(self.poses)


@dataclass(frozen=True, eq=False)
class HookScene:
    """N hooks, and an arm in front of each.

    Args:
        hooks: places, (N, 2) [m].
        shoulders, elbows, hands: of the arms, (N, 2) [m].
    """

    hooks: Array
    shoulders: Array
    elbows: Array
    hands: Array

    @classmethod
    def drawn(cls, n: int, rng: np.random.Generator) -> HookScene:
        """n scenes; hooks are uniform, and arms know nothing of the hooks.

        Raises:
            ValueError: n is not positive.
        """
        if n < 1:
            raise ValueError(f"the number of scenes must be positive; got {n}")
        hooks = rng.uniform([LEFT, LOW], [RIGHT, HIGH], size=(n, 2))
        across = rng.uniform(-0.45, 0.45, size=n)
        shoulders = np.column_stack([across, np.full(n, SHOULDER)])
        upper = np.pi / 2 + rng.uniform(-0.5, 0.5, size=n)
        fore = upper + rng.uniform(-1.2, 1.2, size=n)
        elbows = shoulders + LINKS[0] * np.column_stack([np.cos(upper), np.sin(upper)])
        hands = elbows + LINKS[1] * np.column_stack([np.cos(fore), np.sin(fore)])
        return cls(hooks, shoulders, elbows, hands)

    def shapes(self) -> tuple[Shapes, ...]:
        """The hook, a J of four rods, and in front of it the arm."""
        half = HOOK_WIDTH / 2
        joints = [(-half, HOOK_HEIGHT), (-half, 0), (0, -HOOK_DEPTH), (half, 0)]
        joints.append((half, 0.04))
        corners = [self.hooks + np.array(joint) for joint in joints]
        rods = [
            Shapes.capsules("hook", start, end, ROD) for start, end in pairwise(corners)
        ]
        arm = (
            Shapes.capsules("arm", self.shoulders, self.elbows, LINK_RADII[0]),
            Shapes.capsules("arm", self.elbows, self.hands, LINK_RADII[1]),
            Shapes.discs("hand", self.hands, HAND_RADIUS),
        )
        return (*rods, *arm)


def mixed(gap: float, parts: tuple[str, ...] = PARTS) -> tuple[Camera, Appearance]:
    """Camera and appearance at a gap: 0 the simulation, 1 "real".

    Args:
        gap: how far from the simulation.
        parts: of `PARTS`, what differs; all else is as in the simulation.

    Raises:
        ValueError: the gap is not between 0 and 2, or a part is unknown.
    """
    if not 0 <= gap <= 2:
        raise ValueError(f"the gap must be between 0 and 2; got {gap}")
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        raise ValueError(
            f"parts must be of {', '.join(PARTS)}; got {', '.join(unknown)}"
        )
    by = {part: gap if part in parts else 0.0 for part in PARTS}
    palette = {}
    for name, colour in SIMULATION.items():
        share = by["colours"]
        blend = (1 - share) * np.array(colour) + share * np.array(REAL[name])
        red, green, blue = np.clip(blend, 0, 1).tolist()
        palette[name] = (red, green, blue)
    appearance = Appearance(
        palette,
        texture=0.06 * by["pattern"],
        brightness=1 - 0.04 * by["light"],
        slope=0.1 * by["light"],
        blur=0.5 * by["blur"],
        noise=0.03 * by["noise"],
    )
    turn = np.deg2rad(2 * by["camera"])
    shift = 0.01 * by["camera"]
    camera = replace(CAMERA, rotation=float(turn), centre=(shift, -shift))
    return camera, appearance


@cache
def eye(gap: float, parts: tuple[str, ...] = PARTS) -> Eye:
    """The camera of a world; its bank of noise is the same on every day."""
    return Eye(*mixed(gap, parts), np.random.default_rng(0))


def hook_images(
    n: int, gap: float, rng: np.random.Generator, parts: tuple[str, ...] = PARTS
) -> PoseImages:
    """n images of new scenes, with the places of their hooks.

    Args:
        n: number of images.
        gap: 0 the simulation, 1 "real".
        rng: draws scenes and noise.
        parts: of `PARTS`, what differs from the simulation.
    """
    scene = HookScene.drawn(n, rng)
    return PoseImages(eye(gap, parts).look(scene.shapes(), rng), scene.hooks)


def errors(estimated: Array, true: Array) -> Array:
    """How far estimated places (N, 2) are from the true ones (N, 2), (N,) [m]."""
    return np.asarray(np.hypot(*(np.asarray(estimated) - true).T))


def success_rate(distances: Array) -> float:
    """Share of the attempts (N,) [m] in which the loop is put on the hook."""
    return float((distances < TOLERANCE).mean())

"""The reacher that sees only pixels, in a simulation and in "real" domains.

A domain is a body and a look: the arm of `simulation.planar_reacher`, and how its scene
appears to the camera. The task is the same everywhere, after Rusu et al. (2017): reward
while the hand is near the target, 50 control steps, images and nothing else.

    simulation    clean images, exact arm
    A             longer links, weak motors, delay, a turned camera, texture and noise
    B             A, and muted colours
    C             A, and the colours of upper arm and target are swapped
    conveyor      A, and the target moves

From A to C each domain is harder for a policy of the simulation than the one before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.simulation.planar_reacher import PlanarReacher, ReacherState
from lecture_code.simulation.reaching import hand
from lecture_code.vision import Appearance, Camera, Eye, Shapes

Bools = NDArray[np.bool_]

CAMERA = Camera(24, 24, view=2.4)
PALETTE = {
    "background": (0.1, 0.1, 0.1),
    "target": (0.9, 0.2, 0.2),
    "upper arm": (0.2, 0.4, 0.9),
    "forearm": (0.2, 0.8, 0.5),
}
MUTED = {
    "background": (0.15, 0.15, 0.14),
    "target": (0.83, 0.3, 0.28),
    "upper arm": (0.28, 0.43, 0.8),
    "forearm": (0.28, 0.73, 0.5),
}
SWAPPED = PALETTE | {
    "target": PALETTE["upper arm"],
    "upper arm": PALETTE["target"],
    "forearm": (0.9, 0.5, 0.2),
}
DISC, THICKNESS = 0.13, 0.07  # radii of the target and of the links [m]


@dataclass(frozen=True)
class Domain:
    """A body and how it looks.

    Args:
        body: the arm and its task.
        appearance: of the scene.
        camera: where it stands.
    """

    body: PlanarReacher
    appearance: Appearance
    camera: Camera = CAMERA


_A = Domain(
    PlanarReacher(links=(0.5775, 0.5775), gain=0.8, delay=1),  # links are 5 % longer
    Appearance(PALETTE, texture=0.1, noise=0.05),
    replace(CAMERA, rotation=np.deg2rad(10)),
)
DOMAINS = {
    "simulation": Domain(PlanarReacher(), Appearance(PALETTE)),
    "A": _A,
    "B": replace(_A, appearance=replace(_A.appearance, palette=MUTED)),
    "C": replace(_A, appearance=replace(_A.appearance, palette=SWAPPED)),
    "conveyor": replace(_A, body=replace(_A.body, speed=0.03)),
}
"""Name -> domain. New domains go to the end: their number is part of a run's seed."""


def make_domain(name: str) -> Domain:
    """The domain of this name.

    Raises:
        ValueError: there is none; the message lists the names.
    """
    if name not in DOMAINS:
        known = ", ".join(DOMAINS)
        raise ValueError(f"there is no domain {name!r}; there are: {known}")
    return DOMAINS[name]


class PixelReacher:
    """Episodes in a domain, as `learning.episodes.Environment` wants them.

    Args:
        domain: the body and its look, or the name of a domain.
        rng: draws the bank of noise of the camera.
    """

    def __init__(self, domain: Domain | str, rng: np.random.Generator) -> None:
        self.domain = make_domain(domain) if isinstance(domain, str) else domain
        self.body = self.domain.body
        self.eye = Eye(self.domain.camera, self.domain.appearance, rng)

    def scene(self, state: ReacherState) -> tuple[Shapes, ...]:
        """The target, and in front of it the arm."""
        shoulders = np.zeros((len(state), 2))
        upper, fore = self.body.links
        elbows = hand(state.angles, (upper, 0.0))
        hands = hand(state.angles, (upper, fore))
        return (
            Shapes.discs("target", state.targets, DISC),
            Shapes.capsules("upper arm", shoulders, elbows, THICKNESS),
            Shapes.capsules("forearm", elbows, hands, THICKNESS),
        )

    def start(
        self, n: int, rng: np.random.Generator, *, staggered: bool
    ) -> ReacherState:
        """n new episodes; `staggered` ones are at different moments of their time."""
        return self.body.start(n, rng, staggered=staggered)

    def observe(self, state: ReacherState, rng: np.random.Generator) -> NDArray[Any]:
        """Images (N, H, W, 3), float32."""
        return self.eye.look(self.scene(state), rng)

    def step(
        self,
        state: ReacherState,
        actions: NDArray[np.int64],
        rng: np.random.Generator,
    ) -> tuple[ReacherState, NDArray[np.float64]]:
        """State and rewards (N,) after actions (N, 2); nothing here is random."""
        return self.body.step(state, actions)

    def over(self, state: ReacherState) -> tuple[Bools, Bools]:
        """Which episodes failed, and whose time ran out, (N,) each."""
        return self.body.over(state)

    def renew(
        self, state: ReacherState, which: Bools, rng: np.random.Generator
    ) -> ReacherState:
        """The state with new episodes in place of these, (N,)."""
        return self.body.renew(state, which, rng)

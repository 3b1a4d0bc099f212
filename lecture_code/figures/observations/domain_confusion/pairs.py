"""The pair viewer: a "real" image beside its partner in the simulation."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from lecture_code.experiments.observations.domain_confusion.arms import (
    PAIRS as PAIRS_RNG,
)
from lecture_code.experiments.observations.domain_confusion.arms import (
    HookData,
    hook_data,
    nearest_poses,
)
from lecture_code.experiments.observations.domain_confusion.hooks import MAIN
from lecture_code.experiments.observations.domain_confusion.networks import SHOWN_SEED
from lecture_code.figures.observations.domain_confusion.runs import CENTIMETRES
from lecture_code.figures.observations.domain_confusion.scenes import draw_scene
from lecture_code.observations.hook_scenes import errors
from lecture_code.observations.representation import Representation, network_inputs
from lecture_code.show import Picture, new_figure

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

PAIRINGS = ("mined", "random", "perfect")
SHOWN = 12


def images_of_seed(seed: int = SHOWN_SEED) -> HookData:
    """The images of the chapter's main comparison, of one seed."""
    return hook_data(MAIN.synthetic, MAIN.checks, MAIN.tests, MAIN.gap, seed)


class Pairs:
    """Partners of "real" images: mined in conv1, random, and perfect.

    Shown are the first 12 "real" images of the seed; nothing is chosen by its look. The
    pairs were mined after the first part of the training; distances in conv1 are those
    of the network at the end.

    Args:
        network: of weak pairs, after training.
        mined: rows of synthetic and "real" images, (K, 2), such as
            `load_pairs("weak pairs")`.
        data: the images; by default those of the seed that is shown.
    """

    def __init__(
        self, network: Representation, mined: Ints, data: HookData | None = None
    ) -> None:
        self.data = data or images_of_seed()
        synthetic = self.data.synthetic.poses
        real = self.data.real.poses[: len(mined)]
        rng = np.random.default_rng([PAIRS_RNG, SHOWN_SEED])
        drawn = rng.integers(len(synthetic), size=500)[: len(mined)]
        self.partners = {
            "mined": mined[np.argsort(mined[:, 1]), 0],
            "random": drawn,
            "perfect": nearest_poses(synthetic, real)[:, 0],
        }
        self.network = network
        self.count = min(SHOWN, len(mined))

    def hooks_apart(self, pairing: str) -> Array:
        """Distances of the hooks of all pairs, (K,) [cm].

        Raises:
            ValueError: the pairing is unknown; the message lists the known ones.
        """
        if pairing not in self.partners:
            known = ", ".join(self.partners)
            raise ValueError(f"pairing must be one of {known}; got {pairing!r}")
        rows = self.partners[pairing]
        real = self.data.real.poses[: len(rows)]
        return CENTIMETRES * errors(self.data.synthetic.poses[rows], real)

    def conv1_distance(self, pairing: str, image: int) -> float:
        """Distance of a "real" image and its partner in conv1."""
        partner = self.data.synthetic.images[self.partners[pairing][image]]
        both = np.stack([self.data.real.images[image], partner])
        with torch.no_grad():
            first, second = self.network.first(network_inputs(both)).flatten(1)
        return float((first - second).norm())

    def draw(self, image: int, pairing: str) -> Picture:
        """A "real" image, and its partner.

        Args:
            image: from 0 to 11.
            pairing: of `PAIRINGS`.

        Raises:
            ValueError: there is no image of this number, or the pairing is unknown.
        """
        if image not in range(self.count):
            raise ValueError(f"image must be from 0 to {self.count - 1}; got {image}")
        apart = self.hooks_apart(pairing)
        inside = self.conv1_distance(pairing, image)
        figure, panels = new_figure(1, 2, height=3.0)
        figure.subplots_adjust(left=0.01, right=0.99, top=0.91, bottom=0.1, wspace=0.05)
        row = self.partners[pairing][image]
        when = "" if pairing != "mined" else " They were mined during the training."
        draw_scene(panels[0], self.data.real.images[image])
        draw_scene(panels[1], self.data.synthetic.images[row])
        panels[0].set_title("“real” image")
        panels[1].set_title(f"{pairing} partner, simulation")
        figure.text(0.01, 0.025, f"conv1: {inside:.1f} apart")
        figure.text(0.52, 0.025, f"hooks: {apart[image]:.1f} cm apart")
        return Picture(
            figure,
            alt=f"“Real” image {image} and its {pairing} partner in the simulation: "
            f"distance in conv1 {inside:.1f}, hooks {apart[image]:.1f} cm apart. "
            f"Median of all {len(apart)} {pairing} pairs: {np.median(apart):.1f} cm.",
            caption=f"The hooks of the median {pairing} pair are "
            f"{np.median(apart):.1f} cm apart ({len(apart)} pairs).{when} The distance "
            "in conv1 is that of the trained network, without unit.",
        )

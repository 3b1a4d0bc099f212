"""The first picture of the chapter: where linear probes say that an object is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lecture_code.experiments.observations.pretraining.features import (
    load_feature_network,
)
from lecture_code.experiments.observations.pretraining.probes import (
    PENALTIES,
    network_features,
    pose_errors,
    pose_labels,
    read_poses,
)
from lecture_code.experiments.observations.pretraining.pushing import load_poke_network
from lecture_code.experiments.observations.pretraining.triples import small_pixels
from lecture_code.figures.observations.pretraining.boards import (
    draw_board,
    draw_outline,
    draw_scale,
)
from lecture_code.observations.pusher_scenes import board_pictures
from lecture_code.observations.pushing import Objects, pose_distances
from lecture_code.observations.representation import point_network
from lecture_code.show import Picture, new_figure

Array = NDArray[np.float64]
Bytes = NDArray[np.uint8]
PictureFeatures = Callable[[Bytes], Array]
"""Pictures (N, H, W, 3) -> features (N, F)."""

LABELS, SCENES, SHOWN = 100, 300, 6
RAW = "pixels"
FROM_PUSHING = ("inverse", "inverse + forward")
FROM_PROBES = ("slowness", "autoencoder")


def known_features() -> dict[str, PictureFeatures]:
    """The features that the page can compute: name -> function."""
    networks = {"random features": point_network(4, np.random.default_rng(0))}
    networks |= {arm: load_poke_network(arm)[0] for arm in FROM_PUSHING}
    networks |= {arm: load_feature_network(arm) for arm in FROM_PROBES}
    known: dict[str, PictureFeatures] = {RAW: partial(small_pixels, colour=True)}
    for name, network in networks.items():
        known[name] = partial(network_features, network)
    return known


def typical_rows(errors: Array, n: int) -> NDArray[np.int64]:
    """The n scenes whose errors are nearest to the middle of all methods, (n,).

    Args:
        errors: of each method in each scene, (methods, scenes).
        n: number of scenes.
    """
    ranks = errors.argsort(axis=1).argsort(axis=1)
    middle = (errors.shape[1] - 1) / 2
    far = np.abs(ranks - middle).sum(axis=0)
    return np.argsort(far, kind="stable")[:n].astype(np.int64)


class PoseGuesses:
    """Poses that linear probes predict after 100 labelled pictures.

    Of `SCENES` new pictures the six are shown in which the errors are nearest to the
    median of *every* probe.

    Args:
        features: name -> features.
        seed: draws objects and pictures.
    """

    def __init__(self, features: Mapping[str, PictureFeatures], seed: int) -> None:
        rng = np.random.default_rng(seed)
        labelled = Objects.drawn(LABELS, rng)
        seen = board_pictures(labelled, rng)
        self.objects = Objects.drawn(SCENES, rng)
        self.pictures = board_pictures(self.objects, rng)
        self.told: dict[str, Objects] = {}
        for name, of in features.items():
            probe = make_pipeline(StandardScaler(), RidgeCV(PENALTIES))
            probe.fit(of(seen), pose_labels(labelled))
            self.told[name] = read_poses(probe.predict(of(self.pictures)), self.objects)
        self.chosen = typical_rows(np.array([*map(self.errors, self.told)]), SHOWN)

    def errors(self, features: str) -> Array:
        """How far the points of each object are from where the probe says, (N,) [m].

        Raises:
            KeyError: there is no probe of these features; the message lists what is.
        """
        if features not in self.told:
            known = ", ".join(self.told)
            raise KeyError(f"no probe of {features!r}; there are {known}")
        return pose_distances(self.told[features], self.objects)

    def draw(self, features: str, board: int) -> Picture:
        """A board, and where the probe says that the object is.

        Args:
            features: what the probe reads.
            board: from 0 to 5.

        Raises:
            ValueError: there is no board of this number.
            KeyError: there is no probe of these features.
        """
        if board not in range(SHOWN):
            raise ValueError(f"board must be from 0 to {SHOWN - 1}; got {board}")
        row = int(self.chosen[board])
        errors = 100 * self.errors(features)
        here = np.array([row])
        told = self.told[features].rows(here)
        off = pose_errors(told, self.objects.rows(here))
        figure, axes = new_figure(height=3.0)
        figure.subplots_adjust(left=0.02, right=0.98, top=0.9, bottom=0.01)
        draw_board(axes, self.pictures[row])
        draw_scale(axes)
        draw_outline(axes, told, 0, dashed=False)
        words = f"place {100 * off['place']:.1f} cm off, angle {off['angle']:.0f}° off"
        axes.set_title(f"{features}: {words}", loc="center")
        return Picture(
            figure,
            alt=f"A board with a red L and an outline where the probe of {features} "
            f"says that it is: {words}.",
            caption=f"The white line shows where the probe of *{features}* says that "
            f"the object is, after {LABELS} labelled pictures. The board is typical: "
            f"over {SCENES} boards the median error of the pose is "
            f"{np.median(errors):.0f} cm.",
        )

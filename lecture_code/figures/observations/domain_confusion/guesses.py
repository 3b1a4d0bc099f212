"""The first picture of the chapter: where a network says that the hook is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.observations.domain_confusion.measures import places
from lecture_code.experiments.observations.domain_confusion.networks import (
    KEPT,
    SHOWN_SEED,
    load_hook_network,
)
from lecture_code.figures.observations.domain_confusion.scenes import (
    draw_scene,
    mark_answer,
)
from lecture_code.observations.hook_scenes import (
    CAMERA,
    TOLERANCE,
    HookScene,
    PoseImages,
    errors,
    eye,
    success_rate,
)
from lecture_code.observations.representation import Representation
from lecture_code.show import Picture, new_figure

Array = NDArray[np.float64]

SCENES = 400  # from which those that are shown are chosen
SHOWN = 6
WORLD_GAPS = {"simulation": 0.0, "“real”": 1.0}
SYNTHETIC = "synthetic only"


class HookGuesses:
    """Answers of networks to scenes that look as in the simulation, and as in the
    "real" world.

    The scenes are new. Of `SCENES` scenes six are shown, for every network the same:
    sorted by the error of the first network in the "real" world, they are the middle
    ones of six parts of equal size. So the slider goes from small to large errors. How
    often a network hits in all `SCENES` scenes is in the caption.

    Args:
        networks: method -> network.
        seed: draws scenes and noise.
    """

    def __init__(self, networks: Mapping[str, Representation], seed: int) -> None:
        self.scene = HookScene.drawn(SCENES, np.random.default_rng(seed))
        self.images: dict[str, PoseImages] = {}
        for world, gap in WORLD_GAPS.items():
            noise = np.random.default_rng(seed)
            looks = eye(gap).look(self.scene.shapes(), noise)
            self.images[world] = PoseImages(looks, self.scene.hooks)
        self.answers = {
            method: {
                world: places(network, seen) for world, seen in self.images.items()
            }
            for method, network in networks.items()
        }
        self.sorted_by = next(iter(networks))
        self.chosen = spread_rows(self.distances(self.sorted_by, "“real”"), SHOWN)

    def distances(self, method: str, world: str) -> Array:
        """Errors of a method in all scenes, (SCENES,) [m].

        Raises:
            KeyError: there is no network of this method; the message lists methods.
        """
        if method not in self.answers:
            known = ", ".join(self.answers)
            raise KeyError(f"no network of {method!r}; there are {known}")
        return errors(self.answers[method][world], self.scene.hooks)

    def draw(self, method: str, image: int) -> Picture:
        """The same scene in both worlds, with the answers of a network.

        Args:
            method: whose network.
            image: from 0 to 5.

        Raises:
            ValueError: there is no image of this number.
            KeyError: there is no network of this method; the message lists methods.
        """
        if image not in range(len(self.chosen)):
            raise ValueError(
                f"image must be from 0 to {len(self.chosen) - 1}; got {image}"
            )
        row = int(self.chosen[image])
        far = {world: self.distances(method, world) for world in WORLD_GAPS}
        rates = {world: 100 * success_rate(found) for world, found in far.items()}
        figure, panels = new_figure(1, 2, height=2.5)
        figure.subplots_adjust(left=0.01, right=0.99, top=0.82, bottom=0.01)
        figure.subplots_adjust(wspace=0.05)
        words = []
        for axes, (world, gap) in zip(panels, WORLD_GAPS.items(), strict=True):
            draw_scene(axes, self.images[world].images[row])
            answer = self.answers[method][world][row]
            mark_answer(axes, gap, self.scene.hooks[row], answer)
            here = outcome(far[world][row])
            axes.set_title(f"{world}: {rates[world]:.0f} % hits\nhere: {here}")
            words.append(f"{world}: {here}; hits in all scenes {rates[world]:.0f} %")
        return Picture(
            figure,
            alt=f"One scene in both worlds, with the answer of {method}. "
            f"{'. '.join(words)}.",
            caption=f"*{method.capitalize()}*. Ring: {100 * TOLERANCE:.0f} cm around "
            "the hook. Cross: the network’s answer. Each image is "
            f"{100 * CAMERA.view:.0f} cm wide. The slider goes from a small to a large "
            f"“real” error of *{self.sorted_by}*. The title gives the share of hits in "
            f"{SCENES} scenes, and below it the result in this scene.",
        )

    def first(self) -> Picture:
        """The network that has seen only the simulation, in the scene with the largest
        error.
        """
        return self.draw(SYNTHETIC, SHOWN - 1)


def spread_rows(distances: Array, n: int) -> NDArray[np.int64]:
    """n scenes from the smallest to the largest error: the middle scene of each of n
    parts of equal size, (n,).

    Args:
        distances: errors, (scenes,).
        n: number of scenes.
    """
    middles = (np.arange(n) + 0.5) / n * len(distances)
    return np.argsort(distances, kind="stable")[middles.astype(np.int64)]


def kept_numbers(seed: int) -> dict[str, str]:
    """Least and most hits of the kept networks of the simulation that are not shown
    first, in the "real" scenes that are shown [%].

    Args:
        seed: draws scenes and noise, see `HookGuesses`.
    """
    others = {
        str(number): load_hook_network(SYNTHETIC, number)
        for number in KEPT.seeds
        if number != SHOWN_SEED
    }
    guesses = HookGuesses(others, seed)
    rates = [100 * success_rate(guesses.distances(name, "“real”")) for name in others]
    return {"kept_least": f"{min(rates):.0f}", "kept_most": f"{max(rates):.0f}"}


def outcome(distance: float) -> str:
    """'hit', or 'misses by 14 cm', for an error [m]."""
    if distance < TOLERANCE:
        return "hit"
    return f"misses by {100 * distance:.0f} cm"

"""What the robot sees, and what it does: one policy in the simulation and on robots.

All domains get the same poses, the same targets and the same random numbers, so what
differs is the domain. Start with `Films`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle
from numpy.typing import NDArray
from torch import nn

from lecture_code.learning.whole_episodes import watch_episodes
from lecture_code.observations.pixel_reacher import DISC, DOMAINS, PixelReacher
from lecture_code.show import GREY, METHOD_COLOURS, Picture, new_figure
from lecture_code.simulation.reaching import hand

Array = NDArray[np.float64]

SIMULATION = "simulation"
COLOURS = {SIMULATION: METHOD_COLOURS["simulation"]}
"""Domain -> colour of its arm; robots have the colour of reality."""
EPISODES = 64


@dataclass(frozen=True, eq=False)
class Episodes:
    """n whole episodes in one domain.

    Args:
        elbows, hands, targets: places (x, z), (n, T, 2) [m].
        images: what the policy sees, (n, T, H, W, 3).
        rewards: (n, T).
    """

    elbows: Array
    hands: Array
    targets: Array
    images: NDArray[Any]
    rewards: Array

    @classmethod
    def watched(cls, domain: str, network: nn.Module, n: int, seed: int) -> Episodes:
        """Let a network act in a domain.

        Args:
            domain: its name.
            network: the policy.
            n: number of episodes.
            seed: of poses, targets and actions.
        """
        environment = PixelReacher(domain, np.random.default_rng(0))
        rng = np.random.default_rng(seed)
        steps = list(watch_episodes(network, {}, environment, n, rng))
        upper, fore = environment.body.links
        return cls(
            np.stack([hand(step.state.angles, (upper, 0.0)) for step in steps], 1),
            np.stack([hand(step.state.angles, (upper, fore)) for step in steps], 1),
            np.stack([step.state.targets for step in steps], 1),
            np.stack([step.observations for step in steps], 1),
            np.stack([step.rewards for step in steps], 1),
        )

    @property
    def returns(self) -> Array:
        """Of each episode, (n,)."""
        return np.asarray(self.rewards.sum(axis=1))


class Films:
    """The same episode in the simulation and on robots.

    The episode is a usual one: among all, its returns are nearest to the means of the
    domains.

    Args:
        network: a policy of the simulation.
        seed: of poses, targets and actions.
        domains: that are watched; the simulation is the first.
    """

    def __init__(
        self,
        network: nn.Module,
        seed: int,
        domains: tuple[str, ...] = (SIMULATION, "A", "B", "C"),
    ) -> None:
        self.episodes = {
            domain: Episodes.watched(domain, network, EPISODES, seed)
            for domain in domains
        }
        returns = np.stack([each.returns for each in self.episodes.values()])
        apart = np.abs(returns - returns.mean(axis=1, keepdims=True)).sum(axis=0)
        self.which = int(apart.argmin())

    def draw(self, step: int, domain: str = "B") -> Picture:
        """Simulation and robot after so many control steps: above what happens, below
        what the policy sees.

        Args:
            step: of the episode, from 1.
            domain: the robot.
        """
        heights = {"height_ratios": [0.8, 1]}
        figure, axes = new_figure(2, 2, height=4.3, gridspec_kw=heights)
        figure.subplots_adjust(
            left=0.02, right=0.98, top=0.93, bottom=0.01, wspace=0.06, hspace=0.02
        )
        words = []
        for column, name in enumerate((SIMULATION, domain)):
            earned = self.earned(name, step)
            title = "simulation" if name == SIMULATION else f"robot {name}"
            axes[0, column].set_title(f"{title}: {earned} of {step}")
            self._happens(axes[0, column], name, step)
            self._seen(axes[1, column], name, step)
            words.append(f"{title} {earned} rewards in {step} control steps")
        return Picture(
            figure,
            alt="Above, an arm with two links and a target; below, the picture of 24 "
            f"× 24 pixels that its policy sees. So far: {'; '.join(words)}.",
            caption="A usual episode. Above: what happens; the thin line is the path "
            "of the hand, which earns rewards in the dashed circle. Below: all that "
            "the policy sees. The numbers count the rewards so far.",
        )

    def earned(self, domain: str, step: int) -> int:
        """Return of the first control steps."""
        return int(self.episodes[domain].rewards[self.which, :step].sum())

    def _happens(self, axes: Axes, domain: str, step: int) -> None:
        """Arm and target from above, and the path of the hand."""
        watched = self.episodes[domain]
        i = self.which
        t = step - 1
        colour = COLOURS.get(domain, METHOD_COLOURS["reality"])
        radius = DOMAINS[domain].body.radius
        target = watched.targets[i, t]
        axes.add_patch(Circle(target, radius, fc="none", ec=GREY, ls="--", lw=1.2))
        axes.add_patch(Circle(target, DISC / 3, fc=GREY, ec="none"))
        axes.plot(*watched.hands[i, : t + 1].T, color=colour, lw=1, alpha=0.5)
        arm = np.stack([np.zeros(2), watched.elbows[i, t], watched.hands[i, t]])
        axes.plot(*arm.T, "-o", color=colour, lw=6, ms=5, solid_joinstyle="round")
        axes.set(xlim=(-1.25, 1.25), ylim=(-0.8, 1.25), aspect="equal")
        axes.axis("off")

    def _seen(self, axes: Axes, domain: str, step: int) -> None:
        """The picture that the policy sees."""
        image = self.episodes[domain].images[self.which, step - 1]
        axes.imshow(image, interpolation="nearest")
        axes.axis("off")

"""How stiff experts fare on the tilted arm: the same reach with other costs of
torque.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lecture_code.dynamics.reaching_expert import ReachingExpert, ReachingSettings
from lecture_code.experiments.dynamics.inverse_dynamics.transfer import passive
from lecture_code.show import GREY, METHOD_COLOURS, Picture, new_figure
from lecture_code.simulation import Policy, World, make_world, rollout

SHARES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)  # of gravity in the plane of the arm


def mean_return(world: World, policy: Policy, n: int = 5) -> float:
    """Mean return of n trials, with the same starts every time."""
    rng = np.random.default_rng(3)
    return float(rollout([world] * n, policy, 100, rng, threads=1).returns.mean())


class Stiffness:
    """Normalised returns of experts against gravity.

    Args:
        costs: R of the experts, the weights of their torques.
    """

    def __init__(self, costs: Sequence[float]) -> None:
        self.costs = tuple(costs)
        source = make_world("heavy_arm")
        worst = mean_return(source, passive)
        worlds = [source.change(gravity=-9.81 * share) for share in SHARES]
        self.scores: dict[float, list[float]] = {}
        for cost in self.costs:
            expert = ReachingExpert.from_source(source, ReachingSettings(cost))
            returns = np.array([mean_return(world, expert) for world in worlds])
            scores = (returns - worst) / (returns[0] - worst)
            self.scores[cost] = scores.tolist()

    def draw(self, cost: float) -> Picture:
        """All experts, one of them marked."""
        figure, axes = new_figure(height=2.8)
        percent = [100 * share for share in SHARES]
        for other, scores in self.scores.items():
            if other != cost:
                axes.plot(percent, scores, color=GREY, lw=1)
        axes.plot(percent, self.scores[cost], "s-", color=METHOD_COLOURS["reality"])
        axes.set(xlabel="gravity [%]", ylabel="normalised return", ylim=(-0.2, 1.1))
        last = self.scores[cost][-1]
        return Picture(
            figure,
            alt=f"Normalised return of experts against gravity. With R = {cost:g} it "
            f"falls to {last:.2f} at 100 %.".replace("-", "−"),
            caption=f"The expert with R = {cost:g}, without φ. Grey: other R. The page "
            "uses R = 30. 1 is each expert without gravity. Five trials.",
        )

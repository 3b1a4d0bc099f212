"""Gaussian dynamics adaptation on the arm: a local model, learnt while acting, with the
simulator as its prior.

The second baseline of P. Christiano et al.: Transfer from Simulation to Real World
through Learning Deep Inverse Dynamics Model. 2016, arXiv 1610.03518. The method is the
one of Fu, Levine & Abbeel in `online_adaptation.py`; here is only what the arm adds:

    prior      T_source, linearised where the arm is
    state      x = (q, q̇); the angles grow without a jump at ±π
    reference  the posture of the target, at rest

Deviations from the paper
* The paper plans with iterative LQR. The local model is the same at every step of a
  plan, and for a linear model one iteration of iterative LQR is LQR.
* Actions are taken without the exploration noise of Algorithm 1, line 10: the other
  controllers of the comparison add none either. m, N, the weight of the newest step and
  the horizon are not printed.

The settings were piloted, one at a time, on one seed of worlds that no result reports:
the source, 50 % of gravity, and motor noise of standard deviation 0.25 with correlation
0.5. Tried were R = 0.01, 0.1, 1, 10; a horizon of 10, 20, 30, 50; a weight of the
newest step of 0.05 to 0.8; m = 0, 0.03, 0.3, 1; and N = 0.1, 1, 3, 10, 30, 100, 300.
The best R and weight lie inside; horizons of 10 to 50 earn the same. From N = 30 on the
moments outweigh the prior, and neither N nor m changes much. In the source the method
earns more than the expert: this is the positive control.

Start with `GaussianAdaptation.start`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.online_adaptation import OnlineSettings, OnlineState, step
from lecture_code.learning.dynamics_priors import LinearisedPrior
from lecture_code.learning.simulated_dynamics import SimulatedDynamics
from lecture_code.simulation import Act, ReachTarget, World

Array = NDArray[np.float64]

ARM_SETTINGS = OnlineSettings(
    state_cost=(1.0, 1.0, 0.05, 0.05),
    action_cost=(0.1, 0.1),
    limits=(1.0, 1.0),
    N=100.0,
    horizon=30,
    exploration=0.0,
)
"""How the arm adapts and plans."""


@dataclass(frozen=True, eq=False)
class GaussianAdaptation:
    """The policy, for a rollout of the arm.

    Args:
        source: the simulator, a world whose task is `ReachTarget`.
        settings: how to adapt and plan.
        spread: standard deviation of states and actions in the prior, P = spread² I.
        residual: standard deviation of what the simulator does not predict, C =
            residual² I.
    """

    source: World
    settings: OnlineSettings = field(default=ARM_SETTINGS)
    spread: float = 1.0
    residual: float = 1e-3

    def __post_init__(self) -> None:
        if not isinstance(self.source.task, ReachTarget):
            raise ValueError(
                "Gaussian adaptation needs a world whose task is ReachTarget, such as "
                f"'heavy_arm'; got {self.source.name!r}"
            )
        if not (self.spread > 0 and self.residual >= 0):
            raise ValueError(
                "spread must be positive and residual not negative; got "
                f"{self.spread} and {self.residual}"
            )

    def prior(self) -> LinearisedPrior:
        """The simulator as a prior."""
        P = self.spread**2 * np.eye(6)
        C = self.residual**2 * np.eye(4)
        return LinearisedPrior(SimulatedDynamics(self.source, 2), P, C)

    def start(self, n: int) -> Act:
        """What acts in one rollout of n arms, without any moments."""
        task = self.source.task
        assert isinstance(task, ReachTarget)
        prior = self.prior()
        state = OnlineState.initial(self.settings, n)

        def act(observations: Array, rng: np.random.Generator) -> Array:
            nonlocal state
            near = None if state.x is None else state.x[:, :2]
            x = task.joint_state(observations, near)
            wanted = task.wanted_state(observations, x[:, :2])[:, None]
            state, u = step(state, x, wanted, self.settings, prior, rng)
            return u

        return act

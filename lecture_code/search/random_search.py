"""Augmented random search: finite differences along random directions, made robust.

Mania, Guy & Recht, "Simple random search provides a competitive approach to
reinforcement learning" (2018), arXiv:1803.07055, Algorithms 1 and 2.

    (line 4)  δ_k ~ N(0, I),  k = 1 … N
    (line 5)  r_k± = f(θ ± ν δ_k)
    (line 6)  keep the b directions with the largest max(r_k+, r_k−)
    (line 7)  θ ← θ + α / (b σ_R) Σ_k (r_k+ − r_k−) δ_k
              σ_R = standard deviation of the 2b returns kept

Idea. Try each of N random directions forwards and backwards; the difference of the two
returns says how steep the hill is that way, so walk along the weighted sum. Dividing by
σ_R makes the step as long at return 3000 as at return 30; leaving out the worst
directions keeps the directions that threw the robot over from having a say.

Read `ask` and `tell` first: they are lines 4 to 7 of Algorithm 2 (ARS). With `top=None,
normalise=False` they are Algorithm 1 (basic random search).

Deviations from the paper:
* Versions V1 and V1-t only. The observation normaliser of V2 (lines 5 and 8) is no
  business of a search that sees nothing but θ and returns: it belongs to the function
  that is maximised, and with it this class is V2.
* The paper starts at θ = 0 and tunes α, ν, N and b for each task; here the start is the
  caller's, and the defaults are one setting that trains our robots.
* σ_R = 0 (all returns equal) takes no step; the paper does not say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lecture_code.search.gaussian import check_mean
from lecture_code.search.protocol import check_told


@dataclass(eq=False)
class AugmentedRandomSearch:
    """ARS as a black-box search; one generation is 2N evaluations.

    Args:
        mean: the start, θ, shape (d,).
        step: α, in the units of `mean`.
        noise: ν, the size of the exploration, in the units of `mean`.
        directions: N, the number of directions; each gives two candidates.
        top: b, the number of directions kept; None keeps all.
        normalise: divide the step by σ_R.

    Raises:
        ValueError: names the setting that is out of range.
    """

    mean: np.ndarray
    step: float = 0.02
    noise: float = 0.025
    directions: int = 16
    top: int | None = None
    normalise: bool = True

    def __post_init__(self) -> None:
        self.mean = check_mean(self.mean)
        for name, value in {"step": self.step, "noise": self.noise}.items():
            if not 0 < value < np.inf:
                raise ValueError(f"{name} must be positive and finite; got {value}")
        if self.directions < 1:
            raise ValueError(f"directions must be at least 1; got {self.directions}")
        if self.top is not None and not 1 <= self.top <= self.directions:
            raise ValueError(
                f"top must lie between 1 and directions = {self.directions}, or be "
                f"None for all of them; got {self.top}"
            )

    def ask(self, rng: np.random.Generator) -> np.ndarray:
        """θ + ν δ_k for every direction, then θ − ν δ_k in the same order, shape (2N,
        d).
        """
        size = self.directions, self.mean.size
        delta = rng.standard_normal(size)  # Algorithm 2, line 4, ~ N(0, I)
        plus, minus = self.mean + self.noise * delta, self.mean - self.noise * delta
        return np.concatenate([plus, minus])  # line 5

    def tell(self, thetas: np.ndarray, returns: np.ndarray) -> None:
        """Step along the best directions: candidates (2N, d) in the order of `ask`, and
        their returns (2N,).

        Raises:
            ValueError: see `Search.tell`; also when the candidates are not pairs
                mirrored at the mean. The mean then stays where it is.
        """
        d = self.mean.size
        population = 2 * self.directions
        thetas, returns = check_told(thetas, returns, d, population)
        delta = self._directions_of(thetas)  # (N, d)
        plus, minus = np.split(returns, 2)  # r_k+ and r_k−, (N,) each
        b = self.top or self.directions
        order = np.argsort(-np.maximum(plus, minus), kind="stable")
        best = order[:b]  # Algorithm 2, line 6
        sigma_R = np.std([plus[best], minus[best]]) if self.normalise else 1.0
        if sigma_R > 0:
            scale = self.step / (b * sigma_R)
            difference = (plus - minus)[best]
            self.mean = self.mean + scale * difference @ delta[best]  # line 7

    def _directions_of(self, thetas: np.ndarray) -> np.ndarray:
        """The δ (N, d) behind the candidates (2N, d); refuses candidates that `ask`
        cannot have given.
        """
        plus, minus = np.split(thetas, 2)
        rounding = 1e-9 * (self.noise + np.abs(self.mean).max())
        distance = np.abs((plus + minus) / 2 - self.mean).max(axis=1)
        off = np.flatnonzero(distance > rounding)
        if off.size:
            raise ValueError(
                "candidates k and directions + k must be mirrored at the mean; they "
                f"are not for k = {off.tolist()}"
            )
        return np.asarray((plus - minus) / (2 * self.noise))

"""How much a candidate counts: its weight in six methods."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from lecture_code.search import (
    CMAES,
    PI2,
    CrossEntropyMethod,
    PoWER,
    RewardWeightedRegression,
)
from lecture_code.show import GREY, METHOD_COLOURS, Picture, new_figure

Array = NDArray[np.float64]

SHORT = {
    "cross-entropy method": "CEM",
    "RWR": "RWR",
    "PoWER": "PoWER",
    "PI²": "PI²",
    "CMA-ES": "CMA-ES",
    "augmented random search": "ARS",
}


N = 20  # candidates
Weigher = CrossEntropyMethod | RewardWeightedRegression | PoWER | PI2 | CMAES


def _stems(axes: Any, x: Array, w: Array, colour: str) -> None:
    """A vertical line for each weight."""
    axes.vlines(x, 0, w, color=colour, linewidth=1)
    axes.plot(x, w, ".", color=colour, markersize=5)
    axes.axhline(0, color=GREY, linewidth=0.8)


def lucky_day(lucky: float) -> Picture:
    """Weights of twenty candidates, of which one was lucky, in five methods.

    Args:
        lucky: return of the lucky candidate; the others earn about 4, the best of them
            6.3.
    """
    flat = np.zeros(1)
    weighers: dict[str, Weigher] = {
        "cross-entropy method": CrossEntropyMethod(flat, 1, N, elite=0.25),
        "RWR": RewardWeightedRegression(flat, 1, N, beta=0.5),
        "PoWER": PoWER(flat, 1, N),
        "PI²": PI2(flat, 1, N),
        "CMA-ES": CMAES(flat, 1, N),
    }
    returns = np.append(ordinary_returns(), lucky)
    figure, panels = new_figure(3, 2, width=4.7, height=6.2, sharey=True)
    last = panels[2, 1]
    shares = []
    for axes, (name, weigher) in zip(panels.flat, weighers.items(), strict=False):
        w = weigher.weights(returns)
        _stems(axes, returns, w, METHOD_COLOURS[name])
        axes.plot(lucky, w[-1], "o", markersize=10, mfc="none", mec=GREY)
        axes.set(title=SHORT[name], ylim=(-0.2, 1.1), xlim=(0, 31))
        last.bar(SHORT[name], w[-1], color=METHOD_COLOURS[name])
        shares.append(f"{SHORT[name]} {w[-1]:.2f}")
    last.set_title("the lucky candidate")
    last.tick_params("x", rotation=90)
    figure.subplots_adjust(bottom=0.14)
    panels[1, 0].set_ylabel("weight")
    panels[2, 0].set_xlabel("return of the candidate")
    words = f"Weights of {len(returns)} candidates; of the lucky candidate, {lucky:g}: "
    return Picture(
        figure,
        alt=f"{words}{', '.join(shares)}.",
        caption="A line for each candidate. The ring marks the lucky candidate. Below "
        "on the right: its weight in the five methods.",
    )


def ordinary_returns() -> Array:
    """Returns of the other nineteen: equally likely values of N(4, 1.2²), (N − 1,)."""
    return np.asarray(norm(4, 1.2).ppf((np.arange(N - 1) + 0.5) / (N - 1)))

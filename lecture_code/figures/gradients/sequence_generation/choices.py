"""Why no gradient passes a choice, and the two ways around it: one symbol of two.

G writes "x" or another symbol. Its logit of "x" is h, and the noise of the draw is
logistic, the difference of two Gumbel draws. D's answer is a smooth function of the
share of "x" in the symbol.

Read `explore_choice`, then `choice_picture`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lecture_code.show import (
    GREY,
    METHOD_COLOURS,
    Explore,
    Picture,
    explore,
    new_figure,
)

DRAWS = 400  # noises of the right panel, evenly over their law
TEMPERATURES = (5.0, 1.0, 0.5, 0.1)
LOGITS = np.linspace(-4, 4, 81)
ONE_DRAW = -1.0  # noise of the left panel

Floats = NDArray[np.float64]


def verdict(share: Floats) -> Floats:
    """D's probability of "real" for a symbol with this share of "x"."""
    return np.asarray(1 / (1 + np.exp(4 - 6 * share)))


def mixture(z: Floats, temperature: float) -> Floats:
    """Share of "x" in the mixture; z is logit plus noise."""
    return np.asarray(1 / (1 + np.exp(-np.clip(z / temperature, -500, 500))))


def mean_verdict(temperature: float | None) -> Floats:
    """Mean of D's answer over the noise, at each of `LOGITS`; None for the choice."""
    u = (np.arange(DRAWS) + 0.5) / DRAWS
    z = LOGITS[:, None] + np.log(u / (1 - u))  # ~ logistic noise
    if temperature is None:
        share = 1 / (1 + np.exp(-LOGITS))
        one, other = verdict(np.array([1.0, 0.0]))
        return np.asarray(share * one + (1 - share) * other)
    return np.asarray(verdict(mixture(z, temperature)).mean(axis=1))


def choice_picture(temperature: float) -> Picture:
    """D's answer against one logit: for one draw, and on average."""
    figure, axes = new_figure(1, 2, height=2.8, sharey=True)
    z = LOGITS + ONE_DRAW
    soft = METHOD_COLOURS["Gumbel-softmax"]
    rows = (
        (axes[0], verdict((z > 0).astype(float)), verdict(mixture(z, temperature))),
        (axes[1], mean_verdict(None), mean_verdict(temperature)),
    )
    for panel, hard, relaxed in rows:
        panel.plot(LOGITS, hard, color=GREY, label="choice")
        panel.plot(LOGITS, relaxed, "--", color=soft, label="mixture")
        panel.set(xlabel="logit of “x”", ylim=(0, 1))
    axes[0].set(ylabel="D's answer", title="one draw")
    axes[1].set_title("mean over all draws")
    axes[0].legend(fontsize=9.5, loc="upper left")
    apart = np.abs(rows[1][1] - rows[1][2]).max()
    alt = (
        f"D's answer against a logit, temperature {temperature:g}. One draw: with the "
        "choice it jumps once and is flat elsewhere; with the mixture it rises "
        "smoothly. Mean over all draws: both rise smoothly, and they differ by at most "
        f"{apart:.2f}."
    )
    return Picture(figure, alt=alt)


def explore_choice() -> Explore:
    """The same with the temperature to choose."""
    return explore(
        choice_picture,
        temperature=list(TEMPERATURES),
        start={"temperature": 1.0},
        labels={"temperature": "temperature τ"},
        buttons=["temperature"],
    )

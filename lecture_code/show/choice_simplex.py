"""`choice_simplex`: a choice among three tokens, and estimates of its gradient.

    choice_simplex(points, title="Estimate or propagate?")

Sliders are the three logits h and the temperature τ. A triangle shows draws of

    y = softmax((h + g) / τ),  g = −log(−log u),  b = argmax(h + g).

Its corners are the tokens. Bars show the probabilities of the tokens with the
frequencies of b, and bias and variance of four estimates of the gradient of
E f(b), f(y) = Σ (y_i − t_i)²: REINFORCE, REINFORCE with its optimal baseline,
Gumbel-softmax, and straight-through Gumbel (f and its slope at b, the slope of y).
Everything is computed anew in the page from the same uniforms u of a seed. No kernel,
no request.

Read `choice_simplex` for what can be asked for, then `ChoiceSimplex`. The format of the
data is `ChoiceSimplex._encode`. The element's twins in Python are
`gradients.estimators` and `gradients.relaxations`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .figures import GREY, METHOD_COLOURS, PURPLE, SKY, new_figure
from .page import bundle, fingerprint, number, prose, require_alt
from .picture import Picture
from .searched_space import data_script
from .seeded_sliders import SeededSliders
from .sliders import TOOLS, choice_buttons

METHODS = (
    "REINFORCE",
    "optimal baseline",
    "Gumbel-softmax",
    "straight-through Gumbel",
)
COLOURS = (SKY, PURPLE, GREY)  # of the tokens
LOGITS = tuple(n / 4 for n in range(-12, 13))
SLIDERS: Mapping[str, tuple[float, ...]] = {
    "logit0": LOGITS,
    "logit1": LOGITS,
    "logit2": LOGITS,
    "tau": (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0),
}
START: Mapping[str, float] = {"logit0": 0.0, "logit1": 0.5, "logit2": 1.0, "tau": 0.5}
MODES = ("soft, y", "hard, b")
DRAWS = 4000
MAX_DRAWS = 20_000  # in one move of a slider
CORNERS = np.array([[0.5, np.sqrt(0.75)], [0.0, 0.0], [1.0, 0.0]])


class ChoiceSimplex:
    """A choice that the reader can change: `<choice-simplex>`.

    Args:
        points: draws y of the still picture, (n, 3).
        title: visible above the picture.
        names: of the three tokens.
        target: t of the loss, one number for each token.
        draws: from which bias and variance are computed in the page.
        sliders: values of each slider, in place of those of `SLIDERS`.
        start: values to begin with, in place of those of `START`.
        seed: to begin with.

    Raises:
        ValueError: the points are no shares of three tokens, there are not three names
            or targets, a slider is unknown or has no such value, or the draws are too
            many.
    """

    def __init__(
        self,
        points: ArrayLike,
        title: str,
        *,
        names: Sequence[str] = ("A", "B", "C"),
        target: Sequence[float] = (0.5, 0.3, 0.2),
        draws: int = DRAWS,
        sliders: Mapping[str, Sequence[float]] | None = None,
        start: Mapping[str, float] | None = None,
        seed: int = 1,
    ) -> None:
        self.points = np.asarray(points, dtype=np.float64)
        self.title = title
        self.names = [str(name) for name in names]
        self.target = [float(share) for share in target]
        self.draws = draws
        self.seed = seed
        self._check()
        labels = {f"logit{i}": f"logit of {name}" for i, name in enumerate(self.names)}
        self.sliders = SeededSliders(
            {**labels, "tau": "temperature τ"}, SLIDERS, START, sliders, start
        )
        if min(self.sliders.values["tau"]) <= 0:
            raise ValueError(f"tau must be positive; got {self.sliders.values['tau']}")
        self.alt = require_alt(
            f"A triangle whose corners are the tokens {', '.join(self.names)}, with "
            f"{len(self.points)} draws of the Gumbel-softmax at temperature "
            f"{number(self.sliders.start['tau'])}."
        )
        self._html = self._render()

    def _check(self) -> None:
        """Raise a ValueError that names what does not fit."""
        for what, given in (("names", self.names), ("target", self.target)):
            if len(given) != 3:
                raise ValueError(
                    f"{what} must be three, one for each token; got {given}"
                )
        if len(set(self.names)) < 3:
            raise ValueError(f"the names of the tokens must differ; got {self.names}")
        if not np.isfinite(self.target).all():
            raise ValueError(f"target must be finite; got {self.target}")
        if self.points.ndim != 2 or self.points.shape[1] != 3 or not len(self.points):
            raise ValueError(f"points must have shape (n, 3); got {self.points.shape}")
        wrong = ~np.isclose(self.points.sum(axis=1), 1) | (self.points < 0).any(axis=1)
        if wrong.any():
            raise ValueError(
                "points must be shares that are not negative and add up to 1; point "
                f"{int(wrong.argmax())} is {self.points[wrong][0].tolist()}"
            )
        if not 1 < self.draws <= MAX_DRAWS:
            raise ValueError(
                f"draws must lie between 2 and {MAX_DRAWS:,}; got {self.draws}"
            )

    def html(self) -> str:
        """`<choice-simplex>` with a still picture and its settings."""
        return self._html

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, Any]:
        return bundle(self)

    def _name(self) -> str:
        """Of this element in links."""
        return fingerprint(
            "choice", self.title, *self.names, str(self.target), str(self.sliders)
        )

    def _render(self) -> str:
        return (
            f'<choice-simplex class="rg-shown" data-link="{self._name()}">'
            f'<p class="rg-title">{prose(self.title)}</p>{self._inside()}'
            f"{data_script(self._encode())}</choice-simplex>"
        )

    def _inside(self) -> str:
        """Still picture, status and controls."""
        mode = choice_buttons("draws", MODES, 0, owner=self._name(), knob="hard")
        told = " · ".join(
            f"{escape(name)} {number(share)}"
            for name, share in zip(self.names, self.target, strict=True)
        )
        return (
            f'<div class="rg-search"><div><div class="rg-triangle">{self._still()}'
            '<canvas role="img" aria-label="Draws on the triangle of three tokens">'
            f'</canvas></div>{mode}<div class="rg-sliders">{self.sliders.html()}</div>'
            '</div><div><div class="rg-measures"><canvas role="img" aria-label="'
            "Probabilities and frequencies of the tokens; bias and variance of four "
            'estimates of the gradient"></canvas></div><p class="rg-status" '
            'role="status">The sliders need JavaScript; the picture shows draws that '
            'were made before.</p><div class="rg-extras"><button type="button" '
            f'class="rg-button rg-another" disabled>New seed</button>{TOOLS}</div>'
            "</div></div>"
            f'<p class="rg-note">Loss f(y) = Σ (y − t)² with t: {told}. Circle: the '
            "probabilities. Cross: the mean of the soft draws. Each hard draw is one "
            "corner; the picture spreads them out so that they can be counted. Bias "
            "and variance are those of all three logits together, on logarithmic "
            "scales. A pale bar of bias is below twice the noise of its own "
            "measurement.</p>"
        )

    def _still(self) -> str:
        """The draws as a picture, for a page without JavaScript."""
        figure, axes = new_figure(width=3.9, height=3.4)
        places = self.points @ CORNERS
        tokens = self.points.argmax(axis=1)
        axes.plot(*CORNERS[[0, 1, 2, 0]].T, color="#808589", linewidth=1)
        for token, (name, colour) in enumerate(zip(self.names, COLOURS, strict=True)):
            shown = places[tokens == token]
            axes.plot(*shown.T, "o", color=colour, markersize=3, markeredgewidth=0)
            across, up = CORNERS[token]
            below = {"ha": "center", "va": "bottom" if up else "top"}
            axes.text(across, up + (0.03 if up else -0.03), name, **below)
        axes.set(aspect="equal", xlim=(-0.1, 1.1), ylim=(-0.12, 1.0))
        axes.axis("off")
        return Picture(figure, self.alt).html()

    def _encode(self) -> dict[str, Any]:
        """The JSON that choice-simplex.js reads."""
        return {
            "names": self.names,
            "target": self.target,
            "draws": self.draws,
            "seed": self.seed,
            "colours": list(COLOURS),
            "methods": {name: METHOD_COLOURS[name] for name in METHODS},
            "sliders": self.sliders.encode(),
        }


def choice_simplex(points: ArrayLike, *, title: str, **options: Any) -> ChoiceSimplex:
    """A choice among three tokens that the reader can change, on a page.

    Args:
        points: draws of softmax((h + g) / τ) for the still picture, (n, 3), at the
            logits and the temperature of `start`.
        title: visible above the picture.
        options: `names`, `target`, `draws`, `sliders`, `start` and `seed` of
            `ChoiceSimplex`.

    Raises:
        ValueError: something does not fit together; the message says what.
    """
    return ChoiceSimplex(points, title, **options)

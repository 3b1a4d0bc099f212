"""`estimator_race`: six learners follow estimates of one gradient, and race.

    estimator_race(paths, title="Who finds the better choice?")

One bit b with P(b = 1) = σ(θ) is to make E f(b) small, f(b) = (b − t)². If t is below
½, b = 0 is the better choice, and above ½ it is b = 1. All learners start from the same
θ, see the same uniforms u and v, and step down their own estimate g: θ ← θ − rate · g.

    z = θ + log u − log(1 − u),  b = 1 if z > 0,  y = σ(z / τ)

    REINFORCE                  f(b) (b − p)
    constant baseline          (f(b) − c) (b − p),   c = (f(0) + f(1)) / 2
    optimal baseline           (f(b) − c*) (b − p),  c* = p f(0) + (1 − p) f(1)
    Gumbel-softmax             ∂f(y)/∂θ
    straight-through Gumbel    f′(b) ∂y/∂θ
    REBAR                      (f(b) − η f(ỹ)) (b − p) + η ∂f(y)/∂θ − η ∂f(ỹ)/∂θ

ỹ = σ(z̃ / τ), and z̃ is drawn given b from v: log(1 + v / ((1 − v)(1 − p))) if b = 1,
−log(1 + (1 − v) / (v p)) if b = 0. Beside the race the page draws the plane of θ and t.
The expected Gumbel-softmax gradient is 2 B (t*(θ, τ) − t) with B > 0, and the true
gradient is 2 p (1 − p) (½ − t). So the sign is wrong for each t between ½ and t*. The
page computes t* by quadrature. For θ → −∞ and τ < 1 it goes to (1 − τ) / 2.

Read `estimator_race` for what can be asked for, then `EstimatorRace`. The format of the
data is `EstimatorRace._encode`. The element's twins in Python are
`gradients.estimators` and `gradients.rebar`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .figures import METHOD_COLOURS, new_figure
from .page import Rendered, fingerprint, number, prose, require_alt
from .picture import Picture
from .searched_space import data_script
from .seeded_sliders import SeededSliders
from .sliders import TOOLS, range_slider

SHORT: Mapping[str, str] = {
    "REINFORCE": "REINFORCE",
    "constant baseline": "constant b.",
    "optimal baseline": "optimal b.",
    "Gumbel-softmax": "Gumbel",
    "straight-through Gumbel": "ST Gumbel",
    "REBAR": "REBAR",
}
"""Name of each racer -> its name beside its lane."""
RACERS = tuple(SHORT)
SLIDERS: Mapping[str, tuple[float, ...]] = {
    "t": (0.1, 0.3, 0.4, 0.45, 0.48, 0.499, 0.501, 0.52, 0.55, 0.6, 0.7, 0.9),
    "tau": (0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
    "rate": (0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
    "start": (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
}
START: Mapping[str, float] = {"t": 0.45, "tau": 1.0, "rate": 1.0, "start": 0.5}
LABELS = {
    "t": "target t",
    "tau": "temperature τ",
    "rate": "rate",
    "start": "start, P(b = 1)",
}
PLACES = 100  # of the cursor
MAX_WORK = 50_000  # steps of all runs, in one move of a slider


class EstimatorRace(Rendered):
    """A race that the reader can change: `<estimator-race>`.

    Args:
        paths: θ at each step of a race that was run before, (steps + 1,), by the name
            of the racer; for the still picture. All of `RACERS` are needed.
        title: visible above the picture.
        runs: of each race.
        goal: probability of the better choice at which a racer has arrived.
        eta: η of REBAR.
        sliders: values of each slider, in place of those of `SLIDERS`.
        start: values to begin with, in place of those of `START`.
        seed: to begin with.

    Raises:
        ValueError: a racer is missing or unknown, the paths differ in length, a slider
            is unknown or has no such value, or the runs are too many.
    """

    def __init__(
        self,
        paths: Mapping[str, ArrayLike],
        title: str,
        *,
        runs: int = 20,
        goal: float = 0.9,
        eta: float = 1.0,
        sliders: Mapping[str, Sequence[float]] | None = None,
        start: Mapping[str, float] | None = None,
        seed: int = 1,
    ) -> None:
        self.title = title
        self.runs = runs
        self.goal = goal
        self.eta = eta
        self.seed = seed
        self.paths = _checked_paths(paths)
        self.steps = len(self.paths[RACERS[0]]) - 1
        self.sliders = SeededSliders(LABELS, SLIDERS, START, sliders, start)
        self._check()
        begin = self.sliders.start
        self.alt = require_alt(
            f"P(b = 1) of six learners in {self.steps} steps, for t = "
            f"{number(begin['t'])} and temperature {number(begin['tau'])}: "
            f"{', '.join(RACERS)}."
        )
        super().__init__(self._render(), self.alt)

    def _check(self) -> None:
        """Raise a ValueError that names a number that is out of range."""
        if not 0 < self.runs * self.steps <= MAX_WORK:
            raise ValueError(
                f"runs times steps must lie between 1 and {MAX_WORK:,}; got "
                f"{self.runs} times {self.steps}"
            )
        if not 0.5 < self.goal < 1:
            raise ValueError(f"goal must lie between 0.5 and 1; got {self.goal}")
        for name in ("t", "start"):
            for value in self.sliders.values[name]:
                if not 0 < value < 1 or (name == "t" and value == 0.5):
                    raise ValueError(
                        f"{name} must lie between 0 and 1, and t must not be 0.5, "
                        f"where both choices are equal; got {value}"
                    )
        for name in ("tau", "rate"):
            if min(self.sliders.values[name]) <= 0:
                raise ValueError(
                    f"{name} must be positive; got {self.sliders.values[name]}"
                )

    def _name(self) -> str:
        """Of this element in links."""
        return fingerprint("race", self.title, str(self.steps), str(self.sliders))

    def _render(self) -> str:
        return (
            f'<estimator-race class="rg-shown" data-link="{self._name()}">'
            f'<p class="rg-title">{prose(self.title)}</p>{self._inside()}'
            f"{data_script(self._encode())}</estimator-race>"
        )

    def _inside(self) -> str:
        """Still picture, status and controls."""
        texts = [
            f"{number(round(n * self.steps / PLACES))} steps" for n in range(PLACES + 1)
        ]
        cursor = range_slider("cursor", texts, PLACES, knob="at")
        button = '<button type="button" class="rg-button'
        return (
            f'{self._key()}<div class="rg-search"><div><div class="rg-regret">'
            f'{self._still()}<canvas role="img" aria-label="P(b = 1) of six learners '
            'against steps"></canvas></div><div class="rg-run">'
            f'{button} rg-play" disabled>Play</button>{cursor}</div>'
            f'<div class="rg-sliders">{self.sliders.html()}</div></div><div><div '
            'class="rg-plane"><canvas role="img" aria-label="Plane of θ and t, with '
            "the region where the expected Gumbel-softmax gradient has the wrong sign, "
            'and a lane for each learner"></canvas></div><p class="rg-status" '
            'role="status">The race needs JavaScript; the picture shows a race that '
            f'was run before.</p><div class="rg-extras">{button} rg-another" disabled>'
            f"New seed</button>{TOOLS}</div></div></div>"
            f'<p class="rg-note">Loss f(b) = (b − t)². {self.runs} runs; the lines and '
            "the dots are those of the first. Between the solid line and t = ½ the "
            "expected Gumbel-softmax gradient has the wrong sign; the dashed line "
            "bounds this region for straight-through Gumbel. In a lane the shaded part "
            "is where the learner is expected to go the wrong way. The line "
            "across the lanes, and the dashed line on the left, are the finish: there "
            f"the better choice has probability {number(self.goal)}. REBAR has η = "
            f"{number(self.eta)}.</p>"
        )

    def _key(self) -> str:
        """Names and colours of the racers, with room for their numbers."""
        lines = "".join(
            f'<li><span class="rg-swatch" style="background:{METHOD_COLOURS[name]}">'
            f'</span>{escape(name)}<span class="rg-readout"></span></li>'
            for name in RACERS
        )
        return f'<ul class="rg-key">{lines}</ul>'

    def _still(self) -> str:
        """The paths as a picture, for a page without JavaScript."""
        figure, axes = new_figure()
        keep = np.unique(np.linspace(0, self.steps, 80).astype(int))
        for name, path in self.paths.items():
            share = 1 / (1 + np.exp(-path[keep]))
            axes.plot(keep, share, color=METHOD_COLOURS[name], label=name)
        axes.set(xlabel="steps", ylabel="P(b = 1)", xlim=(0, self.steps), ylim=(0, 1))
        return Picture(figure, self.alt).html()

    def _encode(self) -> dict[str, Any]:
        """The JSON that estimator-race.js reads."""
        return {
            "steps": self.steps,
            "runs": self.runs,
            "goal": self.goal,
            "eta": self.eta,
            "seed": self.seed,
            "short": dict(SHORT),
            "colours": {name: METHOD_COLOURS[name] for name in RACERS},
            "sliders": self.sliders.encode(),
        }


def _checked_paths(paths: Mapping[str, ArrayLike]) -> dict[str, Any]:
    """The paths as arrays, in the order of `RACERS`.

    Raises:
        ValueError: a racer is missing or unknown, or the paths differ in length.
    """
    if set(paths) != set(RACERS):
        raise ValueError(f"paths must be those of {', '.join(RACERS)}; got {[*paths]}")
    arrays = {name: np.asarray(paths[name], dtype=np.float64) for name in RACERS}
    first = arrays[RACERS[0]].shape
    for name, path in arrays.items():
        if path.ndim != 1 or path.shape != first or not np.isfinite(path).all():
            raise ValueError(
                f"the path of {name!r} must be finite and of shape (steps + 1,), like "
                f"{first} of {RACERS[0]}; got {path.shape}"
            )
    return arrays


def estimator_race(
    paths: Mapping[str, ArrayLike], *, title: str, **options: Any
) -> EstimatorRace:
    """A race of six learners that the reader can change, on a page.

    Args:
        paths: θ at each step of a race that was run before, (steps + 1,), by the name
            of the racer; for the still picture.
        title: visible above the picture.
        options: `runs`, `goal`, `eta`, `sliders`, `start` and `seed` of
            `EstimatorRace`.

    Raises:
        ValueError: something does not fit together; the message says what.
    """
    return EstimatorRace(paths, title, **options)

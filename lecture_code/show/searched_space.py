"""A space of strings whose every value is known, packed for the page: what
`<architecture-search>` and `<architecture-game>` share.

Read `SearchedSpace` for what it holds, then `encode`, the format that
architecture-table.js reads, and `still`, what is there before the script.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from .figures import METHOD_COLOURS, new_figure
from .page import bundle, fingerprint
from .picture import Picture

RANDOM = "random search"
UNIT = 1e-5  # of packed regrets
MAX_BYTES = 25_000  # of an element's data

Floats = NDArray[np.float64]
Tokens = Mapping[str, Sequence[str | int | float]]


class SearchedSpace:
    """What every string of a space is worth.

    Args:
        tokens: the choices of each token, by its name.
        right: how many validation images each training of a string got right,
            (count, S); the last token runs fastest.
        images: number of validation images.

    Raises:
        ValueError: there is no token or no choice, the number of rows is not that of
            the strings, or a count is no whole number from 0 to `images`.
    """

    def __init__(self, tokens: Tokens, right: ArrayLike, images: int) -> None:
        self.names = [str(name) for name in tokens]
        self.choices = [[str(choice) for choice in list_] for list_ in tokens.values()]
        for name, list_ in zip(self.names, self.choices, strict=True):
            if len(list_) < 2 or len(set(list_)) < len(list_):
                raise ValueError(
                    f"token {name!r} needs two or more choices that differ; got {list_}"
                )
        self.right = np.asarray(right)
        self.images = images
        count = int(np.prod([len(list_) for list_ in self.choices])) if tokens else 0
        if self.right.ndim != 2 or len(self.right) != count or not self.right.size:
            raise ValueError(
                f"right must have shape ({count}, S), a row for each string; "
                f"got {self.right.shape}"
            )
        whole = self.right == np.round(self.right)
        wrong = ~(whole & (self.right >= 0) & (self.right <= images))
        if wrong.any() or not 0 < images < 2**16:
            culprit = self.right[wrong][0] if wrong.any() else images
            raise ValueError(
                "right must hold whole numbers from 0 to images, and images must lie "
                f"between 1 and 65,535; got {culprit} of {images}"
            )

    @property
    def rows(self) -> int:
        """The number of choices of all tokens."""
        return sum(len(list_) for list_ in self.choices)

    @property
    def values(self) -> Floats:
        """Mean accuracy of each string, (count,)."""
        return np.asarray(self.right.mean(axis=1) / self.images)

    @property
    def regrets(self) -> Floats:
        """How far the value of each string lies below the best value, (count,)."""
        return np.asarray(self.values.max() - self.values)

    def random_regret(self, queries: int) -> Floats:
        """Expected regret of random search after 1 to `queries` queries, exactly.

        After q queries the highest accuracy is the v-th of all with probability
        F_v^q − F_{v−1}^q, where F_v is the share of trainings up to it; the answer is
        then any of the strings that showed it.
        """
        shown, groups = np.unique(self.right, return_inverse=True)
        behind = np.repeat(self.regrets, self.right.shape[1])
        sizes = np.bincount(groups.ravel())
        means = np.bincount(groups.ravel(), weights=behind) / sizes
        F = np.concatenate([[0.0], np.cumsum(sizes) / sizes.sum()])  # (v + 1,)
        reached = F ** np.arange(1, queries + 1)[:, None]
        assert len(shown) == len(means)
        return np.asarray(np.diff(reached, axis=1) @ means)

    def name(self, *words: str) -> str:
        """Of an element in links: another name as soon as the space changes."""
        return fingerprint(*self.names, str(self.choices), *words)

    def encode(self) -> dict[str, Any]:
        """The JSON that architecture-table.js reads; counts are 16 bits, base64."""
        return {
            "names": self.names,
            "choices": self.choices,
            "seeds": self.right.shape[1],
            "images": self.images,
            "counts": as_text(self.right),
        }


def as_text(whole: ArrayLike) -> str:
    """Whole numbers below 65,536 as little-endian 16 bits, base64."""
    return b64encode(np.asarray(whole).astype("<u2").tobytes()).decode()


def data_script(data: dict[str, Any]) -> str:
    """What an element's script reads.

    Raises:
        ValueError: it is too heavy.
    """
    text = json.dumps(
        data, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    ).replace("<", "\\u003c")
    if len(text.encode()) > MAX_BYTES:
        raise ValueError(
            f"the data are {len(text.encode()) // 1000} kB, and the page allows "
            f"{MAX_BYTES // 1000} kB: give fewer trainings or curves"
        )
    return f'<script type="application/json">{text}</script>'


class SearchElement:
    """An element of the page that is rendered once: the search or the game.

    Args:
        html: of the element.
        alt: what there is to see, in words.
    """

    def __init__(self, html: str, alt: str) -> None:
        self._html = html
        self.alt = alt

    def html(self) -> str:
        """The element with a still picture and the table."""
        return self._html

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, Any]:
        return bundle(self)


class RegretCurves:
    """Mean regrets of searches against queries, that of random search first.

    Args:
        space: gives the curve of random search, unless `given` has it.
        queries: length of each curve.
        given: regrets, from 0 to 1, after 1 to `queries` queries, by the name of the
            search.

    Raises:
        ValueError: a curve has another length, or is not between 0 and 0.65.
    """

    def __init__(
        self,
        space: SearchedSpace,
        queries: int,
        given: Mapping[str, ArrayLike],
    ) -> None:
        self.queries = queries
        curves = {RANDOM: space.random_regret(queries), **given}
        self.curves = {name: np.asarray(curve, float) for name, curve in curves.items()}
        for name, curve in self.curves.items():
            if curve.shape != (queries,):
                raise ValueError(
                    f"the regrets of {name!r} must be ({queries},), one for each "
                    f"query; got {curve.shape}"
                )
            if not ((curve >= 0) & (curve <= 0.65)).all():
                raise ValueError(f"the regrets of {name!r} must lie in 0 to 0.65")
        self.colours = {name: METHOD_COLOURS[name] for name in self.curves}

    @property
    def limits(self) -> tuple[float, float]:
        """Of the axis of regrets [percentage points]: random search goes through the
        upper three quarters.
        """
        random = 100 * self.curves[RANDOM]
        low = max(_rounded_down(float(random.min() / 4)), 0.02)
        return low, max(float(1.25 * random.max()), 10 * low)

    def encode(self, without: str = "") -> dict[str, Any]:
        """Curves and axis for the page, but for the curve that the page computes."""
        low, high = self.limits
        title = "regret [percentage points]"
        return {
            "queries": self.queries,
            "scale": {"low": low, "high": round(high, 2), "log": True, "title": title},
            "curves": [
                {
                    "colour": self.colours[name],
                    "values": as_text(np.round(curve / UNIT)),
                }
                for name, curve in self.curves.items()
                if name != without
            ],
        }

    def still(self, alt: str) -> str:
        """The curves as a picture, for a page without JavaScript."""
        figure, axes = new_figure()
        low, high = self.limits
        for name, curve in self.curves.items():
            at = np.arange(1, self.queries + 1)
            keep = np.unique(np.geomspace(1, self.queries, 60).astype(int)) - 1
            shown = np.maximum(100 * curve[keep], low)
            axes.plot(at[keep], shown, color=self.colours[name], label=name)
        axes.set(xlabel="queries", ylabel="regret [percentage points]")
        axes.set(yscale="log", ylim=(low, high), xlim=(0, self.queries))
        ticks = _nice(low, high)
        axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        return Picture(figure, alt).html()


def _nice(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten from low to high."""
    found = [times * 10.0**power for power in range(-4, 4) for times in (1, 2, 5)]
    return [one for one in found if low * 0.999 <= one <= high * 1.001]


def _rounded_down(value: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is not above a value."""
    return max((one for one in _nice(1e-4, value)), default=1e-4)

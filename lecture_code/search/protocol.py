"""The protocol of every black-box search: `ask` for candidates, `tell` their returns,
look at the `mean`.

    while the budget lasts:
        thetas = search.ask(rng)               N candidates, (N, d)
        search.tell(thetas, f(thetas, rng))    their returns, (N,); larger is better

Only `tell` changes a search, and it never changes its arguments. A search is picklable
between any two lines: restored, it goes on as if nothing had happened. Start reading at
`Search`; `maximise` is the loop above as a generator of records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

Evaluate = Callable[[np.ndarray, np.random.Generator], np.ndarray]
"""f(thetas (N, d), rng) -> returns (N,)."""


@runtime_checkable
class Search(Protocol):
    """A black-box search that maximises."""

    @property
    def mean(self) -> np.ndarray:
        """The search's present answer, shape (d,)."""

    def ask(self, rng: np.random.Generator) -> np.ndarray:
        """The candidates to evaluate, shape (N, d); the search does not change."""

    def tell(self, thetas: np.ndarray, returns: np.ndarray) -> None:
        """Learn from candidates (N, d) and their returns (N,).

        Raises:
            ValueError: a shape is wrong or a number is not finite (the message names
                the candidates); the search is then unchanged.
        """


@dataclass(frozen=True, eq=False)
class Generation:
    """One turn of a search: its candidates, their returns, and its new mean."""

    index: int
    """0 for the first generation."""
    thetas: np.ndarray
    """The candidates, shape (N, d)."""
    returns: np.ndarray
    """Their returns, shape (N,)."""
    mean: np.ndarray
    """The search's mean after it was told, shape (d,)."""
    evaluations: int
    """Candidates evaluated so far, this generation included."""


def maximise(
    search: Search, f: Evaluate, rng: np.random.Generator
) -> Iterator[Generation]:
    """Drive `search` uphill on `f`, for ever: take as many generations as you like,
    `islice(maximise(search, f, rng), 100)`.

    Args:
        search: changed in place, generation by generation.
        f: f(thetas (N, d), rng) -> returns (N,); a deterministic `f` ignores its `rng`.
        rng: everything random comes from here; see `next_generation`.

    Raises:
        ValueError: `f` gave returns of a wrong shape, or some that are not finite.
    """
    last = None
    while True:
        last = next_generation(search, f, rng, last)
        yield last


def next_generation(
    search: Search,
    f: Evaluate,
    rng: np.random.Generator,
    last: Generation | None = None,
) -> Generation:
    """One turn of `maximise`, for a caller that keeps the state itself (a checkpoint
    cannot hold a generator).

    The search and `f` draw from two children of `rng`, so that two searches with one
    seed meet the same noise in `f`, however much each of them draws itself.

    Args:
        search: changed in place.
        f: see `maximise`.
        rng: the parent of this turn's two children.
        last: the generation before, or None for the first.
    """
    rng_search, rng_f = rng.spawn(2)
    thetas = search.ask(rng_search)
    returns = np.array(f(thetas, rng_f), dtype=float)
    search.tell(thetas, returns)
    index, evaluations = (last.index + 1, last.evaluations) if last else (0, 0)
    mean = np.array(search.mean, dtype=float)
    return Generation(index, thetas, returns, mean, evaluations + len(thetas))


def check_told(
    thetas: np.ndarray,
    returns: np.ndarray,
    dimension: int,
    population: int | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """The checks that every `tell` makes before it changes anything.

    Args:
        thetas: should be (N, d) with N ≥ 1.
        returns: should be (N,) and finite.
        dimension: d.
        population: the number of candidates that `ask` gives; None takes any.

    Returns:
        Both as float arrays of their own, so that a search may keep or change them.

    Raises:
        ValueError: names what is wrong, and the candidates whose numbers are not
            finite.
    """
    thetas, returns = np.array(thetas, dtype=float), np.array(returns, dtype=float)
    if thetas.ndim != 2 or thetas.shape[1] != dimension or len(thetas) == 0:
        raise ValueError(
            f"thetas must have shape (N, {dimension}) with N ≥ 1; got {thetas.shape}"
        )
    if population is not None and len(thetas) != population:
        raise ValueError(
            f"thetas must be the {population} candidates of ask; got {len(thetas)}"
        )
    if returns.shape != (len(thetas),):
        raise ValueError(
            f"returns must have shape ({len(thetas)},), one for each candidate; got "
            f"{returns.shape}"
        )
    _refuse_infinite("thetas", thetas, np.isfinite(thetas).all(axis=1))
    _refuse_infinite("returns", returns, np.isfinite(returns))
    return thetas, returns


def _refuse_infinite(name: str, values: np.ndarray, finite: np.ndarray) -> None:
    """Raise if any row of `finite` (N,) is False, naming the rows."""
    rows = np.flatnonzero(~finite)
    if rows.size:
        shown = ", ".join(f"candidate {i}: {values[i]}" for i in rows[:5])
        shown += ", …" if rows.size > 5 else ""
        raise ValueError(
            f"{name} must be finite; {rows.size} of {len(values)} are not ({shown})"
        )

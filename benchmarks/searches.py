"""Is our CMA-ES as good as its makers', and as fast?

Against pycma and cmaes, in one run: evaluations to the top, and own time.

    python benchmarks/searches.py [--seeds 20] [--dimensions 10 40] [--repeats 15]

Evaluations: the landscapes of `lecture_code.search.landscapes` from θ = (3, …, 3) with
    σ = 0.5 and the default population; a run counts its
candidates up to the generation whose best is within 1e-9 of the top. Not every run on
Rosenbrock gets there, for it has a second, lower top: medians are over the runs that
do, and the table counts them. Own time: `ask` and `tell` of a generation, without the
evaluation.

The gates, for every dimension: on sphere and ellipsoid our median is within 10 % of
pycma's; on Rosenbrock the bootstrap 95 % interval of the ratio (median of our
evaluations / median of pycma's, the seeds of both drawn anew) covers 1; our own time is
at most that of cmaes.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections.abc import Callable

# matrices are small here: a second thread only costs
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cma
import cmaes
import numpy as np

from lecture_code.search import CMAES, landscapes

LANDSCAPES = (landscapes.sphere, landscapes.ellipsoid, landscapes.rosenbrock)
START, SIGMA, TARGET = 3.0, 0.5, 1e-9
LIMITS = {10: 50_000, 40: 150_000}  # evaluations after which a run has failed


class Ours:
    """The book's CMA-ES."""

    def __init__(self, dimension: int, seed: int) -> None:
        self.search = CMAES(np.full(dimension, START), SIGMA)
        self.rng = np.random.default_rng(seed)

    def ask(self) -> np.ndarray:
        """Candidates (N, d)."""
        return self.search.ask(self.rng)

    def tell(self, thetas: np.ndarray, returns: np.ndarray) -> None:
        """Their returns (N,)."""
        self.search.tell(thetas, returns)


class Pycma:
    """Hansen's own; its criteria for stopping are never asked."""

    def __init__(self, dimension: int, seed: int) -> None:
        draw = np.random.default_rng(seed).standard_normal
        options = {"seed": np.nan, "randn": lambda *shape: draw(shape), "verbose": -9}
        self.search = cma.CMAEvolutionStrategy(dimension * [START], SIGMA, options)

    def ask(self) -> list[np.ndarray]:
        """Candidates, N of (d,)."""
        return self.search.ask()

    def tell(self, thetas: list[np.ndarray], returns: np.ndarray) -> None:
        """Their returns (N,)."""
        self.search.tell(thetas, list(-returns))


class Cmaes:
    """CyberAgent's, which asks for one candidate at a time."""

    def __init__(self, dimension: int, seed: int) -> None:
        self.search = cmaes.CMA(mean=np.full(dimension, START), sigma=SIGMA, seed=seed)

    def ask(self) -> list[np.ndarray]:
        """Candidates, N of (d,)."""
        return [self.search.ask() for _ in range(self.search.population_size)]

    def tell(self, thetas: list[np.ndarray], returns: np.ndarray) -> None:
        """Their returns (N,)."""
        self.search.tell(list(zip(thetas, (-returns).tolist(), strict=True)))


CONTENDERS = {"ours": Ours, "pycma": Pycma, "cmaes": Cmaes}


def main() -> None:
    """Print both tables and the gates' verdicts; exit code 1 if one is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--dimensions", type=int, nargs="+", default=[10, 40])
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    warnings.filterwarnings("ignore", module="cma")
    missed: list[str] = []
    for dimension in options.dimensions:
        missed += time_gates(dimension, options.repeats)
    for dimension in options.dimensions:
        for landscape in LANDSCAPES:
            missed += evaluation_gates(dimension, landscape, options.seeds)
    print("gates: " + ("all held" if not missed else "missed: " + "; ".join(missed)))
    raise SystemExit(bool(missed))


def evaluation_gates(
    dimension: int, landscape: Callable[..., np.ndarray], seeds: int
) -> list[str]:
    """Print one line of the table; what of it misses its gate."""
    name = f"{dimension}-D {landscape.__name__}"
    counts = {
        who: np.array(
            [
                evaluations(make(dimension, seed), dimension, landscape)
                for seed in range(seeds)
            ]
        )
        for who, make in CONTENDERS.items()
    }
    arrived = {who: runs[np.isfinite(runs)] for who, runs in counts.items()}
    shown = ", ".join(
        f"{who} {np.median(runs):8,.0f} ({len(runs)}/{seeds})"
        for who, runs in arrived.items()
    )
    ratio = np.median(arrived["ours"]) / np.median(arrived["pycma"])
    low, high = interval(arrived["ours"], arrived["pycma"])
    print(
        f"{name:17s} evaluations: {shown}   ours / pycma = {ratio:.3f} (95 %: "
        f"{low:.3f} to {high:.3f})",
        flush=True,
    )
    held = (
        low <= 1 <= high
        if landscape is landscapes.rosenbrock
        else abs(ratio - 1) <= 0.1
    )
    return [] if held else [f"evaluations on {name}"]


def evaluations(
    search: Ours | Pycma | Cmaes, dimension: int, landscape: Callable[..., np.ndarray]
) -> float:
    """Candidates until the best of a generation is within TARGET of the top; infinite
    beyond the limit.
    """
    count = 0
    limit = LIMITS.get(dimension, 100 * dimension**2 + 40_000)
    while count < limit:
        thetas = search.ask()
        returns = landscape(np.asarray(thetas))
        count += len(returns)
        if returns.max() >= -TARGET:
            return count
        search.tell(thetas, returns)
    return np.inf


def interval(ours: np.ndarray, theirs: np.ndarray) -> tuple[float, float]:
    """Bootstrap 95 % interval of median(ours) / median(theirs), 10 000 draws."""
    rng = np.random.default_rng(0)
    medians = [
        np.median(rng.choice(runs, (10_000, len(runs))), axis=1)
        for runs in (ours, theirs)
    ]
    low, high = np.quantile(medians[0] / medians[1], [0.025, 0.975])
    return float(low), float(high)


def time_gates(dimension: int, repeats: int, generations: int = 150) -> list[str]:
    """Print own time a generation, the best of `repeats` interleaved runs of each, on
    the ellipsoid; what of it misses its gate.
    """
    best = dict.fromkeys(CONTENDERS, np.inf)
    for _ in range(repeats):
        for who, make in CONTENDERS.items():
            best[who] = min(best[who], own_time(make(dimension, 0), generations))
    shown = ", ".join(f"{who} {1e3 * spent:.3f} ms" for who, spent in best.items())
    ratios = ", ".join(
        f"ours / {who} = {best['ours'] / best[who]:.2f}" for who in ("pycma", "cmaes")
    )
    print(f"{dimension}-D own time a generation: {shown}   {ratios}", flush=True)
    return [] if best["ours"] <= best["cmaes"] else [f"own time in {dimension}-D"]


def own_time(search: Ours | Pycma | Cmaes, generations: int) -> float:
    """Seconds a generation that `ask` and `tell` take."""
    spent = 0.0
    clock = time.perf_counter
    for _ in range(generations):
        start = clock()
        thetas = search.ask()
        spent += clock() - start
        returns = landscapes.ellipsoid(np.asarray(thetas))
        start = clock()
        search.tell(thetas, returns)
        spent += clock() - start
    return spent / generations


if __name__ == "__main__":
    main()

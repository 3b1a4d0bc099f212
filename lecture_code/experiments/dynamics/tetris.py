"""The lecture's table: Tetris by the noisy cross-entropy method, at full scale.

Szita & Lőrincz, "Learning Tetris using the noisy cross-entropy method", *Neural
Computation* 18.12 (2006): 100 candidates a generation, drawn from a diagonal Gaussian
that starts at mean 0 and variance 100, each tried in *one* game; the ten best are kept;
noise 0, 4 or max(5 − t/10, 0) is added to the variances. The mean weights are tried in
30 fresh games. The lecture prints 21 252, 72 705 and 348 895 lines a game for the
three.

Games get long, so each is ended after `cap` pieces and then counted as *censored*.
Suppose that games end by chance, at the same rate after each piece (the chapter checks
how nearly they do). Then all lines divided by the number of games that ended estimate
the mean without a cap, with hardly any bias: `uncensored_mean`. The search itself sees
the lines of the capped games. Two censored games differ only by the cells left on the
board, so the search cannot tell which is better.

A run can be interrupted between any two games: a step plays games until they have used
up `chunk` pieces, and the rest of a generation is part of the checkpoint. Only whole
numbers are recorded. Other processors give the same numbers as long as rounding in the
last digit of a mean (the only place where a library's sum depends on the machine) does
not reorder two placements. Of about 10¹¹ placements, none is expected to be so close.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.search.cem import CrossEntropyMethod, decreasing_noise

Array = NDArray[np.float64]


@dataclass(frozen=True)
class TetrisSettings:
    """How the weights of the board's features are searched.

    Args:
        seeds: one search for each, in each arm; the arms of one seed meet the same
            pieces.
        noise: arm -> (Z_0, fall): the noise of generation t is max(Z_0 − fall · t, 0).
        width, height, features: the game.
        generations: T; the decreasing noise is gone after 50.
        population, elite, sigma: of the cross-entropy method.
        cap: pieces of a game at most.
        tests: fresh games of the mean weights in a test.
        test_every: generations between two tests; there is one of the first mean, and
            one of the last.
        chunk: pieces after which a step ends with the game that it is playing.
    """

    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    noise: Mapping[str, tuple[float, float]] = field(
        default_factory=lambda: {
            "none": (0.0, 0.0),
            "constant": (4.0, 0.0),
            "decreasing": (5.0, 0.1),
        }
    )
    width: int = 10
    height: int = 20
    features: str = "bertsekas"
    generations: int = 60
    population: int = 100
    elite: float = 0.1
    sigma: float = 10.0
    cap: int = 1_000_000
    tests: int = 30
    test_every: int = 5
    chunk: int = 2_000_000


@dataclass
class GameBatch:
    """Games that are being played, one after the other."""

    weights: Array  # (n, d)
    seeds: NDArray[np.uint64]  # (n,)
    lines: list[int] = field(default_factory=list)
    pieces: list[int] = field(default_factory=list)
    censored: list[bool] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether all games have been played."""
        return len(self.lines) == len(self.seeds)

    def play_next(self, settings: TetrisSettings) -> None:
        """Play one game."""
        from lecture_code.tetris import play  # here: other experiments need no numba

        i = len(self.lines)
        s = settings
        game = play(
            self.weights[i],
            int(self.seeds[i]),
            features=s.features,
            width=s.width,
            height=s.height,
            cap=s.cap,
        )
        self.lines.append(game.lines)
        self.pieces.append(game.pieces)
        self.censored.append(game.censored)


class TetrisRun:
    """One search: one arm, one seed."""

    def __init__(self, settings: TetrisSettings, arm: str, seed: int) -> None:
        from lecture_code.tetris import feature_names

        d = len(feature_names(settings.features, settings.width))
        self.settings = settings
        self.rng, self.rng_tests = np.random.default_rng(seed).spawn(2)
        self.search = CrossEntropyMethod(
            np.zeros(d),
            settings.sigma,
            population=settings.population,
            elite=settings.elite,
            noise=decreasing_noise(*settings.noise[arm]),
        )
        self.means = [self.search.mean]
        self.stds = [settings.sigma]
        names = ("best", "median", "pieces", "censored")
        self.summaries: dict[str, list[int]] = {name: [] for name in names}
        self.tests: list[GameBatch] = []
        self.batch = self._games_of_test()
        self.is_test = True
        self.played = 0

    @property
    def generation(self) -> int:
        """Number of generations that the search has learnt from."""
        return len(self.means) - 1

    @property
    def progress(self) -> float:
        """Share of the games that are played."""
        s = self.settings
        in_tests = len(generations_tested(s)) * s.tests
        return self.played / (s.generations * s.population + in_tests)

    def advance(self) -> Record:
        """Play games of the batch, until `chunk` pieces are placed or it is over."""
        batch = self.batch
        start = len(self.batch.lines)
        while not batch.done and sum(batch.pieces[start:]) < self.settings.chunk:
            batch.play_next(self.settings)
            self.played += 1
        if batch.done:
            self._learn()
            self._begin()
        return {
            "games": len(batch.lines) - start,
            "lines": sum(batch.lines[start:]),
            "pieces": sum(batch.pieces[start:]),
        }

    def _learn(self) -> None:
        """Take in a batch that is over."""
        batch = self.batch
        if self.is_test:
            self.tests.append(batch)
            return
        self.search.tell(batch.weights, np.array(batch.lines, dtype=float))
        self.means.append(self.search.mean)
        self.stds.append(float(np.sqrt(self.search.covariance.mean())))
        summary = {
            "best": max(batch.lines),
            "median": int(np.median(batch.lines)),
            "pieces": sum(batch.pieces),
            "censored": sum(batch.censored),
        }
        for name, value in summary.items():
            self.summaries[name].append(value)

    def _begin(self) -> None:
        """Begin the next batch, if any: a test where one is due, else a generation."""
        if not self.is_test and self.generation in generations_tested(self.settings):
            self.batch = self._games_of_test()
            self.is_test = True
        elif self.generation < self.settings.generations:
            self.batch = self._games_of_population()
            self.is_test = False

    def _games_of_population(self) -> GameBatch:
        from lecture_code.tetris import game_seeds

        rng_search, rng_games = self.rng.spawn(2)  # as `next_generation` does
        seeds = game_seeds(rng_games, self.settings.population)
        return GameBatch(self.search.ask(rng_search), seeds)

    def _games_of_test(self) -> GameBatch:
        from lecture_code.tetris import game_seeds

        games = self.settings.tests
        weights = np.tile(self.search.mean, (games, 1))
        return GameBatch(weights, game_seeds(self.rng_tests, games))

    def result(self) -> Record:
        """Mean weights by generation, games of the tests, summaries of the populations.

        `lines` and `censored` have the shape (tests made, games).
        """
        in_tests = sum(sum(test.pieces) for test in self.tests)
        return {
            "means": np.array(self.means),  # (T + 1, d)
            "std": self.stds,
            "lines": np.array([test.lines for test in self.tests], dtype=np.int64),
            "censored": np.array([test.censored for test in self.tests]),
            "summaries": self.summaries,
            "pieces": sum(self.summaries["pieces"]) + in_tests,
        }


def uncensored_mean(lines: NDArray[np.int64], censored: NDArray[np.bool_]) -> Array:
    """Mean lines of a game without a cap, if games end at a constant rate.

    All lines (…, games) / games that ended: the maximum-likelihood estimate of an
    exponential's mean from censored draws. Where no game ended, it is a lower bound.
    """
    ended = (~censored).sum(axis=-1)
    return np.asarray(lines.sum(axis=-1) / np.maximum(ended, 1))


def runs(settings: TetrisSettings) -> dict[str, TetrisRun]:
    """One search for each arm and seed, all arms of a seed together."""
    return {
        f"{arm}/{seed}": TetrisRun(settings, arm, seed)
        for seed in settings.seeds
        for arm in settings.noise
    }


def generations_tested(settings: TetrisSettings) -> list[int]:
    """The generations after which the mean is tested."""
    last = settings.generations
    return sorted({*range(0, last, settings.test_every), last})


def summarise(
    settings: TetrisSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Curves by arm and seed; arrays of the tested weights and of every game.

    The arrays have the shapes (seeds, tests made, d) and (seeds, tests made, games).
    """
    curves: dict[str, Any] = {"generations": generations_tested(settings)}
    arrays: dict[str, NDArray[Any]] = {}
    for arm in settings.noise:
        outcomes = [results[f"{arm}/{seed}"] for seed in settings.seeds]
        curves[arm] = {
            "lines": [run["lines"].mean(axis=1) for run in outcomes],
            "censored": [run["censored"].sum(axis=1) for run in outcomes],
            "uncensored_mean": [
                uncensored_mean(run["lines"], run["censored"]) for run in outcomes
            ],
            "std": [run["std"] for run in outcomes],
            "travel": [np.linalg.norm(run["means"], axis=1) for run in outcomes],
            "summaries": [run["summaries"] for run in outcomes],
            "pieces": [run["pieces"] for run in outcomes],
        }
        tested = generations_tested(settings)
        weights = [run["means"][tested] for run in outcomes]
        arrays[f"{arm}_weights"] = np.stack(weights)
        games = np.stack([run["lines"] for run in outcomes])
        arrays[f"{arm}_lines"] = games.astype(np.int32)
    return curves, arrays


def smoke(settings: TetrisSettings) -> TetrisSettings:
    """Settings under which the whole path takes a second."""
    return replace(
        settings,
        seeds=(0, 1),
        height=8,
        generations=3,
        population=20,
        tests=3,
        test_every=2,
        cap=500,
        chunk=200,
    )


FULL = TetrisSettings(seeds=tuple(range(7)))
SMALL = replace(FULL, seeds=tuple(range(10)), height=10, generations=80, test_every=2)

EXPERIMENTS = tuple(
    Experiment(name, full, smoke(full), runs, summarise)
    for name, full in (("tetris", FULL), ("tetris_10x10", SMALL))
)

"""The lecture's table: Tetris by the noisy cross-entropy method, at full scale.

Szita & Lőrincz, "Learning Tetris using the noisy cross-entropy method", *Neural
Computation* 18.12 (2006): 100 candidates a generation, drawn from a diagonal Gaussian
that starts at mean 0 and variance 100, each tried in *one* game; the ten best are kept;
noise 0, 4 or max(5 − t/10, 0) is added to the variances. The mean weights are tried in
30 fresh games. The lecture prints 21 252, 72 705 and 348 895 lines a game for the
three.

Games get long, so each is ended after `cap` pieces and then counted as *censored*.
Where games end by chance, at the same rate after each piece (the chapter looks how
nearly they do), the mean without a cap is estimated without bias to speak of by all
lines / games that ended, which is `uncensored_mean`. The search itself sees the lines
of the capped games: among censored ones, which differ by the cells left on the board
alone, it cannot tell the better.

A run is interrupted between any two games: a step plays games until they have used up
`chunk` pieces, and what is left of a generation is part of the checkpoint. All that is
recorded are whole numbers. They come out again on other processors as long as rounding
in the last digit of a mean (the one place where a library's sum depends on the machine)
does not reorder two placements; of about 10¹¹ placements, none is expected to be so
close.
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
    """How the weights are searched.

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
        """Whether all have been played."""
        return len(self.lines) == len(self.seeds)

    def play_next(self, settings: TetrisSettings) -> None:
        """One game."""
        from lecture_code.tetris import play  # here: other experiments need no numba

        i, s = len(self.lines), settings
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
    """One search."""

    def __init__(self, settings: TetrisSettings, arm: str, seed: int) -> None:
        from lecture_code.tetris import feature_names

        d = len(feature_names(settings.features, settings.width))
        noise = decreasing_noise(*settings.noise[arm])
        self.settings = settings
        self.rng, self.rng_tests = np.random.default_rng(seed).spawn(2)
        self.search = CrossEntropyMethod(
            np.zeros(d),
            settings.sigma,
            population=settings.population,
            elite=settings.elite,
            noise=noise,
        )
        self.means, self.stds = [self.search.mean], [settings.sigma]
        names = ("best", "median", "pieces", "censored")
        self.population: dict[str, list[int]] = {name: [] for name in names}
        self.tests: list[GameBatch] = []
        self.batch, self.is_test = self._test(), True
        self.played = 0

    @property
    def generation(self) -> int:
        """How many the search has learnt from."""
        return len(self.means) - 1

    @property
    def progress(self) -> float:
        """Share of the games."""
        s = self.settings
        return self.played / (
            s.generations * s.population + len(generations_tested(s)) * s.tests
        )

    def advance(self) -> Record:
        """Games of the present batch, until `chunk` pieces have been placed or all are
        played.
        """
        batch, start = self.batch, len(self.batch.lines)
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
            self.population[name].append(value)

    def _begin(self) -> None:
        """The next batch, if there is one: a test after a generation that is to be
        tested, or else a generation.
        """
        if not self.is_test and self.generation in generations_tested(self.settings):
            self.batch, self.is_test = self._test(), True
        elif self.generation < self.settings.generations:
            self.batch, self.is_test = self._population(), False

    def _population(self) -> GameBatch:
        from lecture_code.tetris import game_seeds

        rng_search, rng_games = self.rng.spawn(2)  # as `next_generation` does
        return GameBatch(
            self.search.ask(rng_search), game_seeds(rng_games, self.settings.population)
        )

    def _test(self) -> GameBatch:
        from lecture_code.tetris import game_seeds

        games = self.settings.tests
        return GameBatch(
            np.tile(self.search.mean, (games, 1)), game_seeds(self.rng_tests, games)
        )

    def result(self) -> Record:
        """The mean weights of every generation, every game of the tests (tests made,
        games), and what the populations did.
        """
        in_tests = sum(sum(test.pieces) for test in self.tests)
        return {
            "means": np.array(self.means),  # (T + 1, d)
            "std": self.stds,
            "lines": np.array([test.lines for test in self.tests], dtype=np.int64),
            "censored": np.array([test.censored for test in self.tests]),
            "population": self.population,
            "pieces": sum(self.population["pieces"]) + in_tests,
        }


def uncensored_mean(lines: NDArray[np.int64], censored: NDArray[np.bool_]) -> Array:
    """What the mean of lines (…, games) would be without a cap, if games end at a
    constant rate: all lines / games that ended.

    That is the maximum-likelihood estimate of an exponential's mean from censored
    draws; where no game ended it is a lower bound, all lines.
    """
    return np.asarray(lines.sum(axis=-1) / np.maximum((~censored).sum(axis=-1), 1))


def runs(settings: TetrisSettings) -> dict[str, TetrisRun]:
    """One search for each arm and seed, all arms of a seed together."""
    return {
        f"{arm}/{seed}": TetrisRun(settings, arm, seed)
        for seed in settings.seeds
        for arm in settings.noise
    }


def generations_tested(settings: TetrisSettings) -> list[int]:
    """The generations after which the mean is tested."""
    return sorted(
        {*range(0, settings.generations, settings.test_every), settings.generations}
    )


def summarise(
    settings: TetrisSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Curves: arm -> lines by seed and test; arrays: the weights tested (seeds, tests
    made, d) and every game (seeds, tests made, games).
    """
    curves: dict[str, Any] = {"generations": generations_tested(settings)}
    arrays: dict[str, NDArray[Any]] = {}
    for arm in settings.noise:
        found = [results[f"{arm}/{seed}"] for seed in settings.seeds]
        curves[arm] = {
            "lines": [run["lines"].mean(axis=1) for run in found],
            "censored": [run["censored"].sum(axis=1) for run in found],
            "uncensored_mean": [
                uncensored_mean(run["lines"], run["censored"]) for run in found
            ],
            "std": [run["std"] for run in found],
            "travel": [np.linalg.norm(run["means"], axis=1) for run in found],
            "population": [run["population"] for run in found],
            "pieces": [run["pieces"] for run in found],
        }
        arrays[f"{arm}_weights"] = np.stack(
            [run["means"][generations_tested(settings)] for run in found]
        )
        games = np.stack([run["lines"] for run in found])
        arrays[f"{arm}_lines"] = games.astype(np.int32)
    return curves, arrays


def smoke(settings: TetrisSettings) -> TetrisSettings:
    """The same path in a second."""
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

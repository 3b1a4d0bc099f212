"""Every value of a space of architectures, known before any search begins.

Ying et al., "NAS-Bench-101: Towards Reproducible Neural Architecture Search" (2019),
arXiv:1902.09635: train every architecture of a small space a few times and keep the
numbers. A search then asks the table, so that a query costs nothing, and the best
architecture is known.

Idea. One query trains a child once, so it gives the accuracy of *one* random seed. The
value of a string is its *mean* validation accuracy over the seeds. What a search
answers is judged by its regret:

    (1)  value(a) = (1/S) Σ_s validation(a, s)
    (2)  regret(a) = max_a' value(a') − value(a)
    (3)  R = validation(a, s)³, with a random s       (Zoph & Le 2017, section 4.1)

The accuracy that chose an answer is not its value: the best of many noisy numbers is
too high. And no choice and no regret uses the test accuracy.

Read `ArchitectureTable.query`, then `ArchitectureTable.regret`.

Deviation from the paper: their regret uses test accuracies. Here it uses the mean
validation accuracy, so that the test is left for the very end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lecture_code.gradients.token_space import Strings, TokenSpace

Floats = NDArray[np.float64]


def reward(accuracy: Floats) -> Floats:
    """R = accuracy³: the order of strings stays, and differences near 1 count more."""
    return np.asarray(accuracy**3)  # eq. 3


@dataclass(frozen=True, eq=False)
class ArchitectureTable:
    """What became of every string of a space; rows in the order of `TokenSpace.place`.

    Args:
        space: the strings.
        validation: accuracy on validation images, from 0 to 1, (count, seeds).
        test: accuracy on test images, (count, seeds). No search may see it.
        parameters: number of weights and biases of the child, (count,).
        seconds: time of one training [s], (count,).

    Raises:
        ValueError: an array does not have a row for each string; or an accuracy is
            outside [0, 1].
    """

    space: TokenSpace
    validation: Floats
    test: Floats
    parameters: NDArray[np.int64]
    seconds: Floats

    def __post_init__(self) -> None:
        count = self.space.count
        for name in ("validation", "test", "parameters", "seconds"):
            array = getattr(self, name)
            dimensions = 2 if name in ("validation", "test") else 1
            if array.ndim != dimensions or len(array) != count:
                raise ValueError(
                    f"{name} needs {dimensions} dimension(s) and a row for each of the "
                    f"{count} strings; got shape {array.shape}"
                )
            if dimensions == 2 and not ((array >= 0) & (array <= 1)).all():
                raise ValueError(f"{name} must lie between 0 and 1")
        if self.validation.shape != self.test.shape:
            raise ValueError(
                f"validation {self.validation.shape} and test {self.test.shape} need "
                "the same number of seeds"
            )

    @property
    def values(self) -> Floats:
        """Mean validation accuracy of each string, (count,)."""
        return np.asarray(self.validation.mean(axis=1))  # eq. 1

    @property
    def rewards(self) -> Floats:
        """Expected reward of a query of each string, (count,): the mean of R over the
        seeds. J(θ) is the sum of P(string) times these.
        """
        return np.asarray(reward(self.validation).mean(axis=1))

    @property
    def best(self) -> Strings:
        """The string with the highest mean validation accuracy, (T,); the first one of
        several equal strings.
        """
        strings = self.space.every_string()
        best: Strings = strings[int(self.values.argmax())]
        return best

    def query(self, strings: Strings, rng: np.random.Generator) -> Floats:
        """Accuracies of strings (N, T), each of one random seed, (N,). A string that
        occurs twice is two queries, with two seeds.

        Raises:
            ValueError: a token is out of range, named.
        """
        rows = self.space.place(strings)
        seeds = rng.integers(self.validation.shape[1], size=len(rows))
        return self.validation[rows, seeds]

    def regret(self, strings: Strings) -> Floats:
        """How far the values of strings (N, T) lie below the best value, (N,), ≥ 0.

        Raises:
            ValueError: a token is out of range, named.
        """
        values = self.values
        return np.asarray(values.max() - values[self.space.place(strings)])  # eq. 2

    @classmethod
    def from_representatives(
        cls,
        space: TokenSpace,
        representatives: NDArray[np.int64],
        validation: Floats,
        test: Floats,
        parameters: NDArray[np.int64],
        seconds: Floats,
    ) -> ArchitectureTable:
        """The whole table from one row for each different child.

        Args:
            space: the strings.
            representatives: the place of the string that was trained in the place of
                each string, (count,).
            validation, test, parameters, seconds: as in the table, with one row for
                each place that occurs in `representatives`, in rising order.

        Raises:
            ValueError: the number of rows is wrong.
        """
        trained, rows = np.unique(representatives, return_inverse=True)
        arrays = (validation, test, parameters, seconds)
        if any(len(array) != len(trained) for array in arrays):
            raise ValueError(
                f"{len(trained)} strings represent the others; got "
                f"{[len(array) for array in arrays]} rows of validation, test, "
                "parameters and seconds"
            )
        return cls(space, validation[rows], test[rows], parameters[rows], seconds[rows])

    @classmethod
    def synthetic(
        cls,
        space: TokenSpace,
        rng: np.random.Generator,
        *,
        seeds: int = 3,
        noise: float = 0.01,
    ) -> ArchitectureTable:
        """A table that nobody trained, for tests: a part for each choice of each token,
        parts for pairs of neighbouring tokens, and noise of each seed.

        Args:
            space: the strings.
            rng: draws the parts and the noise.
            seeds: number of columns.
            noise: standard deviation of an accuracy over the seeds.
        """
        strings = space.every_string()
        logits = np.full(space.count, 1.5)
        for t, size in enumerate(space.sizes):
            logits += rng.normal(0, 0.5, size)[strings[:, t]]
            if t > 0:
                pairs = rng.normal(0, 0.3, (space.sizes[t - 1], size))
                logits += pairs[strings[:, t - 1], strings[:, t]]
        mean = 1 / (1 + np.exp(-logits))
        shape = (space.count, seeds)
        validation = mean[:, None] + noise * rng.normal(size=shape)
        test = mean[:, None] - 0.01 + noise * rng.normal(size=shape)
        return cls(
            space,
            validation.clip(0, 1),
            test.clip(0, 1),
            rng.integers(100, 5000, size=space.count),
            rng.uniform(0.1, 1.0, size=space.count),
        )

"""What the tests of `<choice-simplex>` and `<estimator-race>` show: still pictures with
little in them.
"""

import numpy as np

from lecture_code.show import choice_simplex, estimator_race
from lecture_code.show.estimator_race import RACERS


def a_simplex(**options):
    """A choice among three tokens, with 50 draws in its still picture."""
    points = np.random.default_rng(0).dirichlet(np.ones(3), size=50)
    return choice_simplex(points, **{"title": "Three tokens"} | options)


def some_paths(steps=400):
    """A path for each racer that nobody has run."""
    return {
        name: np.linspace(0, n - 2, steps + 1) for n, name in enumerate(sorted(RACERS))
    }


def a_race(**options):
    """A race of 400 steps."""
    given = {"title": "A race", "paths": some_paths()} | options
    return estimator_race(given.pop("paths"), **given)

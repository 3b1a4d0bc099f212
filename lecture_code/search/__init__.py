"""Black-box search: one file a method, one `ask`/`tell` protocol, NumPy only.

Everything maximises. Start with `protocol.py`, then read a method.

    protocol         what a search is, and the loop that drives it
    gaussian         the Gaussian population that most searches share
    cem              the cross-entropy method
    rwr              reward-weighted regression
    power            PoWER
    pi2              PI²
    cma_es           CMA-ES
    cma_strategy     the constants of CMA-ES
    random_search    augmented random search
    landscapes       hills with a known top, to try a search on
"""

from lecture_code.search.cem import (
    CrossEntropyMethod,
    contraction,
    decreasing_noise,
    limit_of_travel,
)
from lecture_code.search.cma_es import CMAES
from lecture_code.search.pi2 import PI2, path_integral_step
from lecture_code.search.power import PoWER, power_step
from lecture_code.search.protocol import (
    Generation,
    Search,
    check_told,
    maximise,
    next_generation,
)
from lecture_code.search.random_search import AugmentedRandomSearch
from lecture_code.search.rwr import RewardWeightedRegression

__all__ = [
    "CMAES",
    "PI2",
    "AugmentedRandomSearch",
    "CrossEntropyMethod",
    "Generation",
    "PoWER",
    "RewardWeightedRegression",
    "Search",
    "check_told",
    "contraction",
    "decreasing_noise",
    "limit_of_travel",
    "maximise",
    "next_generation",
    "path_integral_step",
    "power_step",
]

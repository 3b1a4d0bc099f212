"""`pretraining_rates`: does the order of the features hold for other rates?

Protocol, written before the full run. In `pretraining` only the rate of the autoencoder
was chosen from several; the other methods share the rate 0.003. Here inverse + forward
and slowness, of which the order is in question, learn as there, with the same five
seeds, but with the rates 0.001 and 0.01. Nothing is selected: a claim of the chapter
holds if it holds for each pair of rates.

Measured is what `pretraining` measures.

Expected, before the run: inverse + forward is better than slowness in the place with
each pair of rates, and worse in the angle with each pair.
"""

from __future__ import annotations

from dataclasses import replace

from lecture_code.experiments.observations.pretraining.arms import FeatureSettings
from lecture_code.experiments.observations.pretraining.features import (
    ARMS,
    SMALL,
    runs,
    small_arm,
    summarise,
)
from lecture_code.experiments.protocol import Experiment

RATED = ("inverse + forward", "slowness")
RATES = (0.001, 0.01)  # 0.003 is the rate of `pretraining`


def rated(arm: str, rate: float) -> str:
    """The name of an arm with a rate of its own."""
    return f"{arm}, rate {rate:g}"


OTHERS = {
    rated(name, rate): replace(ARMS[name], rate=rate)
    for name in RATED
    for rate in RATES
}
MAIN = FeatureSettings(OTHERS)
SHORT = replace(
    SMALL,
    arms={
        rated("slowness", rate): small_arm(OTHERS[rated("slowness", rate)])
        for rate in RATES
    },
    batches=3,
)

EXPERIMENTS = (Experiment("pretraining_rates", MAIN, SHORT, runs, summarise),)

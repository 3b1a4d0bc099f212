"""What the experiments of *Fine-tuning* share: the fine-tuning of one trial, measured
after some numbers of batches, and a run that does one trial after the other.

Read `measured_at_times`, then `FineTuningRun`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from lecture_code.experiments.observations.fine_tuning.source import (
    TUNING,
    SourceSettings,
    drawn_labels,
    quarter_turned,
    source_record,
    tuning_digits,
    turned_digits,
)
from lecture_code.experiments.protocol import Record
from lecture_code.observations.fine_tuning import (
    FineTuningSettings,
    Penalty,
    fine_tune,
    initial_fine_tuning,
    no_penalty,
)
from lecture_code.observations.layered_network import LayeredNetwork

FIRST_LOSSES = 3
"""Number of records that hold the loss of the source network after one more batch each:
another machine computes the same."""


def measured_at_times(
    start: LayeredNetwork,
    method: FineTuningSettings,
    source: SourceSettings,
    seed: int,
    labels: int,
    times: Sequence[int],
    *,
    penalty: Penalty = no_penalty,
    quarters: int = 0,
) -> dict[str, list[float]]:
    """Fine-tune with labelled scans: each accuracy after each number of batches.

    Args:
        start: network before the first batch.
        method: of the fine-tuning.
        source: the digits.
        seed: of the digits, the labels and the batches.
        labels: n.
        times: numbers of batches.
        penalty: what holds the network back, times λ.
        quarters: turns of the scans by 90°.
    """
    digits = turned_digits(tuning_digits(source, seed), quarters)
    target = quarter_turned(drawn_labels(source, labels, seed), quarters)
    rng = np.random.default_rng([TUNING, seed, labels])
    state = initial_fine_tuning(start, rng)
    records = []
    for time in times:
        state = fine_tune(state, target, method, time - state.batches, penalty)
        records.append(source_record(state.network, digits))
    return {entry: [record[entry] for record in records] for entry in records[0]}


class FineTuningRun:
    """All trials of one seed, after some losses of a base network.

    Args:
        trials: name -> what computes the trial; it can be pickled.
        loss_after: number of batches -> loss of the base network.
    """

    def __init__(
        self,
        trials: Mapping[str, Callable[[], Record]],
        loss_after: Callable[[int], float],
    ) -> None:
        self.trials = dict(trials)
        self.loss_after = loss_after
        self.losses = 0
        self.found: dict[str, Record] = {}

    @property
    def progress(self) -> float:
        """Share of the trials that are done."""
        return len(self.found) / len(self.trials)

    def advance(self) -> Record:
        """One loss of the base network, or later one trial."""
        if self.losses < FIRST_LOSSES:
            self.losses += 1
            return {"loss": self.loss_after(self.losses)}
        name = list(self.trials)[len(self.found)]
        self.found[name] = self.trials[name]()
        return self.found[name]

    def result(self) -> Record:
        """The accuracies of each trial, by its name."""
        return self.found

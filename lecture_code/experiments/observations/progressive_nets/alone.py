"""Does it protect fine-tuning that sixteen episodes run side by side?

* `progressive_nets_alone`: the draws of `progressive_nets_sorted`, with one episode at
  a time.
* `progressive_nets_updates`: sixteen episodes side by side, with as many updates.

In the paper 35 to 58 % of the runs that fine-tune end at zero, and no progressive run.
In `progressive_nets_sorted`, with the same ranges of rate and entropy, only 1 of 60
does in A and B. A difference that may explain it: the paper's robot runs one episode at
a time. (How many workers its sorted runs had is not printed.) The gradient of an update
then comes from 10 control steps of one episode, not of 16, and the same 40 000 frames
give 4 000 updates, not 250. `progressive_nets_alone` removes both.
`progressive_nets_updates` asks which of the two it is: it has 4 000 updates, from
sixteen episodes each, and so 640 000 frames.

Protocol. As `progressive_nets_sorted` in `transfer.py`; in B, with the first 12 of its
30 draws, because a run takes two minutes. The second experiment has only fine-tuning,
and 10 of the 12 draws. (It was cut for time after the first 5, whose rates are below
0.001. When they had been seen, the 5 draws with rates above 0.001 were added, because
no run with a smaller rate was dead in the first experiment. Each run has its own
seeds, so runs of two computations make one result.) A run is dead under the same rule.
Clipping and RMSProp stay as they are.

Piloted with one setting that is not reported (B, first column 0, rate 0.003, entropy
0.001, random numbers of their own): after one episode at a time fine-tuning was dead,
and the progressive net was not.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from lecture_code.experiments.observations.progressive_nets.transfer import (
    SORTED,
    TransferGrid,
    runs,
    smoke_grid,
    summarise,
)
from lecture_code.experiments.protocol import Experiment


@dataclass(frozen=True)
class ChosenDraws(TransferGrid):
    """Only some of the draws are compared.

    Args:
        chosen: numbers of these draws, from 0; below `draws`.
    """

    chosen: tuple[int, ...] = ()

    @property
    def numbers(self) -> tuple[int, ...]:
        """Numbers of the draws that are compared."""
        return tuple(i for i in self.chosen if i < self.draws)


DRAWN = replace(SORTED, domains=("B",), draws=12, stride=400)
PAIRED = ("fine-tuning", "copied head")
ALONE = replace(DRAWN, methods=PAIRED, episodes=1)
FIRST = (0, 1, 2, 3, 4)
LARGE = (5, 6, 9, 10, 11)
UPDATES = replace(
    ChosenDraws(**asdict(DRAWN), chosen=FIRST + LARGE),
    methods=PAIRED[:1],
    frames=16 * SORTED.frames,
)

EXPERIMENTS = tuple(
    Experiment(name, settings, smoke_grid(settings), runs, summarise)
    for name, settings in {
        "progressive_nets_alone": ALONE,
        "progressive_nets_updates": UPDATES,
    }.items()
)

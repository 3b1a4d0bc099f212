"""`sequence_families`: both families from the same start, at equal budgets.

`sequence_grammar` starts from nothing. There REINFORCE ended with one string in most
seeds: D knew all fakes after 120 steps, the reward was low for every string, and G
settled on the string that D disliked least. The authors of SeqGAN saw the same kind of
failure after a short pretraining, and they start from maximum likelihood.

Protocol, written before the runs. Every arm starts from the same G, which has learnt by
maximum likelihood for 50 steps of 64 strings: about a fifth of its strings parse. Then
G and D learn for 2,400 steps, as in `sequence_grammar`, seeds 0 to 4. If the cause of
the failure is removed, REINFORCE must not end with one string.

Both families get the same number of steps, so D sees the same number of strings. They
are also compared at the same processor time: `at_equal_time` reads the curves of the
slower arms earlier. All runs of this experiment were computed one after the other on
one core.

Rates of Adam: tuned for each arm on seed 1000, as in `sequence_grammar`, but from this
start; see `WARM_TRIED`. Planned comparisons, by parse rate and by total variation,
paired by seed: REINFORCE and each of the propagated arms; roll-outs and REINFORCE; each
arm and its start.

`sequence_families_long` trains REINFORCE and the best of the propagated arms for three
times as many steps, all else equal; τ is fixed there, so nothing is annealed more
slowly. If their order by total variation turns, it is told as a matter of length.

After the runs: the order does not turn, and both arms are further from the law of the
strings than after a third of the steps.

Read `grammar_runs.GrammarRun.advance`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from lecture_code.experiments.gradients.sequence_generation.grammar import UNTUNED
from lecture_code.experiments.gradients.sequence_generation.grammar_rates import (
    WARM_TRIED,
    best_rates,
)
from lecture_code.experiments.gradients.sequence_generation.grammar_runs import (
    GrammarRun,
    GrammarSettings,
    summarise,
)
from lecture_code.experiments.protocol import Experiment


@dataclass(frozen=True)
class FamiliesSettings(GrammarSettings):
    """Which GANs learn the grammar from the same start.

    Args:
        warm: steps of maximum likelihood before the start.
    """

    warm: int = 50


def runs(settings: FamiliesSettings) -> dict[str, GrammarRun]:
    """One training for each arm and seed."""
    first = settings.seeds[0]
    return {
        f"{name}/{seed}": GrammarRun(
            settings, arm, seed, settings.texts if seed == first else 0, settings.warm
        )
        for name, arm in settings.arms.items()
        for seed in settings.seeds
    }


FAMILIES = FamiliesSettings(
    {
        name: replace(
            UNTUNED[name],
            writer_rate=best_rates(name, WARM_TRIED)[0],
            reader_rate=best_rates(name, WARM_TRIED)[1],
        )
        for name in WARM_TRIED
    }
)
LONGER = ("REINFORCE", "τ = 0.1, softened 0.99")
LONG = replace(
    FAMILIES,
    arms={
        name: replace(FAMILIES.arms[name], steps=3 * FAMILIES.arms[name].steps)
        for name in LONGER
    },
)
SMOKE = replace(
    FAMILIES,
    arms={
        name: replace(FAMILIES.arms[name], steps=8, batch=8)
        for name in ("REINFORCE", "straight-through")
    },
    seeds=(0, 1),
    strings=50,
    hidden=8,
    evaluations=4,
    drawn=20,
    drawn_at_end=40,
    texts=2,
    warm=2,
)

EXPERIMENTS = (
    Experiment("sequence_families", FAMILIES, SMOKE, runs, summarise),
    Experiment("sequence_families_long", LONG, SMOKE, runs, summarise),
)

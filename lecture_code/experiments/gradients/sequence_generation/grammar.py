"""`sequence_grammar`: what a GAN learns of a grammar, by the way that its gradient
takes through the choices.

Protocol, written before the runs. The task: 5,000 strings of `data.arithmetic`, another
draw for each seed. G and D have H = 32, and every arm has the same steps, batch and
networks; seeds 0 to 4. The arms:

    annealed             Gumbel-softmax, τ from 5 to 1 over the first half of the steps;
                         real strings softened with 0.9 on the true symbol (the paper)
    τ = 5, 1, 0.1        the same with a fixed τ
    … softened 0.99      the same with 0.99 on the true symbol
    hard reals           annealed, real strings as one-hot vectors: the ablation
    straight-through     one-hot symbols forward, τ = 1 backward; hard real strings
    REINFORCE            one-hot symbols, reward of the whole string; hard real strings
    roll-outs            the same with Q_t from one roll-out of each prefix
    maximum likelihood   the same G by teacher forcing: no D

Why 0.99: the largest entry of a softened real symbol is the true symbol with
probability 0.9 only, so of twelve symbols some are wrong in most strings. This is a
ceiling for a G that imitates its data exactly, and the result has it ("ceiling").

Measures: see `grammar_measures.py`, on 4,000 strings at the end and 500 along the way.
Expected, as our own target: parse rate from below 5 % to 50 % or more with annealed τ,
and annealed at least as good as each fixed τ (paired by seed, Student's interval, see
`paired_difference`).

Rates of Adam: tuned for each arm on another seed, see `grammar_rates.py`. The tuning
showed that the parse rate alone misleads. Several trainings ended with a G that writes
one string only, mostly "x": it always parses, and its total variation is 5/6 = 0.83.
So rates are chosen by the total variation, and each comparison is made with both. The
tuning also showed that one training can collapse and its neighbour not, so one seed is
a weak guide to the best rates.

Five arms are also trained three times as long, on the first seed: annealed with both
kinds of softening, τ = 1, hard reals and straight-through.

Read `grammar_runs.GrammarRun.advance`, then `grammar_measures.measures`.
"""

from __future__ import annotations

from dataclasses import replace

from lecture_code.experiments.gradients.sequence_generation.grammar_rates import (
    best_rates,
)
from lecture_code.experiments.gradients.sequence_generation.grammar_runs import (
    GrammarSettings,
    runs,
    summarise,
)
from lecture_code.experiments.protocol import Experiment
from lecture_code.gradients.gumbel_softmax_gan import GanSettings

STEPS = 2400
SOFT = GanSettings(steps=STEPS)
HARD = replace(SOFT, reals="hard", hottest=1.0)


def fixed(settings: GanSettings, temperature: float) -> GanSettings:
    """The same with a fixed τ."""
    return replace(settings, hottest=temperature, coldest=temperature)


UNTUNED = {
    "annealed": SOFT,
    "τ = 5": fixed(SOFT, 5.0),
    "τ = 1": fixed(SOFT, 1.0),
    "τ = 0.1": fixed(SOFT, 0.1),
    "annealed, softened 0.99": replace(SOFT, confidence=0.99),
    "τ = 1, softened 0.99": replace(fixed(SOFT, 1.0), confidence=0.99),
    "τ = 0.1, softened 0.99": replace(fixed(SOFT, 0.1), confidence=0.99),
    "hard reals": replace(SOFT, reals="hard"),
    "straight-through": replace(HARD, estimator="straight_through"),
    "REINFORCE": replace(HARD, estimator="reinforce"),
    "REINFORCE, roll-outs": replace(HARD, estimator="reinforce", roll_outs=1),
    "maximum likelihood": replace(HARD, estimator="likelihood"),
}
"""The arms without their rates."""
GRAMMAR = GrammarSettings(
    {
        name: replace(
            arm, writer_rate=best_rates(name)[0], reader_rate=best_rates(name)[1]
        )
        for name, arm in UNTUNED.items()
    },
    longer=(
        "annealed",
        "τ = 1",
        "annealed, softened 0.99",
        "hard reals",
        "straight-through",
    ),
)
SMOKE = replace(
    GRAMMAR,
    arms={
        name: replace(GRAMMAR.arms[name], steps=8, batch=8)
        for name in ("annealed", "REINFORCE, roll-outs", "maximum likelihood")
    },
    seeds=(0, 1),
    strings=50,
    hidden=8,
    evaluations=4,
    drawn=20,
    drawn_at_end=40,
    texts=2,
    longer=("annealed",),
)

EXPERIMENTS = (Experiment("sequence_grammar", GRAMMAR, SMOKE, runs, summarise),)

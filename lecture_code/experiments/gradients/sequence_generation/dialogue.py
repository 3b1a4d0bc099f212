"""`sequence_dialogue`: what the judge's reward adds to maximum likelihood.

Protocol, written before the run. 4,000 human dialogues of `data.dialogues`, another
draw for each seed; seeds 0 to 4. G learns by maximum likelihood for 500 steps: about
six of ten of its sampled answers fit then. D learns for 150 steps against this G. Every
arm goes on from the same G, and from the D of its kind, for 200 turns:

    maximum likelihood          teacher forcing only: what more steps alone give
    REINFORCE                   the lecture's loop, one reward for the whole answer
    REGS, roll-outs             a reward for each word, from 3 roll-outs
    REGS, prefixes              a reward for each word, from D on prefixes
    …, no teacher forcing       the loop without line 10, at the same rate
    …, slow                     without line 10, at the rate that was best for it
    knowing judge               REGS, prefixes, no teacher forcing; but D is replaced by
                                the best judge there is, which knows p and q: the
                                positive control, and the ablation of D's mistakes

Measures along the way: exact total variation, admissible and dull probability. At the
end each answerer is decoded by sampling, greedily and by a beam of 8, and a fresh
evaluator gives the adversarial success; see `dialogue_evaluation.py`, with the
reliability checks. The paper compares maximum likelihood, decoded greedily and by a
beam, with adversarial training.

Expected in the plan of this chapter: REGS > REINFORCE > greedy maximum likelihood in
adversarial success, and collapse without teacher forcing. Expected after the pilot:
(a) the order depends on the decoding: sampling wins for every G, maximum likelihood
too, because a G that always gives the same answer has at most p(dull)/2 = 0.15;
(b) with teacher forcing all arms end near maximum likelihood; (c) without, the total
variation grows at the same rate, and at the slow rate G stays near the start;
(d) with the knowing judge there is no collapse.

Rates, tuned on seed 1000 by the mean total variation of the last half of 300 turns; see
`TRIED`. Two arms are also trained three times as long, on the first seed.

Planned comparisons, paired by seed: both kinds of REGS and REINFORCE; REINFORCE and
maximum likelihood, sampled both, and sampled against greedy; each arm without teacher
forcing and its start, by total variation.

`sequence_dialogue_credit`, decided after this result, in which REGS and REINFORCE do
not differ. Two causes are possible: a reward for each word is no better than a reward
for the whole answer, or D's mistakes hide that it is. So the knowing judge stands in
the place of D, without teacher forcing, and only the reward differs. Rate, seeds and
starts are those of "knowing judge", which is the third arm of the comparison:

    knowing judge, whole        REINFORCE: one reward for the whole answer
    knowing judge, roll-outs    REGS with 3 roll-outs for each prefix

Planned, paired by seed: the total variation and the success of sampled answers of both
kinds of REGS minus those of REINFORCE. Expected: REGS has a lower total variation.

Read `dialogue_runs.DialogueRun.advance`.
"""

from __future__ import annotations

from dataclasses import replace

from lecture_code.experiments.gradients.sequence_generation.dialogue_runs import (
    DialogueArm,
    DialogueExperiment,
    runs,
    summarise,
)
from lecture_code.experiments.protocol import Experiment
from lecture_code.gradients.dialogue_evaluation import EvaluatorSettings
from lecture_code.gradients.dialogue_generation import DialogueSettings

TRIED = {
    "maximum likelihood": {
        (1e-3, 0.0): 0.28,
        (3e-3, 0.0): 0.21,
        (1e-2, 0.0): 0.15,
        (3e-2, 0.0): 0.18,
    },
    "REINFORCE": {
        (1e-3, 3.0): 0.28,
        (3e-3, 1.0): 0.20,
        (3e-3, 3.0): 0.21,
        (3e-3, 10.0): 0.26,
        (1e-2, 1.0): 0.16,
        (1e-2, 3.0): 0.16,
        (3e-2, 1.0): 0.17,
    },
    "REGS, prefixes": {
        (1e-3, 3.0): 0.28,
        (3e-3, 1.0): 0.20,
        (3e-3, 3.0): 0.20,
        (3e-3, 10.0): 0.26,
        (1e-2, 1.0): 0.15,
        (1e-2, 3.0): 0.16,
        (3e-2, 1.0): 0.16,
    },
    "REINFORCE, no teacher forcing": {
        (0.0, 1.0): 0.40,
        (1e-4, 1.0): 0.38,
        (3e-4, 1.0): 0.39,
        (1e-3, 1.0): 0.39,
        (3e-3, 1.0): 0.42,
    },
    "REGS, prefixes, no teacher forcing": {
        (0.0, 1.0): 0.40,
        (1e-4, 1.0): 0.37,
        (3e-4, 1.0): 0.40,
        (1e-3, 1.0): 0.47,
        (3e-3, 1.0): 0.79,
    },
}
"""Arm -> (rate of G, weight of line 9) -> total variation; the start has 0.40. A weight
of 0 is maximum likelihood, a rate of 0 the start. Roll-outs have REINFORCE's rate."""

BASE = DialogueSettings(
    rate=1e-2, judge_rate=3e-3, judge_steps=2, rollouts=3, weight=1.0
)
LOOP = {
    "REINFORCE": replace(BASE, reward="whole"),
    "REGS, roll-outs": replace(BASE, reward="rollouts"),
    "REGS, prefixes": replace(BASE, reward="prefixes"),
}
ARMS = {
    "maximum likelihood": DialogueArm(replace(BASE, reinforce=False, judge_steps=0)),
    **{name: DialogueArm(how) for name, how in LOOP.items()},
    **{
        f"{name}, no teacher forcing": DialogueArm(replace(how, teacher_forcing=False))
        for name, how in LOOP.items()
        if name != "REGS, roll-outs"
    },
    **{
        f"{name}, slow": DialogueArm(
            replace(LOOP[name], teacher_forcing=False, rate=1e-4)
        )
        for name in ("REINFORCE", "REGS, prefixes")
    },
    "knowing judge": DialogueArm(
        replace(LOOP["REGS, prefixes"], teacher_forcing=False, judge_steps=0),
        knowing=True,
    ),
    "knowing judge, slow": DialogueArm(
        replace(
            LOOP["REGS, prefixes"], teacher_forcing=False, judge_steps=0, rate=1e-3
        ),
        knowing=True,
    ),
}
"""Every arm of the experiment."""
DIALOGUE = DialogueExperiment(
    ARMS, longer=("REGS, prefixes, slow", "knowing judge, slow")
)
SMOKE = replace(
    DIALOGUE,
    arms={
        name: replace(arm, how=replace(arm.how, batch=4, rollouts=1))
        for name, arm in ARMS.items()
        if name in ("maximum likelihood", "REGS, prefixes", "knowing judge")
    },
    seeds=(0, 1),
    turns=4,
    stride=2,
    dialogues=40,
    embedding=4,
    hidden=6,
    warm=4,
    judged=2,
    evaluator=EvaluatorSettings(24, 16, 1, 8, embedding=4, hidden=6),
    longer=("REGS, prefixes",),
    texts=2,
)
KNOWING = ARMS["knowing judge"]
CREDIT_ARMS = {
    f"knowing judge, {name}": replace(
        KNOWING, how=replace(KNOWING.how, reward=name.replace("-", ""))
    )
    for name in ("whole", "roll-outs")
}
CREDIT = replace(DIALOGUE, arms=CREDIT_ARMS, longer=())
CREDIT_SMOKE = replace(
    SMOKE,
    arms={
        name: replace(arm, how=replace(arm.how, batch=4, rollouts=1))
        for name, arm in CREDIT_ARMS.items()
    },
    longer=(),
)

EXPERIMENTS = (
    Experiment("sequence_dialogue", DIALOGUE, SMOKE, runs, summarise),
    Experiment("sequence_dialogue_credit", CREDIT, CREDIT_SMOKE, runs, summarise),
)

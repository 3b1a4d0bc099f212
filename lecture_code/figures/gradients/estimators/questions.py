"""What the chapter asks: four predictions, and four questions at its end."""

from __future__ import annotations

import numpy as np

from lecture_code.experiments import Result
from lecture_code.experiments.gradients.estimators.latents import GUMBEL
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.gradients.estimators.chains import (
    causes_table,
    chain_table,
    gap_curves,
    where_bits_end,
)
from lecture_code.figures.gradients.estimators.walks import race, simplex
from lecture_code.gradients.wrong_sign import propagated_gradient
from lecture_code.show import Predict, Prose, predict, quiz

SHOWN = ("REINFORCE", "REINFORCE, others", "Gumbel-softmax", GUMBEL, "REBAR")
"""Learners of the curves."""
SLOW = "Gumbel-softmax, τ = 0.2, small rate"
"""The best temperature of Gumbel-softmax, but not its best rate."""


def predict_temperature() -> Predict:
    """What does the temperature do? The triangle with its sliders is revealed."""
    return predict(
        "You raise the temperature τ from 0.1 to 1. What happens to the propagated "
        "gradient?",
        [
            "Its bias and its variance both fall",
            "Its bias rises and its variance falls",
            "Its bias falls and its variance rises",
        ],
        answer=1,
        because="At a low temperature the soft choice lies close to a corner of the "
        "triangle. So the bias is small. But the softmax is "
        "steep in few places and flat in all others, so a few draws are very large. "
        "At a high temperature the points lie in the middle. So the gradients of the "
        "draws are similar. But they use slopes at places where no real choice lies. "
        "Move τ, then switch from soft to hard. "
        "Above τ = 1 the rule ends: the slope is divided by τ, so the whole gradient "
        "shrinks.",
        then=simplex(),
    )


def predict_race() -> Predict:
    """Where does the learner stop? The race is revealed."""
    return predict(
        "The target is 0.4 again, and τ is 1. But now the learners start at "
        "P(b = 1) = 0.9: they mostly choose wrongly. Where does the Gumbel-softmax "
        "learner end?",
        [
            "It stays near 0.9: the gradient has the wrong sign there, too",
            "It ends near 0, as REINFORCE does",
            "It goes down, but stops at the same place as in the first picture",
        ],
        answer=2,
        because="At 0.9 the sign is right, so the learner goes down to a place where "
        "its mean gradient is zero. One run wanders around this "
        "place: a step has only one draw. Now move the target towards ½, and change "
        "τ.",
        then=race(),
    )


def predict_chain(
    result: Result, longer: Result, rates: Result, rates_longer: Result
) -> Predict:
    """Which learner comes nearest? Curves and table are revealed.

    Args:
        result: `estimators_latents`.
        longer: three times as many steps.
        rates: Gumbel-softmax at low temperatures and a small rate.
        rates_longer: three times as many steps.
    """
    return predict(
        "Each learner has its own best rate, τ and η. Which of them come "
        "within a few percent of the best string?",
        [
            "Only those without bias: REINFORCE with baseline, REBAR and RELAX",
            "REINFORCE with baseline, REBAR, RELAX, and Gumbel-softmax, too",
            "Only REBAR and RELAX: twelve bits are too noisy for REINFORCE",
        ],
        answer=1,
        because="At the best τ of Gumbel-softmax, 0.2, a wrong sign is possible only "
        "for targets within 0.1 of ½. There a wrong bit costs little. And its best "
        "rate is large: probably large steps push the logits so far that most bits "
        "stay decided. "
        "With its baseline REINFORCE is not too noisy.",
        then=[
            gap_curves(result, SHOWN),
            Prose(chain_in_words(result, rates)),
            chain_table(result, longer, rates, rates_longer),
        ],
        folds=True,
    )


def chain_in_words(result: Result, rates: Result) -> str:
    """What the curves say."""
    stays = 100 * np.mean(result.curves[GUMBEL]["gap"][-1])
    chains = len(result.seeds)
    worst = 100 * np.max(result.curves["REINFORCE, others"]["gap"][-1])
    small = result.settings["arms"][GUMBEL]["rate"]
    return f"""**Second finding: if everything is tuned, both ways come close.**

*With τ = 0.5 and the small rate {small:g} Gumbel-softmax stops far away.* Its gap is
{stays:.0f} %, and three times as many steps do not lower it.

*For Gumbel-softmax the best τ alone is not enough.* With the small rate its gap is
{excess(rates, SLOW, result, "Gumbel-softmax")} points larger, and many bits stay
undecided. A still lower τ needs no large rate.

*The baseline matters.* Without it the gap of REINFORCE is {lead(result, "REINFORCE")}
points larger.

*The means cannot be ranked.* The gap of Gumbel-softmax minus that of REINFORCE
with baseline is {lead(result, "Gumbel-softmax")} points. The interval contains zero,
and so do those of REBAR and RELAX.

*But REINFORCE with baseline ends lower than Gumbel-softmax in
{lower(result, "Gumbel-softmax")} of {chains} chains.* In one chain REINFORCE with
baseline ends with a gap of {worst:.0f} %. This chain alone gives more than half of the
mean gap."""


def lower(result: Result, arm: str) -> int:
    """In how many chains REINFORCE with baseline ends lower than this arm."""
    ends, base = (
        np.array(result.curves[name]["gap"][-1]) for name in (arm, "REINFORCE, others")
    )
    return int((base < ends).sum())


def lead(result: Result, arm: str) -> str:
    """Gap of an arm minus that of REINFORCE with baseline, paired, in points."""
    return excess(result, arm, result, "REINFORCE, others")


def excess(result: Result, arm: str, other: Result, rival: str) -> str:
    """Gap of an arm minus that of its rival in the other result, paired, in points."""
    gaps, others = (
        100 * np.array(of.curves[name]["gap"][-1])
        for of, name in ((result, arm), (other, rival))
    )
    return str(mean_of_seeds(gaps - others))


def predict_cause(result: Result, straight: Result, far: Result) -> Predict:
    """Is it the wrong slopes? The table without the cause is revealed.

    Args:
        result: `estimators_latents`.
        straight, far: without the suspected cause, in two ways.
    """
    small = result.settings["arms"][GUMBEL]["rate"]
    return predict(
        "We write the loss as a straight line in each bit. Every string of bits keeps "
        f"its loss. What happens to Gumbel-softmax with τ = 0.5 and the small rate "
        f"{small:g}?",
        [
            "Nothing: the problem is the same",
            "It now comes close to the best string",
            "It stops even farther away",
        ],
        answer=1,
        because="For REINFORCE the two losses are the same. "
        "A propagated gradient asks for slopes between the bits. A straight line has "
        "the same slope everywhere. So for one bit the gradient is this slope times a "
        "positive number, and its sign is always right.",
        then=[
            causes_table(result, straight, far),
            Prose(cause_in_words()),
            where_bits_end(*two_ends(result)),
        ],
        folds=True,
    )


def cause_in_words() -> str:
    """What the table and the picture say, and the length that stays wrong."""
    line = propagated_gradient(np.ones_like, np.zeros(()), 0.5)
    short = 100 * (1 - line / 0.25)  # the exact gradient is p (1 − p)
    return f"""**Third finding: the wrong slopes are the cause.** On the straight loss
Gumbel-softmax comes close to the best string. The gradient of one bit then has the
right sign, but still not the right length: with τ = 0.5 it is {short:.0f} % too short
for a fair coin. Gumbel-softmax also comes close if all targets are far from ½. The
picture shows the bits of the first column: Gumbel-softmax stops near a line that we can
compute."""


def two_ends(result: Result) -> tuple[Result, tuple[str, str], float]:
    """What `where_bits_end` shows: the two learners, and τ of the second."""
    return result, ("REINFORCE, others", GUMBEL), 0.5


def quiz_program() -> Predict:
    """What can be used if the loss is a number only?"""
    return quiz(
        "A person reads a sentence and gives it a mark. The sentence was drawn word by "
        "word. Which gradient can train the model that wrote it?",
        {
            "Gumbel-softmax at a low temperature": "The path needs the slope of the "
            "mark with respect to a soft word. A person cannot give it.",
            "REINFORCE": "Yes. It needs the mark of the sentence that was drawn, and "
            "nothing else.",
            "Straight-through Gumbel, because it is hard": "The sentence is hard, but "
            "the slope of the mark is still missing.",
        },
        answer="REINFORCE",
    )


def quiz_constant() -> Predict:
    """What does a constant in the loss change?"""
    return quiz(
        "A colleague adds 100 to every loss. Which gradient becomes much noisier?",
        {
            "REINFORCE without baseline": "Yes. Each draw is multiplied by the whole "
            "loss. The mean stays, but the variance becomes very large.",
            "REINFORCE with the mean loss of the other draws": "The baseline also "
            "rises by 100, so the difference stays.",
            "Gumbel-softmax": "It uses slopes only. A constant has no slope.",
        },
        answer="REINFORCE without baseline",
    )


def quiz_cool() -> Predict:
    """Where does the learner go if τ falls from 1 to 0.1?"""
    return quiz(
        "A learner with the Gumbel-softmax gradient has stopped at P(b = 1) = 0.27; "
        "its target is 0.4 and τ is 1. You set τ to 0.1. What happens?",
        {
            "Nothing: it has stopped": "It stopped because its mean gradient was zero "
            "there. Does this place depend on τ?",
            "It goes down to 0": "Yes. With this τ a wrong sign is possible only "
            "for targets very near ½. The noise is larger, too.",
            "It goes up to its target": "It stops where t* equals the target. This is "
            "not the place where P(b = 1) equals the target.",
        },
        answer="It goes down to 0",
        hints=["Read off the region for τ = 0.1."],
    )


def quiz_coupling() -> Predict:
    """What does an independent z̃ do?"""
    return quiz(
        "In REBAR a colleague draws z̃ from fresh noise, and not given b. "
        "Is the mean of the gradient still right?",
        {
            "Yes: z̃ is only subtracted and added again": "The first term multiplies "
            "c(z̃) by ∇ log p(b). If z̃ does not know b, what is the mean of this "
            "product, and what do the last two terms add?",
            "Yes, but nothing is gained": "The mean is right: with z̃ independent of b "
            "the product has mean zero, and the two last terms cancel on average. But "
            "then c(z̃) is no longer close to f(b). So it only adds noise.",
            "No: the gradient is biased": "Write down the mean of each term. z̃ and z "
            "have the same law.",
        },
        answer="Yes, but nothing is gained",
    )

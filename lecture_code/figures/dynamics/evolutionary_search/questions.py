"""What the chapter asks: predictions before a picture, and quizzes at its end.

A prediction takes what opens after the commitment as `then`.
"""

from __future__ import annotations

from collections.abc import Sequence

from lecture_code.show import Predict, Prose, Shown, predict, quiz

TURN = """
Now turn the knobs of CEM. ρ is the share of the elite. Z is the noise that is added to
the variance after each generation.
"""
TURNED = """
With ρ = 1 the whole population is elite, and the mean wanders without aim. With too
much noise the population stays wide and never closes in on the top.
"""


def who_stops(then: Sequence[Shown], knobs: Shown) -> Predict:
    """Which of six methods stop before the top of a ridge.

    Args:
        then: the six searches and their heights.
        knobs: CEM alone, with its knobs; it too shows who stops.
    """
    return predict(
        "Four of the six methods usually get to the top within thirty generations. Two "
        "methods stop on the way. Which two?",
        [
            "PoWER and augmented random search",
            "CEM and RWR",
            "CEM and PI²",
            "CMA-ES and PI²",
        ],
        answer=1,
        because="CEM and RWR fit the ellipse about the new mean of the best "
        "candidates. These are closer together than all candidates. So the fitted "
        "ellipse shrinks, on a slope as well as at the top. Look at CMA-ES: its "
        "ellipse first grows along the ridge, then shrinks at the top. Here the fit "
        "decides, not the weights. See the two controls in the table: RWR with an "
        "ellipse that stays gets to the top, and PI² with a fitted ellipse stops.",
        then=[*then, Prose(TURN), knobs, Prose(TURNED)],
        folds=True,  # the equation of the ellipse tells the answer
    )


def endless_slope(then: Sequence[Shown]) -> Predict:
    """How far the cross-entropy method travels on an endless slope."""
    return predict(
        "CEM with ρ = 0.1 climbs an endless slope. Its first population is σ₀ wide. "
        "How far does its mean get?",
        ["As far as you let it run", "About ten σ₀", "About three σ₀"],
        answer=2,
        because="In each generation the mean goes 1.75 times the present width. The "
        "next width is 0.41 times the present width. This is a geometric series, and "
        "its sum is 2.98. Now add a constant noise to the variance. The width settles "
        "where shrinking and noise balance, and the mean goes on for ever.",
        then=then,
        folds=True,  # the derivation tells the answer
    )


def blind_search(then: Shown) -> Predict:
    """Which search notices that its returns are random."""
    return predict(
        "The returns are random numbers, so there is nothing to learn. Which of CEM, "
        "RWR and CMA-ES keeps a wide population, as it should?",
        ["All three", "CEM: it looks at ranks only", "CMA-ES", "None of them"],
        answer=2,
        because="CEM and RWR become more and more certain of a point that chance has "
        "chosen. The variance of ten draws, divided by ten, is a tenth too small on "
        "average, and the next generation is drawn from it. The step size of CMA-ES "
        "goes up as often as down when the ranking is luck. It was designed to do so. "
        "A narrow population does not prove that the top was found. Here it is narrow "
        "by chance alone.",
        then=then,
    )


def added_constant() -> Predict:
    """What happens when a constant is added to every return."""
    right = "PoWER, and RWR with q(U) = U."
    return quiz(
        "Somebody adds 1,000 to every return. Which searches take a different step?",
        {
            "All of them.": "CEM and CMA-ES look at ranks, and PI² divides by the "
            "range. They cannot notice it.",
            right: "Yes. Their weights are shares of the return. With 1,000 added to "
            "all returns, the weights are nearly equal.",
            "None: only differences matter.": "In PoWER they do not: it weighs by the "
            "return itself.",
        },
        answer=right,
    )


def everybody_elite() -> Predict:
    """What the mean does when the whole population is the elite."""
    right = "It stays near its start, moved by chance alone."
    return quiz(
        "CEM with ρ = 1 on a slope: what does the mean do?",
        {
            "It goes up faster: more candidates take part.": "They all take part with "
            "the same weight, the bad candidates too.",
            right: "Yes. If everybody is in the elite, no return has an influence.",
            "It goes down.": "Nothing prefers down either.",
        },
        answer=right,
    )


def why_it_stretches() -> Predict:
    """Why CMA-ES widens its population along a slope."""
    right = (
        "It measures the good candidates about the old mean, so its own step counts as "
        "spread."
    )
    return quiz(
        "Why does CMA-ES stretch along a slope, where CEM shrinks?",
        {
            "It adds noise to the variance.": "It does not. Noisy CEM does.",
            right: "Yes: the equation differs from CEM's covariance by the square of "
            "the step.",
            "It has more candidates.": "On the ridge all methods had 24.",
        },
        answer=right,
    )


def out_of_reach() -> Predict:
    """What helps when the top lies beyond the limit of travel."""
    right = "Twice the σ₀."
    return quiz(
        "The top is five σ₀ away on a smooth slope, and CEM with ρ = 0.1 has no noise. "
        "What helps?",
        {
            "More generations.": "The sum of all further steps is known: together they "
            "make less than three σ₀.",
            "A larger population.": "It makes the closed form more exact, and the "
            "closed form says 2.98.",
            right: "Yes: the travel is 2.98 σ₀, and this is now 5.96 of the old σ₀. A "
            "little noise helps too.",
        },
        answer=right,
    )

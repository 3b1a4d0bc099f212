"""The questions of the chapter *Domain confusion*."""

from __future__ import annotations

from collections.abc import Mapping

from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import Interval, mean_of_seeds
from lecture_code.figures.observations.domain_confusion.comparisons import all_runs
from lecture_code.figures.observations.domain_confusion.lengths import (
    length_numbers,
    lengths_table,
)
from lecture_code.figures.observations.domain_confusion.numbers import (
    cause_numbers,
    numbers,
    random_numbers,
)
from lecture_code.figures.observations.domain_confusion.runs import (
    percent,
)
from lecture_code.figures.observations.domain_confusion.sweeps import (
    ALONE,
    missed_causes,
    pair_weights,
)
from lecture_code.observations.hook_scenes import PARTS
from lecture_code.show import Predict, Prose, predict, quiz
from lecture_code.show.page import Shown

AFTER_RUNS = """
**After this training, weak pairs are ahead of “synthetic only”** by
{weak_minus_synthetic} points. With weak pairs success also depends less on the seed.

From here on, brackets hold a 95 % interval.
"""
AFTER_WEIGHTS = """
**Wrong pairs with a large weight do harm.** With ν = 1 random pairs reach
{random_mean} %.

With ν = {best_nu} they reach {best_random} %, about as much as weak
pairs (five seeds).

So random pairs also work if their weight is small. The result at ν = 1 does not prove
that we need mining.
"""
AFTER_LONGER = """
**The lead is lost when all train three times as long.** With 100 images and a constant
λ, weak pairs fall to {few_long} %, and “synthetic only” rises to {alone_long} %.

If each method has its better length, weak pairs lead by {better_lead} points. The
interval contains zero.

With more images and a λ that falls in the second half, weak pairs keep their lead. The
lead is then {long_lead} points.
"""
AFTER_CAUSES = """
**It is mostly the light.** With the light of the simulation, the same networks hit
{without_light} % in place of {as_it_is} % (five of the ten networks). The camera
matters for some of them.

**The colours help some networks and harm others.** Without the new colours single
networks move by up to {colours_most} points, and the mean falls by {colours_mean}.
Without the pattern, the blur or the noise no network moves by more than
{little_most} points.

**The answers are shifted.** We subtract the mean error, which is two numbers. Then the
networks hit {shifted_back} %. So the networks do see the hook. The head turns features
into a place, and it is the same head in both worlds. **So the same place gives other
features in the “real” world, and the head does not know this.**

We know the mean error only because we have labels for “real” images.
"""
PART_NAMES = {
    "colours": "The colours",
    "pattern": "The pattern on the board",
    "light": "The light: from one side, and a little darker",
    "blur": "The blur",
    "noise": "The noise",
    "camera": "The camera, turned and shifted",
}
UNLABELLED = ("random pairs", "confusion alone", "weak pairs")
"""The rows that learn from 100 unlabelled images; the best two are named."""
GUESSES = (10, 35, 90)
"""Options of `first_guess` beside the success of `START` [%]."""
START = "synthetic only"


def which_part(result: Result) -> Predict:
    """Which part of the "real" look does most of the harm?

    Args:
        result: `domain_confusion_causes`; the answer follows from it.
    """
    harm = {
        part: float(percent(result.curves, ALONE, f"without {part}").mean())
        for part in PARTS
    }
    worst = max(PARTS, key=lambda part: harm[part])
    return predict(
        "Which part of the “real” look does most of the harm? One part at a time is "
        "taken away, and the same networks look again.",
        [PART_NAMES[part] for part in PARTS],
        answer=PARTS.index(worst),
        because=f"Without it the networks hit {harm[worst]:.0f} %.",
        then=[
            missed_causes(result),
            Prose(filled(AFTER_CAUSES, cause_numbers(result))),
        ],
    )


def lead_in_words(first: str, second: str, lead: Interval) -> Prose:
    """The lead of the best row over the second one [points]."""
    verb = "are" if first.endswith("pairs") else "is"
    value, low, high = (
        f"{round(number)}".replace("-", "−")
        for number in (lead.value, lead.low, lead.high)
    )
    said = "It does not contain zero."
    if lead.low <= 0:
        said = "It contains zero, so ten networks cannot say which is better."
    return Prose(
        f"{first.capitalize()} {verb} ahead of {second} by {value} points.\n\n"
        f"The 95 % interval goes from {low} to {high} points. {said}"
    )


def filled(text: str, words: Mapping[str, str]) -> str:
    """The text with its words, and no line break before a percent sign."""
    return text.format(**words).replace(" %", "\N{NO-BREAK SPACE}%")


def first_guess(
    result: Result,
    weights: Mapping[str, Result],
    lengths: Mapping[str, Result],
) -> Predict:
    """How many hooks does a network find that learns from random pairs?

    The answer is the option next to the mean success of random pairs.

    Args:
        result: `domain_confusion`; the answer follows from it.
        weights: random pairs with other ν, see `sweeps.by_weight`.
        lengths: see `lengths.of_lengths`.
    """
    runs = {arm: percent(result.curves, arm) for arm in UNLABELLED}
    order = sorted(UNLABELLED, key=lambda arm: float(runs[arm].mean()), reverse=True)
    lead = mean_of_seeds(runs[order[0]] - runs[order[1]])
    start = round(percent(result.curves, START).mean())
    guesses = sorted((*GUESSES, start))
    random = float(runs["random pairs"].mean())
    answer = min(guesses, key=lambda guess: abs(guess - random))
    words = numbers(result) | random_numbers(weights) | length_numbers(lengths)
    return predict(
        f"Trained in the simulation alone, the network finds {start} % of the “real” "
        "hooks. Now it also learns with confusion (λ = 0.3) and *random* pairs "
        "(ν = 1): each “real” image and any synthetic one. With ν = 1, how many hooks "
        "does it find?",
        [f"About {guess} %" for guess in guesses],
        answer=guesses.index(answer),
        because=f"Random pairs with ν = 1 reach {random:.0f} %: they pull together "
        "hooks that are far apart.",
        then=[
            Prose(filled(AFTER_RUNS, words)),
            all_runs(result, weights),
            lead_in_words(order[0], order[1], lead),
            Prose(filled(AFTER_WEIGHTS, words)),
            pair_weights(weights),
            *longer_training(lengths),
        ],
        folds=True,
    )


def longer_training(results: Mapping[str, Result]) -> tuple[Shown, ...]:
    """The lead of weak pairs is lost in a longer training; who keeps the lead.

    Args:
        results: see `lengths.of_lengths`.
    """
    words = length_numbers(results)
    return (
        Prose(filled(AFTER_LONGER, words)),
        lengths_table(results),
    )


def which_parameters() -> Predict:
    """Which loss moves which parameters?"""
    right = "The domain loss moves only the classifier, confusion only the features."
    return quiz(
        "Which parameters does each of the two losses of the domain classifier move?",
        {
            "Both losses move both.": "Then the classifier would learn to be unsure "
            "by itself. Its confusion would say nothing about the features.",
            right: "Yes. So the classifier stays as good as it can be, and the "
            "features must do the work.",
            "The domain loss moves the features, confusion the classifier.": "Then "
            "features would learn to show where they are from.",
        },
        answer=right,
        hints=["Which of the two should try to find the domain, and which to hide it?"],
    )


def why_uniform() -> Predict:
    """Why are features not trained for a wrong answer of the classifier?"""
    right = "A classifier that is always wrong still knows the domain."
    return quiz(
        "The features could be trained so that the classifier is *wrong*. Why is the "
        "target of the confusion loss uniform instead?",
        {
            right: "Yes. Exchange its two answers, and it is always right. Only at "
            "q = ½ do the features say nothing about the domain.",
            "A uniform target is quicker to compute.": "All these losses are a "
            "cross-entropy and cost the same.",
            "Wrong answers would move the classifier.": "The classifier has its own "
            "loss and its own optimiser in both cases.",
        },
        answer=right,
        hints=["Exchange the two answers of a classifier that is always wrong."],
    )


def why_shift() -> Predict:
    """What happens with equal marginals if the target has other class shares?"""
    right = "Errors in both domains together are at least 40 %."
    return quiz(
        "Class B has a share of 50 % in the source and of 90 % in the target. The "
        "features have *exactly* the same distribution in both. What follows?",
        {
            "Nothing, since the features cannot tell the domains apart.": "This is why "
            "something follows: the head answers class B equally often in both.",
            right: "Yes. The head answers class B equally often in both domains. Yet "
            "class B is not equally frequent, and the difference must be errors.",
            "Errors in the target are exactly 40 %.": "The head may also make its "
            "errors in the source. Only the sum is bounded.",
        },
        answer=right,
        hints=[
            "How often does the head answer class B in the source, and how often "
            "in the target?"
        ],
    )


def why_standardise() -> Predict:
    """Which losses change if all features shrink?"""
    right = "Only the pair loss: it becomes 10,000 times smaller."
    return quiz(
        "Multiply all features by 0.01, without standardising them. In the first "
        "layers of the head and of the domain classifier, multiply the weights (not "
        "the biases) by 100. Which losses change?",
        {
            "All of them.": "Head and classifier read the product of features and "
            "weights. Has it changed?",
            right: "Yes. So a small pair loss does not say by itself that paired "
            "features agree. Standardised features cannot shrink. Whether training "
            "makes use of this, only runs can tell.",
            "None of them.": "The pair loss reads the features themselves, without "
            "any weights.",
        },
        answer=right,
        hints=["Which of the losses read features through weights?"],
    )

"""Two predictions about the grammar, and the questions at the end of the chapter."""

from __future__ import annotations

from lecture_code.experiments import Result
from lecture_code.figures.gradients.sequence_generation.families import (
    explore_gradients,
    family_curves,
    family_table,
    lead,
    lead_at_equal_time,
)
from lecture_code.figures.gradients.sequence_generation.grammar import (
    grammar_table,
    is_one_string,
    parse_and_variation,
    written_strings,
)
from lecture_code.show import Predict, Prose, predict, quiz


def predict_perfect(result: Result) -> Predict:
    """What does a parse rate of 100 % mean? Strings, dots and table are revealed."""
    stuck = int(is_one_string(result, "REINFORCE").sum())
    return predict(
        f"We train by REINFORCE from scratch, with {len(result.seeds)} seeds. In "
        f"{stuck} of them nearly every string parses at the end. What does G write?",
        [
            "Strings of all lengths: it has learnt the grammar",
            "Many different strings, but none longer than three symbols",
            "One and the same string, again and again",
        ],
        answer=2,
        because="In these seeds nearly every string is one and the same. D knows G's "
        "strings early, so every string gets a low reward. G keeps the string that D "
        "dislikes least.",
        then=[
            written_strings(result),
            parse_and_variation(result),
            Prose(GRAMMAR),
            grammar_table(result),
        ],
    )


GRAMMAR = """*The paper's softening limits G.* With 0.9 on the true symbol, the largest
entry of a softened symbol is wrong one time in ten. So only a third of the softened
*real* strings parse. With 0.99 the limit is far higher.

*Hard real strings show the leak.* D tells mixtures from pure symbols by their largest
entry. All five seeds learn five strings or fewer. One seed, trained three times as
long, learns seven.

*Annealing is not ahead of a fixed τ*: the seeds differ too much."""


def predict_families(result: Result, longer: Result) -> Predict:
    """Which family is better from a common start? Curves and tables are revealed.

    Args:
        result, longer: `sequence_families` and `sequence_families_long`.
    """
    behind = lead(result, PROPAGATED)
    return predict(
        "Now both families start from the same G, which has learnt by maximum "
        "likelihood for 50 steps. Which comes closer to the law of the strings?",
        [
            "The propagated gradient: it knows how D's answer changes",
            "The estimated gradient: it has no bias",
            "Neither: both stay at the start",
        ],
        answer=1,
        because="From this start no seed of REINFORCE ends with one string. Its total "
        f"variation is {-behind.value:.2f} [{-behind.high:.2f}, {-behind.low:.2f}] "
        "lower than that of the best propagated gradient. A propagated gradient does "
        "know how D's answer changes, but for mixtures. D's answer for mixtures can "
        "rise where its answer for strings falls.",
        then=[
            family_curves(result),
            family_table(result),
            Prose(family_words(result, longer)),
        ],
    )


PROPAGATED = "τ = 0.1, softened 0.99"
"""The best propagated arm from the common start."""


def family_words(result: Result, longer: Result) -> str:
    """What the table does not show."""
    behind = lead(longer, PROPAGATED)
    timed = lead_at_equal_time(result, PROPAGATED)
    return f"""*At equal time* the lead is {-timed.value:.2f} [{-timed.high:.2f},
{-timed.low:.2f}]. Roll-outs double a step's time.

*With three times as many steps* REINFORCE is ahead by {-behind.value:.2f}
[{-behind.high:.2f}, {-behind.low:.2f}]. But on average both are further from the law
than before: stop a training by its total variation."""


def predict_gradients(result: Result) -> Predict:
    """Whose mean gradient points the right way? Eight ways are revealed."""
    repeats = result.settings["repeats"]
    return predict(
        "We stop a training after a quarter of its steps, and hold G and D fixed. One "
        f"batch's gradient is noisy, so we average {repeats} of them. Whose mean "
        "has the direction of the gradient of "
        f"{result.settings['yardstick']:,} strings?",
        [
            "That of the Gumbel-softmax: it knows how D's answer changes",
            "All of them: noise averages out",
            "REINFORCE's in all seeds; the other ways' in some seeds only",
        ],
        answer=2,
        because="Noise averages out, but bias does not. A training also averages, over "
        "many small steps. A single batch of the Gumbel-softmax is often as good as "
        "one of REINFORCE, above all early in the training: move to 5 %.",
        then=explore_gradients(result),
    )


def quiz_flat() -> Predict:
    """Why not simply differentiate?"""
    return quiz(
        "D is differentiable and G is differentiable. Why can G not follow the "
        "gradient of D through a written symbol?",
        {
            "The gradient is too large": "Look at one draw: what is the slope of a "
            "stair between its steps?",
            "D's weights change during training": "They do, in every GAN. Hold D "
            "fixed: is there a gradient now?",
            "The symbol does not change if a logit changes a little": "Yes. The "
            "argmax is constant around almost every point, so its derivative is zero.",
        },
        answer="The symbol does not change if a logit changes a little",
    )


def quiz_rollout() -> Predict:
    """What does a roll-out keep?"""
    return quiz(
        "Your roll-outs for the third symbol keep two symbols and draw the third "
        "again. What does G learn?",
        {
            "It learns nothing from the third symbol that it wrote": "Yes. Every "
            "third symbol gets the same value on average, whatever it is.",
            "The same, only more slowly": "The mean reward no longer depends on the "
            "third symbol. What is left of the signal?",
            "It learns the wrong sign": "For that a good symbol would need a lower "
            "value than a bad one.",
        },
        answer="It learns nothing from the third symbol that it wrote",
    )


def quiz_parse() -> Predict:
    """Which number reveals a collapse?"""
    return quiz(
        "A colleague reports a parse rate of 100 %. Which number do you ask for first?",
        {
            "The accuracy of D": "A trained D may be fooled or too weak. It belongs "
            "to the training.",
            "The number of different strings": "Yes. One valid string for ever has a "
            "parse rate of 100 %, too.",
            "The parse rate of a second seed": "Useful, but it can be 100 % again for "
            "the same reason.",
        },
        answer="The number of different strings",
    )


def quiz_temperature() -> Predict:
    """What must every new generator be compared with?"""
    return quiz(
        "A new method lowers the NLL of its strings under the oracle. What must it be "
        "compared with?",
        {
            "With maximum likelihood at τ = 1 only": "A lower temperature also lowers "
            "this number. It takes no training at all.",
            "With random strings": "Almost any model beats random strings.",
            "With maximum likelihood at every temperature, at equal NLL of real data": (
                "Yes. Then both pay the same for the strings that they leave out."
            ),
        },
        answer="With maximum likelihood at every temperature, at equal NLL of real "
        "data",
    )

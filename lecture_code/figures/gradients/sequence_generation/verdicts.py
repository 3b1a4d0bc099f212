"""Four predictions about learning from a verdict: one symbol's value, a temperature as
a rival, a loop without teacher forcing, and why SeqGAN fails with 100 tokens.
"""

from __future__ import annotations

from lecture_code.experiments import Result
from lecture_code.experiments.gradients.sequence_generation.oracle import (
    against_temperature,
    change_from_start,
    end_values,
    standard_errors_below_start,
)
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.gradients.sequence_generation.causes import (
    EXACT,
    FRESH,
    cause_picture,
    last_mean,
)
from lecture_code.figures.gradients.sequence_generation.dialogue import (
    dialogue_curves,
    dialogue_table,
)
from lecture_code.figures.gradients.sequence_generation.oracle import (
    change,
    explore_plane,
    interval_in_words,
    oracle_table,
)
from lecture_code.figures.gradients.sequence_generation.rollouts import viewer
from lecture_code.gradients.sequence_gan import SequenceGanState
from lecture_code.show import Predict, Prose, predict


def predict_value(state: SequenceGanState) -> Predict:
    """Where does Q fall? The roll-outs of three strings are revealed.

    Args:
        state: a SeqGAN on the grammar, whose D has learnt.
    """
    return predict(
        "G has written x+x*+x-x. We roll out each prefix 32 times and ask D. Where "
        "does Q fall?",
        [
            "It falls evenly: D judges the whole string",
            "At the fifth symbol, the second operator in a row",
            "At the last symbol: only there the string is finished",
        ],
        answer=1,
        because="After x+x* a roll-out can still become a valid string. After x+x*+ "
        "none can, and D has learnt this. Look at *no mistake* with one roll-out: Q "
        "jumps.",
        then=viewer(state),
    )


def predict_temperature(small: Result, longer: Result) -> Predict:
    """Does SeqGAN get better than its start, and than a temperature? The plane of both
    NLLs is revealed.

    Args:
        small, longer: `sequence_oracle_small` and `sequence_oracle_small_long`.
    """
    gained = change_from_start(small.curves, "roll-outs", "oracle")
    errors = standard_errors_below_start(small.curves, "roll-outs")
    return predict(
        f"SeqGAN trains for {small.settings['base']['rounds']} rounds. A rival trains "
        "nothing. It divides the logits of the start by a temperature below one, until "
        "it has the same NLL of real data as SeqGAN. Who lowers the NLL under the "
        "oracle?",
        ["Only SeqGAN", "Only the temperature", "Both, by about as much"],
        answer=2,
        because=f"SeqGAN ends {-gained.value:.2f} nats per token below its start: "
        f"{errors:.1f} standard errors, and lower in every seed. So D's answers do "
        "teach G. A constant reward and a random reward do not. But the temperature "
        "gets as low, and it costs no training.",
        then=[
            explore_plane(small),
            oracle_table(small),
            Prose(small_words(small, longer)),
        ],
    )


def small_words(small: Result, longer: Result) -> str:
    """What the controls of the small task say."""
    behind = mean_of_seeds(
        end_values(small.curves, "roll-outs", "oracle")
        - end_values(small.curves, EXACT, "oracle")
    )
    rounds, more = (found.settings["base"]["rounds"] for found in (small, longer))
    return f"""*How good can this loop be?* The exact judge knows the probabilities of
the oracle and of G. No D can tell real from written better. With it G is
{behind.value:.2f} nats lower after {rounds} rounds. After {more} rounds SeqGAN has
caught up: the interval of the difference contains zero. So D's mistakes cost time.
SeqGAN is then still level with the temperature.

We first tried a larger task, where SeqGAN was slow: see *Where it breaks*. We chose
this one on seeds that are not shown."""


def predict_cause(
    small: Result, larger: Result, longer: Result, causes: Result
) -> Predict:
    """Why is SeqGAN slow with 100 tokens? Removed causes are revealed.

    Args:
        small, larger, longer, causes: `sequence_oracle_small`, `sequence_oracle`,
            `sequence_oracle_long` and `sequence_oracle_causes`.
    """
    gained = change_from_start(causes.curves, EXACT, "oracle")
    ranked = last_mean(causes, FRESH, "agreement")
    ranked_small = last_mean(small, "roll-outs", "agreement")
    return predict(
        "We change one thing at a time, for as many rounds. With which change does "
        "G get better?",
        [
            "New sequences for D in every round, so that it can remember none",
            "The exact judge in the place of D",
            "Neither: the policy gradient is too noisy here",
        ],
        answer=1,
        because="With the exact judge the same policy gradient ends "
        f"{-gained.value:.2f} nats per token below the start. So the gradient works. "
        "With new sequences nothing gets better. What fails is D's judgement of G's "
        "own sequences. The rank correlation of D's answers with the exact ones is "
        f"{ranked.value:.2f}. In the small task it is {ranked_small.value:.2f}.",
        then=[
            cause_picture(small, larger, longer, causes),
            oracle_table(larger, causes),
            Prose(cause_words(longer, causes)),
        ],
    )


def cause_words(longer: Result, causes: Result) -> str:
    """What the other rows with 100 tokens say."""
    right, exact = (
        100 * last_mean(causes, arm, "right").value for arm in (FRESH, EXACT)
    )
    ahead = against_temperature(longer.curves, "roll-outs").value
    gained = mean_of_seeds(-change(longer, "roll-outs", "oracle"))
    return f"""*With three times as many rounds* SeqGAN is {interval_in_words(gained)}
nats
per token below its start.

But a temperature at equal NLL of real data is {ahead:.2f} lower.

*How good is D?* It is right for {right:.0f} % of new sequences, and the
exact judge for {exact:.0f} %. But to tell real from written is not enough: D must order
what G writes. We did not test a larger D.

*A temperature is better than the exact judge*: at equal NLL of real data its NLL under
the oracle is lower. If the judge's log-odds are divided by four (*softened*), the
interval of the difference contains zero. But in one seed G then writes few different
pairs.

*A constant reward* has the expected gradient zero. Still G drifts: what is drawn
becomes more likely. In one seed the NLL under the oracle fell far, and in others it
rose. So one seed proves nothing. Without a baseline, as in the paper, SeqGAN
does not get better, either."""


def predict_teacher(result: Result, credit: Result) -> Predict:
    """What does the loop do without teacher forcing? Curves and table are revealed.

    Args:
        result, credit: `sequence_dialogue` and `sequence_dialogue_credit`.
    """
    turns = result.settings["turns"]
    return predict(
        "We leave out teacher forcing, line 10, at the same rate. What becomes of G in "
        f"{turns} turns?",
        [
            "It moves away from what people say",
            "It learns faster: nothing holds it back any more",
            "Nothing changes: D knows people's answers",
        ],
        answer=0,
        because="In nine of ten trainings at most one answer in seven fits its "
        "question at the end. In the tenth, four in five answers are “i do not know”. "
        "D's mistakes lead G away, and no human answer leads G back.",
        then=[
            dialogue_curves(result),
            dialogue_table(result, credit),
            Prose(DIALOGUE),
        ],
    )


DIALOGUE = """*D's mistakes are the cause.* In the last three rows a judge replaces D,
again without teacher forcing. It knows how probable each answer is for people and for
G. Now most answers fit in every seed. REGS with prefixes also gets better in every
seed. The two other rows do not: see *Who deceives a fresh judge?*

*Is REGS ahead of REINFORCE?* With teacher forcing the seeds show no difference, and
none between REINFORCE and maximum likelihood alone. With the knowing judge alone, REGS
with prefixes is ahead: see above the table.

*Is the dull answer gone?* No. In every arm that does not collapse it is still the
likeliest for nearly every question. That is the law of this language."""

"""Three predictions about learning from a verdict: one symbol's value, a temperature as
a rival, and a loop without teacher forcing.
"""

from __future__ import annotations

from lecture_code.experiments import Result
from lecture_code.experiments.gradients.sequence_generation.oracle import (
    against_temperature,
)
from lecture_code.figures.gradients.sequence_generation.dialogue import (
    dialogue_curves,
    dialogue_table,
)
from lecture_code.figures.gradients.sequence_generation.oracle import (
    explore_plane,
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
        "none can, and D has learnt this. So the blame falls on the symbol that is "
        "wrong. One reward for the whole string would blame all symbols alike. Move "
        "the slider, and try a single roll-out: Q is then very noisy.",
        then=viewer(state),
    )


def predict_temperature(result: Result) -> Predict:
    """Does SeqGAN beat a temperature? The plane of both NLLs is revealed."""
    behind = against_temperature(result.curves, "roll-outs")
    return predict(
        f"SeqGAN trains for {result.settings['rounds']} rounds. A rival trains "
        "nothing. It divides the logits of the start by a temperature below one, until "
        "it has the same NLL of real data as SeqGAN. Whose NLL under the oracle is "
        "lower?",
        [
            "That of SeqGAN: it has learnt from D what is wrong",
            "That of the temperature",
            "Both are as low: both pay the same for real data",
        ],
        answer=1,
        because=f"The temperature is lower by {behind.value:.2f} nats per token "
        f"[{behind.low:.2f}, {behind.high:.2f}]. Move it: the grey star goes far down "
        "and hardly to the right. D does find mistakes here, but SeqGAN mends few of "
        "them.",
        then=[explore_plane(result), oracle_table(result), Prose(ORACLE)],
    )


ORACLE = """*We planned to show that SeqGAN gets below its start. This failed.* The
interval of its change contains zero. One seed, trained three times as long, ended near
its start, too. The paper's networks, vocabulary and number of rounds are larger. So we
do not say that SeqGAN cannot work.

*The controls.* A constant reward knows nothing of the data, and its expected gradient
is zero. Still G drifts: what is drawn becomes more likely. In one seed its NLL under
the oracle fell far. In others it rose, and the NLL of real data always rose. One lucky
seed could sell a reward that knows nothing."""


def predict_teacher(result: Result) -> Predict:
    """What does the loop do without teacher forcing? Curves and table are revealed."""
    turns = result.settings["turns"]
    return predict(
        "We leave out teacher forcing, line 10, at the same rate. What becomes of G in "
        f"{turns} turns?",
        [
            "It learns faster: nothing holds it back any more",
            "It moves away from what people say",
            "Nothing changes: D knows people's answers",
        ],
        answer=1,
        because="In all seeds its answers hardly ever fit any more. D only judges "
        "what G writes, so it never shows G a better answer. And D is wrong in places. "
        "G finds these places.",
        then=[dialogue_curves(result), dialogue_table(result), Prose(DIALOGUE)],
    )


DIALOGUE = """*D's mistakes are the cause.* In the last row D is replaced by a judge
that knows both laws. With the same loop, the same rate and no teacher forcing, G now
gets better. A learnt D at a much lower rate does no harm, and it does not help.

*With teacher forcing all trainings end close together.* We planned to show that REGS is
ahead of REINFORCE. The seeds show no difference."""

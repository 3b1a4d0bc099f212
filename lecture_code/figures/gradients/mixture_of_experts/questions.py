"""What the chapter asks: three predictions, and four questions at its end."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from lecture_code.experiments import Result
from lecture_code.figures.gradients.mixture_of_experts.balance import (
    ablation_table,
    load_by_weights,
)
from lecture_code.figures.gradients.mixture_of_experts.capacity import marked_passage
from lecture_code.figures.gradients.mixture_of_experts.gate import LOGITS, gate_by_hand
from lecture_code.figures.gradients.mixture_of_experts.lengths import (
    lengths_table,
    weights_over_steps,
)
from lecture_code.figures.gradients.mixture_of_experts.price import price_of_experts
from lecture_code.figures.gradients.mixture_of_experts.training import work_shares
from lecture_code.show import Explore, Predict, Prose, explore, predict, quiz


def predict_return(shares: Tensor, idle: Tensor, idle_at_end: Tensor) -> Predict:
    """What becomes of the idle experts if the training is four times as long?

    Args:
        shares: share of the examples of each expert in each step, (steps, n).
        idle: which experts are idle after a quarter of the steps, (n,).
        idle_at_end: which experts are idle after all steps, (n,).
    """
    steps, n = shares.shape
    still, of = int((idle & idle_at_end).sum()), int(idle.sum())
    return predict(
        f"After {steps // 4} training steps {of} of the {n} experts are idle: each "
        "gets less than a tenth of a fair share. We train four times as long. What "
        "becomes of the work?",
        [
            "Most of the idle experts come back",
            "Mostly the same experts are idle, and hardly any other becomes idle",
            "More and more experts become idle, until two do all the work",
        ],
        answer=1,
        because=f"At the end {still} of these {of} are still idle, and "
        f"{int(idle_at_end.sum())} experts in all. The common component makes the same "
        "few logits the largest for nearly all examples, before anything has been "
        "learnt. An expert that is asked learns, so its answers improve and it is "
        "asked again. An expert that is not asked gets no gradient.",
        then=work_shares(shares, every=steps // 100),
    )


def predict_close_race() -> Predict:
    """How often does noise choose the sixth expert? The gate with its three sliders is
    revealed.
    """
    gate = explore(
        gate_by_hand,
        k=[1, 2, 3, 6],
        noise=[0.0, 0.3, 1.0, 3.0],
        logits=list(LOGITS),
        start={"k": 2, "noise": 1.0, "logits": "close race"},
        labels={
            "k": "experts kept, k",
            "noise": "standard deviation of the noise",
            "logits": "the six logits",
        },
    )
    return predict(
        "A close race: six logits from 0.5 down to 0, and two are kept. Without noise "
        "the sixth expert is never asked. Now every logit gets noise of standard "
        "deviation 1, drawn again for each example. How often is the sixth expert "
        "asked?",
        [
            "Hardly ever: its logit is the smallest",
            "About one time in four",
            "One time in three, like every expert: only the noise decides",
        ],
        answer=1,
        because="The first logit is only half a standard deviation higher. So the "
        "sixth expert is often asked, but the first more often: see the panel on the "
        "right. Change the noise. With k = 6 the gate is the dense softmax. With k = 1 "
        "the weight is one, whatever the logit is.",
        then=gate,
    )


def predict_much_balance(balances: Sequence[Result]) -> Predict:
    """What do weights of 1 cost? All pairs of weights are revealed.

    Args:
        balances: three lengths of training, the shortest first; the second has all
            nine pairs of weights.
    """
    short, long, longest = (f"{result.settings['steps']:,}" for result in balances)
    return predict(
        "We train with both weights at 0, at 0.1 and at 1. There are three trainings: "
        f"{short}, {long} and {longest} steps. With which weights is the loss on the "
        "test text largest?",
        [
            "No balance, after all three trainings",
            "Weights of 1, after all three trainings",
            "Weights of 1 after the shortest training, no balance after the others",
        ],
        answer=2,
        because="After the shortest training the large weights are worse than no "
        "balance, in all five seeds. After both longer trainings they are better, "
        "again in all seeds. The difference to weights of 0.1 shrinks, and after "
        "the longest training its interval contains zero. The paper reports that large "
        "weights cost next to nothing.",
        then=[
            weights_over_steps(balances),
            lengths_table(balances),
            Prose(f"After {long} steps:"),
            explore_balance(balances[1]),
            ablation_table(balances[1]),
            Prose(LESS_EVEN),
        ],
    )


LESS_EVEN = """After all three trainings the load is less even with weights of 1 than
with weights of 0.1. The paper reports about the same load for both. We have not tested
why."""


def explore_balance(balance: Result) -> Explore:
    """The sorted load, with both weights to choose."""
    weights = sorted(
        {weight for pair in balance.settings["weights"] for weight in pair}
    )
    return explore(
        lambda w_importance, w_load: load_by_weights(balance, w_importance, w_load),
        w_importance=weights,
        w_load=weights,
        start={"w_importance": 0.0, "w_load": 0.0},
        labels={
            "w_importance": "weight of the importance loss",
            "w_load": "weight of the load loss",
        },
    )


def explore_price(language: Result) -> Explore:
    """The costs of a layer, with the number of experts to choose."""
    return explore(
        lambda n: price_of_experts(language, n),
        n=language.settings["experts"],
        start={"n": 64},
        labels={"n": "number of experts"},
    )


def explore_passage(language: Result) -> Explore:
    """The marked passage, with the expert to choose."""
    return explore(
        lambda expert: marked_passage(language, expert),
        expert=list(range(1, 17)),
        start={"expert": 15},  # the text speaks of it
    )


def quiz_gradient() -> Predict:
    """How does the gradient reach the gate?"""
    right = "Through the weights of the chosen experts."
    return quiz(
        "The choice of the k experts is not differentiable. How does the task's "
        "gradient reach the gate?",
        {
            "Through the noise, because it makes the choice smooth.": "The noise makes "
            "the *load* smooth. The task's gradient exists without noise too.",
            right: "Yes. The weights are a softmax of the kept logits. The choice "
            "itself is held fixed.",
            "By the score function, as in REINFORCE.": "The score function estimates "
            "a gradient from rewards. Here the gradient is propagated.",
        },
        answer=right,
        hints=["Hold the choice fixed. Which quantities still depend on the logits?"],
    )


def quiz_one() -> Predict:
    """What does the gate learn with k = 1?"""
    right = "Nothing: it stays as it was at the start."
    return quiz(
        "You set k = 1 and w_importance = w_load = 0 and train. What does the gate's "
        "matrix W_g learn?",
        {
            "To choose the best expert.": "No gradient tells the gate how good the "
            "chosen expert was.",
            right: "Yes. The weight is one whatever the logit is, so the gradient is "
            "exactly zero. The experts learn all the same.",
            "To choose one expert for all examples.": "To do so, the matrix would have "
            "to change.",
        },
        answer=right,
        hints=["Write down the softmax of a single number, and its derivative."],
    )


def quiz_load() -> Predict:
    """Why are there two losses?"""
    right = "Two experts may have the same importance and very different loads."
    return quiz(
        "The importance is smooth already. Why does the paper use a second loss?",
        {
            right: "Yes. An expert may get few examples with weights near one, or many "
            "examples with small weights. Memory and time depend on the number.",
            "Because the importance is not differentiable.": "It is a sum of softmax "
            "weights, which is smooth as long as the choice stays the same.",
            "Both losses are the same up to a factor.": "Only if all weights are "
            "equal. Compare CV(Importance) and CV(load) in the table.",
        },
        answer=right,
        hints=["What decides how long an expert needs: weights, or examples?"],
    )


def quiz_sum() -> Predict:
    """Do the probabilities of one draw add up to k?"""
    right = "Not necessarily: only its mean over the noise is k."
    return quiz(
        "For one example you compute P(x, i) for all experts and add them up. Must the "
        "sum be k?",
        {
            "Yes, because exactly k experts are chosen.": "Exactly k experts are "
            "chosen in each draw. But each P(x, i) draws the noise of another expert "
            "again.",
            right: "Yes. The means are the probabilities to be chosen, and these add "
            "up to k.",
            "No, it must be one.": "The weights G add up to one. The values P are "
            "probabilities for k different places.",
        },
        answer=right,
    )

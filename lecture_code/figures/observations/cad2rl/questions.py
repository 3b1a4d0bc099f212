"""The self-check questions of the chapter *(CAD)²RL*."""

from __future__ import annotations

from lecture_code.show import Predict, quiz


def why_soft_labels() -> Predict:
    """Where is the loss smallest if a label is 0.6?"""
    right = "At Q = 0.6, and the loss there is not 0."
    return quiz(
        "A roll-out survives 3 of 5 steps, so y = 0.6. Where is the cross-entropy of "
        "eq. 2 smallest?",
        {
            "At Q = 1, because 0.6 is nearer to 1.": "There the second "
            "term of eq. 2 is infinite.",
            "At Q = 0.6, and the loss there is 0.": "Put Q = y into eq. 2. Is one of "
            "the two terms 0?",
            right: "Yes. The derivative by the logit of Q is Q − y. What is left of "
            "the loss is the entropy of y.",
        },
        answer=right,
        hints=["Write Q as a sigmoid, and derive the loss by the logit."],
    )


def alive_before() -> Predict:
    """What happens to y if alive is counted before each step?"""
    right = "Each aim that crashes gains a fifth, and the others stay."
    return quiz(
        "Somebody counts *alive* before each step, instead of after it. What happens "
        "to y, with H = 5 and γ = 1?",
        {
            "Nothing, because five steps are counted again.": "Which value has the "
            "first of them?",
            "Each aim gains a fifth.": "An aim that survives all steps has y = 1 "
            "before and after.",
            right: "Yes. Before the first step every robot is alive, so the step of "
            "the crash counts as survived. A crash in the last step is not even seen.",
        },
        answer=right,
        hints=["Write down both sums for an aim that crashes in its first step."],
    )


def which_limit() -> Predict:
    """What is the roll-out label for H = 1?"""
    right = "The free-space label, with a distance of one step."
    return quiz(
        "Set H = 1 in eq. 1. What is the label now?",
        {
            right: "Yes. No policy is left in it: the label only asks whether the way "
            "of one step is free.",
            "Always 1.": "An aim whose first step ends in a wall has the label 0.",
            "The label of the best aim.": "Each aim keeps its own label. The policy "
            "would choose the second step, and there is none.",
        },
        answer=right,
    )


def why_no_bootstrap() -> Predict:
    """Why does the label not use Q of the next state?"""
    right = "The simulator can fly the next H steps, so no estimate is needed."
    return quiz(
        "Q-learning takes the label of a state from Q of the next state. Why does "
        "(CAD)²RL not do this?",
        {
            right: "Yes. The label of eq. 1 has no error of Q in it. Q chooses the "
            "steps of the roll-out, but it does not say how they end.",
            "Q of the next state is unknown in a simulator.": "It could be computed "
            "from the next picture.",
            "The real robot could not do it.": "No label is made on the real robot.",
        },
        answer=right,
        hints=["Where do the errors of Q enter a bootstrapped label?"],
    )

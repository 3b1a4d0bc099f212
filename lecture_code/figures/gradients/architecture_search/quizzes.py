"""Four questions at the end of the chapter."""

from __future__ import annotations

from lecture_code.show import Predict, quiz


def quiz_differentiable() -> Predict:
    """What must be differentiable?"""
    return quiz(
        "A colleague trains her children on a machine that reports nothing but the "
        "accuracy. Can REINFORCE train the controller?",
        [
            "No: the gradient of the accuracy is missing",
            "Yes: only log P of the string is differentiated",
            "Only if the children are trained by gradient descent",
        ],
        answer=1,
        because="The reward enters as a number. The gradient is that of log P, which "
        "the controller computes itself. So the child may be trained in any way.",
    )


def quiz_baseline() -> Predict:
    """Which baseline makes the gradient too small?"""
    return quiz(
        "A batch has two children. Which baseline halves the mean of the gradient?",
        [
            "The reward of the other child",
            "The mean of both rewards",
            "The mean of the last hundred batches",
        ],
        answer=1,
        because="The mean of both rewards holds half of the child's own reward. The "
        "factor is 1 − 1/m, and m is 2. The other two baselines do not depend on the "
        "child whose reward they are subtracted from.",
    )


def quiz_winner() -> Predict:
    """What can be expected of the best of many runs?"""
    return quiz(
        "A search ends. The best of its 500 trainings reached 96 % on the validation "
        "images. You train this network again, with other first weights. What do you "
        "expect?",
        [
            "96 %: the network is the same",
            "Less than 96 %: it was chosen because it had luck, too",
            "More than 96 %: the search has improved it",
        ],
        answer=1,
        because="The network was chosen by a noisy number. The largest of many noisy "
        "numbers is too large on average. Train the answer again, with several seeds, "
        "before you report it.",
    )


def quiz_cube() -> Predict:
    """What does the cube change?"""
    return quiz(
        "The reward is the cube of the accuracy. What would change with the accuracy "
        "itself as the reward?",
        [
            "Another network would be the best",
            "The same network would be the best, but differences between good networks "
            "would count less",
            "The estimate of the gradient would have a bias",
        ],
        answer=1,
        because="The cube rises with the accuracy, so the order of the networks stays. "
        "Its slope is 3 a², which is largest near a = 1. A small difference between "
        "two good networks then moves the controller more. With three seeds for a "
        "network, the mean of the cubes can order two nearly equal networks "
        "differently than the mean accuracy does.",
    )

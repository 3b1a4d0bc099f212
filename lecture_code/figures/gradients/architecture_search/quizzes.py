"""Predictions about cells and update rules, and four questions at the end."""

from __future__ import annotations

from lecture_code.experiments import Result
from lecture_code.figures.gradients.architecture_search.cells import (
    comparison_table,
)
from lecture_code.figures.gradients.architecture_search.optimizers import (
    named_rank,
    named_rules_table,
    optimizer_numbers,
    rules_by_rank,
)
from lecture_code.show import Predict, Prose, predict, quiz


def predict_cells(result: Result, longer: Result) -> Predict:
    """Do the cells that were found beat the LSTM? The table is revealed.

    Args:
        result: `architecture_cells`.
        longer: three arms with more steps.
    """
    return predict(
        "The two cells that the searches found are trained anew, beside LSTM, GRU and "
        "the plain recurrent net. All have the same number of parameters. Which has "
        "the lowest perplexity on the test text?",
        ["The LSTM", "The GRU", "A cell that was found", "The plain recurrent net"],
        answer=2,
        because="Both cells that were found are ahead of the LSTM after 1,000 steps. "
        "The first cell is still ahead after 3,000.",
        then=[comparison_table(result, longer), Prose(cells_in_words(result))],
        folds=True,
    )


def cells_in_words(result: Result) -> str:
    """What the table does not say, with the widths of `architecture_cells`."""
    cell, lstm = (result.curves[arm]["width"] for arm in ("first cell", "LSTM"))
    return f"""This is a small model. If one product in a cell becomes a sum, the cell
falls behind the LSTM: see *Further*. A cell with two leaves has four matrices, and the
LSTM has eight. At the same number of parameters our cells are wider: {cell} units
against {lstm}. Perhaps they win because they are wider; we did not test this."""


def predict_rules(result: Result) -> Predict:
    """Where do the two found rules rank? Ranks and table are revealed."""
    rank, _, _ = named_rank(result, "PowerSign")
    numbers = optimizer_numbers(result)
    return predict(
        "Every rule trains a small network on digits for 200 steps, with a rate of its "
        f"own. Where do PowerSign and AddSign rank among {numbers['rules_different']} "
        "different rules?",
        [
            "First and second: a large search has found them",
            "In the best tenth, but not first",
            "In the worse half: they were found for other networks",
        ],
        answer=1,
        because=f"PowerSign has rank {rank:g}. A rank is not sharp: "
        f"{numbers['rules_near_best']} rules are within one "
        "point of the best. On five other seeds the length of the training decides "
        "whether they or gradient descent are ahead: see *Further*. The paper trained "
        "other networks for longer.",
        then=[rules_by_rank(result), named_rules_table(result)],
    )


def quiz_differentiable() -> Predict:
    """What must be differentiable?"""
    return quiz(
        "A colleague trains her children on a machine that reports nothing but the "
        "accuracy. Can REINFORCE train the controller?",
        {
            "No: the gradient of the accuracy is missing": "The reward enters as a "
            "number. Which probability is differentiated, and who computes it?",
            "Yes: only log P of the string is differentiated": "Yes. The controller "
            "computes log P and its gradient itself. The child may be trained in any "
            "way.",
            "Only if the children are trained by gradient descent": "How a child is "
            "trained does not enter the estimate. It needs one number of each child.",
        },
        answer="Yes: only log P of the string is differentiated",
    )


def quiz_baseline() -> Predict:
    """Which baseline makes the gradient too small?"""
    return quiz(
        "A batch has two children. Which baseline halves the mean of the gradient?",
        {
            "The reward of the other child": "This number does not depend on the child "
            "whose reward it is subtracted from. So the mean stays.",
            "The mean of both rewards": "Yes. Half of it is the child's own reward. "
            "The factor is 1 − 1/m, and m is 2.",
            "The mean of the last hundred batches": "These children were trained "
            "before. So the mean stays.",
        },
        answer="The mean of both rewards",
    )


def quiz_winner() -> Predict:
    """What can be expected of the best of many runs?"""
    return quiz(
        "The best of 500 trainings reached 96 % on the validation images. You train "
        "this network again, with other first weights. What do you expect?",
        {
            "96 %: the network is the same": "The network is the same, but its "
            "first weights are not. Why was this training the best of 500?",
            "Less than 96 %: it was chosen because it had luck, too": "Yes. The "
            "largest of many noisy numbers is too large on average. Train it again, "
            "with several seeds, before you report it.",
            "More than 96 %: the search has improved it": "The search chooses a "
            "string. It does not improve the training of this string.",
        },
        answer="Less than 96 %: it was chosen because it had luck, too",
    )


def quiz_cube() -> Predict:
    """What does the cube change?"""
    return quiz(
        "The reward is the cube of the accuracy. Each network has one fixed accuracy. "
        "What changes if the reward is the accuracy itself?",
        {
            "Another network is the best": "The cube rises with the accuracy. So the "
            "order of the networks is the same.",
            "Differences between good networks count less": "Yes. The slope of the "
            "cube is 3 a², which is largest near a = 1. Without the cube, a difference "
            "between two good networks moves the controller less.",
            "The estimate of the gradient gets a bias": "The estimate is right for any "
            "reward that is computed from the string.",
        },
        answer="Differences between good networks count less",
    )

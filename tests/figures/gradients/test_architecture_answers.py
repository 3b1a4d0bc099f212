"""The answers of the chapter on architecture search are what the results say."""

import numpy as np

from lecture_code.experiments.results import load_result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.gradients.architecture_search import play, quizzes, searches
from lecture_code.figures.gradients.architecture_search.optimizers import (
    SIGNS,
    named_rank,
    optimizer_numbers,
)


def test_the_answer_about_the_winner_is_what_the_result_says():
    """REINFORCE leads random search early and, by the plain answer, in the end; with
    the best strings trained again the interval holds zero; it asked for better strings.
    """
    result = load_result("architecture_searchers")
    points = list(result.settings["points"])

    def lead(kind, at, arm="REINFORCE, LSTM"):
        random = searches.regrets(result, "random strings", kind)[:, at]
        return mean_of_seeds(random - searches.regrets(result, arm, kind)[:, at])

    assert lead("confirmed", points.index(50)).low > 0
    assert lead("observed", -1).low > 0 and lead("found", -1).low > 0
    assert lead("confirmed", -1).low < 0 < lead("confirmed", -1).high
    assert lead("confirmed", -1, searches.PAPER).low < 0
    for arm in ("evolution", "local search"):
        assert lead("observed", -1, arm).low > lead("observed", -1).value
    question = play.predict_winner(result).question
    assert question.options[question.answer].startswith("Hardly lower")
    assert len(question.then) == 4


def test_the_two_found_rules_are_in_the_best_tenth_behind_gradient_descent():
    """The answer about update rules is what the committed ranks say."""
    result = load_result("architecture_optimizers")
    ranks = {name: named_rank(result, name)[0] for name in (*SIGNS, "SGD")}
    rules = int(optimizer_numbers(result)["rules_different"].replace(",", ""))
    assert ranks["SGD"] < min(ranks[name] for name in SIGNS)
    assert max(ranks[name] for name in SIGNS) < rules / 10
    assert "best tenth" in quizzes.predict_rules(result).question.options[1]


def test_a_found_cell_is_ahead_of_every_layer_of_torch():
    """The answer about cells: the paired interval to the LSTM leaves out zero, and the
    means of all of torch's layers are higher.
    """
    result = load_result("architecture_cells")
    test = {arm: np.array(curve["test"]) for arm, curve in result.curves.items()}
    found = [name for name, _ in result.settings["cells"]]
    for name in found:
        assert mean_of_seeds(test["LSTM"] - test[name]).low > 0
        assert all(test[name].mean() < test[arm].mean() for arm in test.keys() - found)
    question = quizzes.predict_cells(result).question
    assert question.options[question.answer] == "A cell that was found"


def test_on_other_seeds_the_order_of_the_sign_rules_turns():
    """The text on the second run: both sign rules lead SGD, and Adam leads both in the
    network with convolutions; each paired interval leaves out zero.
    """
    tasks = load_result("architecture_optimizers_transfer").curves
    short, convolution = (
        {rule: np.array(run["test"]) for rule, run in tasks[name].items()}
        for name in ("perceptron, 200 steps", "convolution, 200 steps")
    )
    for name in SIGNS:
        assert mean_of_seeds(short[name] - short["SGD"]).low > 0
        assert mean_of_seeds(convolution["Adam"] - convolution[name]).low > 0

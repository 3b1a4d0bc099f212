"""What must hold of the searches for a cell, and of the comparison of their finds."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

from lecture_code.data.corpus import FINGERPRINT
from lecture_code.experiments import load_result
from lecture_code.experiments.gradients.architecture_search.cells import (
    EXPERIMENTS,
    SEARCH,
    CellSearchRun,
    make_searcher,
    start_training,
)
from lecture_code.experiments.gradients.architecture_search.characters import (
    LISTENERS,
    STRETCH,
    cell_text,
    character_model,
    layer_maker,
    model_parameters,
)
from lecture_code.experiments.gradients.architecture_search.trained_cells import (
    COMPARISON,
    SEEDS,
    SUMS,
    CellTrainingRun,
    best_answers,
    summarise,
    twin,
)
from lecture_code.gradients.cell_formulas import KNOWN_CELLS
from lecture_code.gradients.recurrent_cells import CellTree, cell_space
from lecture_code.learning.characters import CharacterSettings, number_of_weights

pytestmark = pytest.mark.usefixtures("one_torch_thread")
SMALL = EXPERIMENTS[0].smoke
TINY = replace(
    COMPARISON, training=CharacterSettings(steps=3, rows=8, truncation=4), width=4
)


def finished(run):
    records = []
    while run.progress < 1:
        records.append(run.advance())
    return records, run.result()


# --- text and sizes ---


def test_the_three_parts_of_the_text_are_apart():
    """Invariance: eight, one and one of ten stretches, and no stretch of validation or
    test occurs in the training text.
    """
    text = cell_text(FINGERPRINT, 64)
    parts = [part.T.flatten() for part in (text.training, text.validation, text.test)]
    assert [len(part) for part in parts] == [72 * STRETCH, 9 * STRETCH, 9 * STRETCH]
    training = bytes(parts[0].to(torch.uint8).tolist())
    for part in parts[1:]:
        held = bytes(part.to(torch.uint8).tolist())
        assert held[:STRETCH] not in training and held[-STRETCH:] not in training
    assert parts[1].tolist() != parts[2].tolist()
    assert text.test.shape == (9 * STRETCH // LISTENERS, LISTENERS)


def test_all_arms_have_as_many_parameters():
    """Equation: the five models of the comparison differ by at most 2 % in size; the
    cells have the width of the settings.
    """
    how = COMPARISON.training
    parameters = model_parameters(KNOWN_CELLS["tanh RNN"], how, COMPARISON.width)
    assert len(COMPARISON.arms()) == 5
    for arm in COMPARISON.arms().values():
        model, width = character_model(arm, how, parameters, seed=0)
        assert number_of_weights(model) == pytest.approx(parameters, rel=0.02)
        if isinstance(arm, CellTree):
            assert width == COMPARISON.width


# --- searches ---


@pytest.mark.parametrize("name", SEARCH.searchers)
def test_a_search_pays_for_its_queries(name):
    """Conformance: as many children as queries, rewards that are c / perplexity², and
    the answer is the string with the highest of them.
    """
    records, result = finished(CellSearchRun(SMALL, name, seed=0))
    queries = [record for record in records if "string" in record]
    assert [record["string"] for record in queries] == result["strings"]
    assert len(queries) == SMALL.queries == len(result["perplexities"])
    run = CellSearchRun(SMALL, name, seed=0)
    run.perplexities = [8.0, 16.0]
    np.testing.assert_allclose(run.rewards(), [80 / 64, 80 / 256])
    best = int(np.argmin(result["perplexities"]))
    assert result["answer"] == result["strings"][best]


def test_the_searcher_learns_of_its_own_strings():
    """Conformance: evolution is told its whole first generation at once, and then one
    child at a time, each a neighbour of a string of the queue.
    """
    run = CellSearchRun(SMALL, "evolution", seed=0)
    sizes = []
    for _ in range(SMALL.queries):
        run.advance()
        sizes.append(run.queries.count)
    assert sizes == [0, 2, 3, 4]
    strings = run.queries.strings
    apart = (strings[2:, None] != strings[None, :2]).sum(axis=2)
    assert apart[0].min() == 1


def test_the_same_query_has_the_same_first_weights():
    """Invariance: paired searchers: query i of seed s gives two strings of one size the
    same first weights, and another query gives others.
    """
    strings = cell_space(2).uniform(2, np.random.default_rng(0))
    assert (strings[0] != strings[1]).any()
    models = [start_training(s, SMALL.child, SMALL, seed=7).model for s in strings]
    other = start_training(strings[0], SMALL.child, SMALL, seed=8).model
    assert torch.equal(models[0].layer.W, models[1].layer.W)
    assert not torch.equal(models[0].layer.W, other.layer.W)


def test_a_child_that_diverges_is_recorded():
    """Limit: a child whose loss is not finite has the largest perplexity and a record
    that a result can hold, and the search goes on.
    """
    string = [1, 0, 0, 3, 0, 0, 1, 0, 2, 0]  # c_t grows with the square of c_{t−1}
    how = replace(SMALL.child, rate=1e6, steps=4, truncation=64)
    run = CellSearchRun(replace(SMALL, child=how), "random", seed=0)
    run.asked = np.array([string])
    assert run.advance()["loss"] is None
    assert run.perplexities == pytest.approx([97]) and run.queries.count == 1


def test_a_string_that_is_trained_twice_gets_two_rewards():
    """Invariance: two queries of one string in one search have different first weights,
    and so different perplexities.
    """
    run = CellSearchRun(SMALL, "random", seed=0)
    run.asked = np.tile(KNOWN_CELLS["one gate"].string(), (2, 1))
    first, second = run.advance(), run.advance()
    assert first["string"] == second["string"] and run.queries.distinct == 1
    assert run.perplexities[0] != run.perplexities[1]


@pytest.mark.parametrize("name", SEARCH.searchers)
def test_a_search_goes_on_after_a_checkpoint(name):
    """Determinism: a search that is pickled after each step ends as one that is not,
    and a checkpoint holds no text.
    """
    straight = finished(CellSearchRun(SMALL, name, seed=1))
    run = CellSearchRun(SMALL, name, seed=1)
    records = []
    while run.progress < 1:
        records.append(run.advance())
        checkpoint = pickle.dumps(run)
        run = pickle.loads(checkpoint)
        assert len(checkpoint) < 300_000
    assert (records, run.result()) == straight


# --- the comparison ---


def test_the_rate_is_chosen_by_the_validation_text():
    """Negative control: made-up trainings whose test text prefers another rate: the
    rate with the best validation is taken, and no other test perplexity is told.
    """
    results = {}
    for arm in COMPARISON.arms():
        for rate in COMPARISON.rates:
            for seed in COMPARISON.seeds:
                validation = 5 + abs(rate - 0.03) + 0.01 * seed
                results[f"{arm}/{rate:g}/{seed}"] = {
                    "validation": validation,
                    "test": 100 * rate + seed,
                    "parameters": 1,
                    "width": 1,
                }
    curves, _ = summarise(COMPARISON, results)
    for curve in curves.values():
        assert curve["rate"] == 0.03
        assert curve["test"] == [3.0 + seed for seed in COMPARISON.seeds]
        assert set(curve["validation"]) == {"0.003", "0.01", "0.03", "0.1"}


def test_a_twin_computes_the_same():
    """Invariance: with their weights exchanged, a random cell and its twin have the
    same outputs, and the twin of the twin is the cell itself.
    """
    x = torch.randn(3, 2, 5, generator=torch.Generator().manual_seed(0))
    different = 0
    for string in cell_space(2).uniform(20, np.random.default_rng(0)):
        other = twin(tuple(string.tolist()))
        assert twin(other) == tuple(string.tolist())
        different += other != tuple(string.tolist())
        cell, copy = (
            layer_maker(CellTree.from_string(np.array(s)))(
                5, 4, torch.Generator().manual_seed(1)
            )
            for s in (string, other)
        )
        with torch.no_grad():
            copy.W.copy_(cell.W.flip(0))
            copy.V.copy_(cell.V.flip(0))
        torch.testing.assert_close(copy(x)[0], cell(x)[0])
    assert different > 10


def test_the_best_answers_are_cells_that_differ():
    """Equation: sorted by the long training; an equal cell or a twin is left out."""
    one = KNOWN_CELLS["one gate"].string().tolist()
    other = KNOWN_CELLS["worked example"].string().tolist()
    third = KNOWN_CELLS["tanh RNN"].string().tolist()
    searches = {
        "a": {"trained": [5.0, 7.0], "answer": [one, other]},
        "b": {"trained": [5.5, 6.0], "answer": [list(twin(tuple(one))), third]},
    }
    assert best_answers(searches) == [tuple(one), tuple(third), tuple(other)]


def test_the_cells_of_the_comparison_are_the_answers_of_the_search():
    """Conformance: the two strings of the settings are the two best answers of the
    committed searches.
    """
    best = best_answers(load_result("architecture_cell_search").curves)
    assert [string for _, string in COMPARISON.cells] == best[:2]


def test_the_sums_change_one_token():
    """Conformance: each cell with a sum differs from its cell in one token, which was a
    product; grid, seeds and steps are the same.
    """
    pairs = zip(COMPARISON.cells, SUMS.cells, strict=True)
    names = [token.name for token in cell_space(2).tokens]
    changed = [
        [(names[t], old[t], new[t]) for t in range(len(names)) if old[t] != new[t]]
        for (_, old), (_, new) in pairs
    ]
    assert changed == [[("combine_1", 1, 0)], [("inject_combine", 1, 0)]]
    same = replace(SUMS, cells=COMPARISON.cells, layers=COMPARISON.layers)
    assert same == COMPARISON


def test_no_query_had_the_weights_of_the_comparison():
    """Invariance: the seeds of the comparison are beyond those of all children."""
    assert 1000 * max(SEARCH.seeds) + SEARCH.queries < SEEDS


@pytest.mark.parametrize("arm", ["first cell", "GRU"])
def test_a_training_goes_on_after_a_checkpoint(arm):
    """Determinism: a training that is pickled after its first step ends as one that is
    not; another seed ends elsewhere.
    """
    straight = finished(CellTrainingRun(TINY, arm, 0.03, seed=0))
    run = CellTrainingRun(TINY, arm, 0.03, seed=0)
    first = run.advance()
    run = pickle.loads(pickle.dumps(run))
    records, result = finished(run)
    assert ([first, *records], result) == straight
    other, _ = finished(CellTrainingRun(TINY, arm, 0.03, seed=1))
    assert other != [first, *records]


def test_bad_input_is_named():
    """Errors name the culprit and the alternatives."""
    with pytest.raises(ValueError, match="'local'; there are: random, evolution"):
        make_searcher("local", SEARCH)
    with pytest.raises(ValueError, match="'NAS'; there are: tanh RNN, GRU, LSTM"):
        layer_maker("NAS")

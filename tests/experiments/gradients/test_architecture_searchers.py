"""What must hold of the comparison of searchers: its repeats, and its tests."""

import pickle
from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest

from lecture_code.experiments.gradients.architecture_search import single_search
from lecture_code.experiments.gradients.architecture_search.searchers import (
    EDGES,
    EXACT,
    LONG,
    MAIN,
    SEARCHERS,
    TUNING,
    SearcherRun,
    chosen_by_tuning,
    paired_test,
    summarise,
)
from lecture_code.experiments.gradients.architecture_search.single_search import (
    WITHOUT_NOISE,
    SearcherChoice,
    one_search,
    payment,
    searcher_of,
    table_named,
)
from lecture_code.experiments.results import load_result
from lecture_code.gradients.child_networks import DIGIT_SPACE

pytestmark = pytest.mark.usefixtures("one_torch_thread")

SHORT = replace(
    MAIN, queries=60, points=(10, 35, 60), table="synthetic", seeds=(0, 1, 2)
)


def same(a, b):
    return a.keys() == b.keys() and all(np.array_equal(a[k], b[k]) for k in a)


@pytest.mark.parametrize("name", SEARCHERS)
def test_a_repeat_says_what_its_queries_say(name):
    """Conformance: the last regret is that of the answer; what was found is at least as
    good as what is confirmed, and this as the plain answer; the answer's observed
    accuracy is one of its seeds; only a controller has an entropy, at first that of a
    uniform choice; equal seeds give equal repeats, and others do not.
    """
    table = table_named("synthetic")
    outcome = one_search(SHORT, SEARCHERS[name], seed=3)
    answer = DIGIT_SPACE.every_string()[outcome["place"]][None]
    assert outcome["reward"].shape == (6,)
    assert outcome["observed"][-1] == table.regret(answer)[0]
    for less, more in pairwise(("found", "confirmed", "observed")):
        assert (outcome[less] <= outcome[more]).all()
    assert (np.diff(outcome["found"]) <= 0).all() and outcome["found"][0] > 0
    observed = table.values[outcome["place"]] + outcome["excess"]
    assert np.abs(table.validation[outcome["place"]] - observed).min() < 1e-12
    assert 6 < outcome["distinct"] <= 60
    first = np.log(DIGIT_SPACE.count) if name.startswith("REINFORCE") else 0
    assert outcome["entropy"][0] == pytest.approx(first, abs=0.2)
    assert same(outcome, one_search(SHORT, SEARCHERS[name], seed=3))
    assert not same(outcome, one_search(SHORT, SEARCHERS[name], seed=4))


@pytest.mark.parametrize("name", ["evolution", "REINFORCE, logits"])
def test_nothing_depends_on_the_test_accuracy(name, monkeypatch):
    """Invariance: with another test accuracy of every string the repeat is the same;
    with another validation accuracy it is not.
    """
    before = one_search(SHORT, SEARCHERS[name], seed=5)
    table = table_named("synthetic")
    other = {
        "test": replace(table, test=1 - table.test),
        "validation": replace(table, validation=table.validation[::-1]),
    }
    for part, changed in other.items():
        monkeypatch.setattr(single_search, "table_named", lambda name, t=changed: t)
        after = one_search(SHORT, SEARCHERS[name], seed=5)
        assert same(before, after) == (part == "test")


def test_without_noise_a_string_always_pays_its_mean():
    """Limit: twice the same string is twice the mean of its rewards, and what is
    observed is what is found; with noise a string pays one of its own rewards.
    """
    table = table_named("digits")
    strings = DIGIT_SPACE.every_string()[[700, 700, 3]]
    rows = DIGIT_SPACE.place(strings)
    paid = payment(WITHOUT_NOISE)(strings, np.random.default_rng(0))
    np.testing.assert_allclose(paid, (table.validation[rows] ** 3).mean(axis=1))
    noisy = payment("digits")(np.repeat(strings, 50, axis=0), np.random.default_rng(0))
    known = np.repeat(table.validation[rows] ** 3, 50, axis=0)
    assert np.isclose(noisy[:, None], known).any(axis=1).all()
    assert len(set(noisy[:100])) > 1
    quiet = replace(SHORT, table=WITHOUT_NOISE)
    outcome = one_search(quiet, SEARCHERS["random strings"], seed=3)
    np.testing.assert_allclose(outcome["observed"], outcome["found"], atol=5e-4)
    assert abs(outcome["excess"]) < 1e-3


def test_a_run_goes_on_after_a_checkpoint():
    """Determinism: a run that is pickled between two repeats has the same result."""
    straight, stopped = (SearcherRun(SHORT, SEARCHERS["evolution"]) for _ in range(2))
    while straight.progress < 1:
        stopped = pickle.loads(pickle.dumps(stopped))
        assert same(straight.advance(), stopped.advance())
    assert same(straight.result(), stopped.result())
    assert straight.result()["observed"].shape == (3, 3)


def test_the_tests_by_enumeration():
    """Oracle: the sign-flip test of eight pairs is the share of the 2⁸ changes of sign
    whose mean is as far from zero; the same numbers twice are no difference.
    """
    rng = np.random.default_rng(6)
    a = rng.normal(0.5, 1, 8)
    b = rng.normal(0, 1, 8)
    d = a - b
    means = [np.mean(np.array(signs) * d) for signs in product((1, -1), repeat=8)]
    share = np.mean(np.abs(means) >= abs(d.mean()) - 1e-12)
    test = paired_test(a, b)
    assert test["sign_flip"] == pytest.approx(share)
    assert test["difference"] == pytest.approx(d.mean())
    assert test["low"] < d.mean() < test["high"]
    nothing = paired_test(a, a)
    assert nothing["sign_flip"] == nothing["wilcoxon"] == 1
    assert paired_test(a + 5, b)["wilcoxon"] < 0.01


def test_equal_differences_stay_equal():
    """Invariance: rounding errors of 1e-17 change no p-value, and no difference."""
    rng = np.random.default_rng(7)
    a = rng.integers(0, 5, 40) / 2000
    b = rng.integers(0, 4, 40) / 2000
    noise = 1e-17 * rng.normal(size=40)
    assert (a == b).any() and paired_test(a, b) == paired_test(a + noise, b)


@pytest.mark.parametrize(
    "name",
    [
        "architecture_searchers",
        "architecture_searchers_long",
        "architecture_searchers_exact",
    ],
)
def test_the_committed_tests_follow_from_the_committed_regrets(name):
    """Conformance: the planned comparison of a result is that of its own regrets."""
    curves = load_result(name).curves
    first, other = (
        np.array(curves[searcher]["confirmed"])[:, -1]
        for searcher in ("REINFORCE, LSTM", "random strings")
    )
    test = curves["pairs"]["REINFORCE, LSTM minus random strings"]["confirmed"]
    assert test == pytest.approx(paired_test(first, other), rel=1e-5, abs=1e-9)


def test_every_searcher_is_compared_with_random_strings():
    """Equation: the summary's difference is that of the mean regrets after the last
    query.
    """
    settings = replace(
        SHORT, searchers={k: SEARCHERS[k] for k in ("random strings", "evolution")}
    )
    results = {}
    for name, choice in settings.searchers.items():
        run = SearcherRun(settings, choice)
        while run.progress < 1:
            run.advance()
        results[name] = run.result()
    curves, _ = summarise(settings, results)
    last = {name: np.mean(result["found"][:, -1]) for name, result in results.items()}
    pair = curves["pairs"]["evolution minus random strings"]["found"]
    assert pair["difference"] == pytest.approx(
        last["evolution"] - last["random strings"], abs=1e-5
    )
    assert abs(pair["difference"]) > 5e-5


def test_tuning_and_comparison_have_no_repeat_in_common():
    """Invariance: no setting is chosen on repeats that are reported; every searcher
    with settings was tuned on as many.
    """
    assert not {*TUNING.seeds, *EDGES.seeds} & {*MAIN.seeds, *LONG.seeds, *EXACT.seeds}
    kinds = [choice.kind for choice in TUNING.searchers.values()]
    assert kinds.count("evolution") == kinds.count("lstm") == kinds.count("logits") > 9
    tried = [*TUNING.searchers.values(), *EDGES.searchers.values()]
    tuned = [c for n, c in SEARCHERS.items() if n not in ("random strings", PAPER)]
    assert all(choice in tried for choice in tuned) and len(tuned) == 4


PAPER = "REINFORCE, paper's rate"


def test_the_settings_are_those_that_the_tuning_chose():
    """Conformance: each searcher runs with the best setting of the committed tuning,
    which does not lie at the edge of its grid, unless the edge is w = 0 or m = 1.
    """
    tunings = ("architecture_searchers_tuning", "architecture_searchers_edges")
    curves = {k: v for name in tunings for k, v in load_result(name).curves.items()}
    settings = {**TUNING.searchers, **EDGES.searchers}
    chosen = {kind: settings[n] for kind, n in chosen_by_tuning(curves).items()}
    for name, choice in SEARCHERS.items():
        if name not in ("random strings", PAPER):
            assert choice == chosen[choice.kind]
    for choice in chosen.values():
        family = [c for c in settings.values() if c.kind == choice.kind]
        for entry in ("population", "sample", "children", "rate", "entropy"):
            tried = sorted({getattr(c, entry) for c in family})
            inner = {*tried[1:-1], *([0.0] if entry == "entropy" else [])}
            inner |= {1} if entry == "children" else set()
            assert len(tried) == 1 or getattr(choice, entry) in inner, (choice, entry)


def test_unknown_words_are_named():
    """Bad input: an unknown kind and an unknown table are named."""
    with pytest.raises(ValueError, match="no kind of searcher 'annealing'"):
        searcher_of(SearcherChoice("annealing"), DIGIT_SPACE, np.random.default_rng(0))
    with pytest.raises(ValueError, match="table must be digits, digits without"):
        table_named("letters")

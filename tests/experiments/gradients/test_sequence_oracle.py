"""What must hold of the runs that compare SeqGAN with its start and with controls."""

import pickle
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from lecture_code.experiments import run_experiment
from lecture_code.experiments.gradients.sequence_generation.oracle import (
    ARMS,
    ORACLE,
    RATE,
    SMOKE,
    TRIED,
    against_temperature,
    at_equal_gen,
    change_from_start,
    end_values,
    runs,
    standard_errors_below_start,
)
from lecture_code.experiments.gradients.sequence_generation.oracle_measures import (
    ORACLE_MEASURES,
    distinct_pairs,
    oracle_measures,
    self_bleu,
    shared_grams,
)
from lecture_code.experiments.gradients.sequence_generation.oracle_runs import (
    CONTINUED,
    OracleRun,
    oracle_task,
)
from lecture_code.learning.recurrent import LanguageModel
from lecture_code.show.roll_out_viewer import RolledOut

pytestmark = pytest.mark.usefixtures("one_torch_thread")


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def finished(run):
    while run.progress < 1:
        run.advance()
    return run.result()


# --- measures ---


def test_self_bleu_is_one_for_copies_and_zero_for_strangers():
    """Limit: equal sequences share everything, those without a common pair nothing."""
    row = torch.arange(6)
    assert self_bleu(row.repeat(4, 1)) == pytest.approx(1)
    assert self_bleu(torch.stack([row, row + 10, row + 20])) == 0


def test_a_gram_counts_as_often_as_one_other_sequence_has_it():
    """Equation by hand: of 0 0 0 0 against 0 0 1 2 and 0 0 3 4, the pair 0 0 counts
    once in each row, so 3 of 9 pairs are found.
    """
    rows = [[0, 0, 0, 0], [0, 0, 1, 2], [0, 0, 3, 4]]
    assert shared_grams(rows, 2) == pytest.approx(3 / 9)
    assert shared_grams([[0, 1, 2], [5, 1, 2]], 2) == pytest.approx(2 / 4)


def test_self_bleu_is_a_geometric_mean():
    """Oracle: a plain loop over all pairs of sequences gives the same number."""
    rows = torch.randint(3, (30, 6), generator=generator(1)).tolist()
    product = 1.0
    for order in (2, 3, 4):
        grams = [[tuple(r[i : i + order]) for i in range(7 - order)] for r in rows]
        found = sum(
            min(own.count(g), max(o.count(g) for o in grams[:k] + grams[k + 1 :]))
            for k, own in enumerate(grams)
            for g in set(own)
        )
        product *= found / (30 * (7 - order))
    assert 0 < product < 1
    assert self_bleu(torch.tensor(rows)) == pytest.approx(product ** (1 / 3))


def test_distinct_pairs_by_hand():
    """Equation: 0 1 0 1 and 1 0 1 0 have six pairs, two of them different."""
    assert distinct_pairs(torch.tensor([[0, 1, 0, 1], [1, 0, 1, 0]])) == 2 / 6


def test_short_sequences_are_named():
    """Conformance: sequences without a 4-gram, or only one of them."""
    for shape in ((5, 3), (1, 6)):
        with pytest.raises(ValueError, match="2 sequences or more of 4 tokens"):
            self_bleu(torch.zeros(shape, dtype=torch.int64))


def test_the_oracle_measures_itself_twice_alike():
    """Limit: the oracle as generator has NLL_oracle = NLL_gen up to chance; a colder
    temperature lowers the first, raises the second, and makes sequences more alike.
    """
    oracle = LanguageModel(10, 8, 8, generator(1), 1.0)
    test = oracle.sample(3000, 8, generator(2))
    warm = oracle_measures(oracle, oracle, test, 3000, 3)
    cold = oracle_measures(oracle, oracle, test, 3000, 3, temperature=0.5)
    assert list(warm) == list(ORACLE_MEASURES)
    assert warm["oracle"] == pytest.approx(warm["gen"], abs=0.05)
    assert cold["oracle"] < warm["oracle"] - 0.1 and cold["gen"] > warm["gen"] + 0.1
    assert cold["self_bleu"] > warm["self_bleu"]
    assert cold["distinct"] < warm["distinct"]


# --- runs ---


def test_a_run_goes_on_after_pickling():
    """Determinism: a run that is pickled between all steps has the same result."""
    arms = {name: SMOKE.arms[name] for name in ("roll-outs", "constant")}
    settings = replace(SMOKE, arms=arms)
    straight = finished(OracleRun(settings, 3))
    run = OracleRun(settings, 3)
    while run.progress < 1:
        run.advance()
        run = pickle.loads(pickle.dumps(run))
    result = run.result()
    assert result["start"] == straight["start"]
    for name in (*arms, CONTINUED):
        for part in ("curves", "end"):
            assert result["arms"][name][part] == straight["arms"][name][part]


def test_all_arms_start_alike_and_end_apart():
    """Invariance: no arm changes the start of the next arm."""
    arms = finished(OracleRun(SMOKE, 3))["arms"]
    starts = [arm["curves"]["gen"][0] for arm in arms.values()]
    ends = [arm["curves"]["gen"][-1] for arm in arms.values()]
    assert len(set(starts)) == 1
    assert len(set(ends)) == len(ends)


def test_the_fit_stops_when_held_out_sequences_say_so():
    """Equation: the start is the epoch with the lowest held-out NLL, `patience` epochs
    before the last.
    """
    settings = replace(
        SMOKE, most_epochs=60, patience=2, fit=replace(SMOKE.fit, rate=0.1)
    )
    run = OracleRun(settings, 1)
    held_out = []
    while not run.start:
        held_out.append(run.advance()["held_out"])
    assert run.start["epochs"] == int(np.argmin(held_out)) + 1
    assert len(held_out) == run.start["epochs"] + 2 < 60


def test_d_is_at_chance_only_without_training():
    """Conformance: `right` is 0.5 in the controls, and moves where D learns."""
    arms = finished(OracleRun(SMOKE, 3))["arms"]
    for name in ("constant", "noise", CONTINUED):
        assert set(arms[name]["curves"]["right"]) == {0.5}
    assert set(arms["roll-outs"]["curves"]["right"]) != {0.5}
    assert set(arms[CONTINUED]["curves"]["reward"]) == {0.0}
    assert arms["constant"]["curves"]["reward"] == [0.0, 1.0, 1.0]


def test_the_rate_is_not_at_the_edge():
    """Conformance: the chosen rate has a lower and a higher neighbour in the grid, and
    no result uses the seed of the tuning.
    """
    assert min(TRIED) < RATE < max(TRIED)
    assert TRIED[RATE] == min(TRIED.values())
    assert len(ORACLE.seeds) >= 5 and 1000 not in ORACLE.seeds
    assert {arm.rate for name, arm in ARMS.items() if name != "constant, slow"} == {
        RATE
    }


def test_seeds_have_oracles_of_their_own():
    """Determinism: the same seed has the same task, another seed another."""
    one, two, other = (oracle_task(SMOKE, seed) for seed in (1, 1, 2))
    assert torch.equal(one.data, two.data)
    assert not torch.equal(one.data, other.data)
    assert not torch.equal(one.data[:20], one.test)


# --- the whole path and comparisons ---


@pytest.mark.parametrize(
    "name", ["sequence_oracle", "sequence_oracle_long", "sequence_oracle_plain"]
)
def test_the_whole_path(name, tmp_path):
    """Conformance: the smoke settings give a result with everything by arm and seed,
    and examples that the viewer takes.
    """
    result, _ = run_experiment(name, smoke=True, out=tmp_path, workers=1, bar=False)
    curves = result.curves
    assert np.shape(curves["MLE"]["gen"]) == (2, 3)
    assert np.shape(curves["arms"]["roll-outs"]["curves"]["oracle"]) == (2, 3)
    assert end_values(curves, CONTINUED, "self_bleu").shape == (2,)
    for title, example in curves["examples"].items():
        shown = RolledOut(title, **example)
        assert shown.arrays[1].shape == (5, 3, 5)
    assert isinstance(standard_errors_below_start(curves, "roll-outs"), float)
    with pytest.raises(ValueError, match="no arm 'praise'; there are: roll-outs"):
        end_values(curves, "praise", "gen")


def made_up(gen, oracle):
    """Two seeds with NLL_gen = 2 + 10 (1 − τ)² and NLL_oracle = 5 τ², and an arm that
    ends at (gen, oracle).
    """
    start = {"gen": [[4.5, 2.4, 2.0, 2.1]] * 2, "oracle": [[1.25, 3.2, 5.0, 6.05]] * 2}
    arm = {"end": {"gen": gen, "oracle": oracle}}
    return {"temperatures": [0.5, 0.8, 1.0, 1.1], "MLE": start, "arms": {"a": arm}}


def test_comparisons_by_hand():
    """Equation: NLL_gen is 2.9 at τ = 0.7 and 2.025 at τ = 0.95, of which neither was
    measured, and NLL_oracle is 5 τ² there; temperatures above 1 do not count.
    """
    curves = made_up([2.9, 2.025], [3.0, 1.0])
    temperature = [5 * 0.7**2, 5 * 0.95**2]
    assert at_equal_gen(curves, "a") == pytest.approx(temperature, abs=2e-3)
    beyond = made_up([1.9, 5.0], [3.0, 1.0])
    assert at_equal_gen(beyond, "a") == pytest.approx([5.0, 1.25])
    behind = against_temperature(curves, "a").value
    assert behind == pytest.approx(2 - np.mean(temperature), abs=2e-3)
    assert change_from_start(curves, "a", "oracle").value == pytest.approx(-3)
    assert standard_errors_below_start(curves, "a") == pytest.approx(3)
    taus = runs(SMOKE)["0"].settings.temperatures
    assert all(low < high for low, high in pairwise(taus)) and 1.0 in taus

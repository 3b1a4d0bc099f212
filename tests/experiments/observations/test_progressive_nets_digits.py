"""What must hold of the supervised twin of *Progressive nets*: it learns, its first
columns forget nothing, and the same seed gives the same records.
"""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

from lecture_code.data.digits import Digits
from lecture_code.experiments.observations.progressive_nets import digit_learning
from lecture_code.experiments.observations.progressive_nets.digit_learning import (
    AS_IT_IS,
    LEARNERS,
    SIZES,
    DigitSettings,
    DigitTrial,
    accuracy,
    comparison,
    domains_of,
    first_column,
    logits_of,
    taught,
)
from lecture_code.experiments.observations.progressive_nets.digits import (
    DIGITS,
    SMOKE,
    DigitRun,
    best_rate,
    chosen_trials,
    runs,
    summarise,
    trials_of,
)
from lecture_code.experiments.observations.progressive_nets.methods import (
    NARROW,
    network_of,
    source_policy,
)
from lecture_code.learning.columns import Column, number_of_parameters

pytestmark = pytest.mark.usefixtures("one_torch_thread")
SMALL = replace(
    DIGITS, labels=(30,), rates=(3e-3,), seeds=(9,), first_steps=150, printed=600
)
"""A first column that has learnt something, within a second or two."""
BESIDE = ("progressive", "copied head", "untrained column")
"""The methods with a second column."""


def logits(network, digits):
    """Logits of these digits."""
    with torch.no_grad():
        return logits_of(network, torch.from_numpy(digits.images))


def finished(run):
    """The result of a run, and its records."""
    records = []
    while run.progress < 1:
        records.append(run.advance())
    return run.result(), records


@pytest.fixture(scope="module")
def records():
    """What every method brings in `SMALL`, by method."""
    trials = trials_of(SMALL)
    return {record.trial.method: record for record in comparison(SMALL, 9, trials)}


# --- learning


def test_thirty_labels_teach_and_wrong_labels_do_not():
    """Learning with a negative control: fine-tuning on thirty scans raises the accuracy
    on other scans, and on the same scans with shuffled labels it does not.
    """
    domains = domains_of(SMALL, 9)
    column = first_column(SMALL, 9)
    before = accuracy(column, domains.tests)
    assert accuracy(column, domains.printed_tests) > 0.9
    assert 0.3 < before < 0.75
    labelled, _ = domains.scans.split(30, np.random.default_rng(0))
    shuffled = Digits(labelled.images, np.roll(np.sort(labelled.labels), 7))
    for digits, low, high in ((labelled, before + 0.1, 1.0), (shuffled, 0.0, 0.3)):
        network, loss = taught(column, digits, 3e-3, 60, 32, np.random.default_rng(1))
        assert low < accuracy(network, domains.tests) < high
        assert loss < 1.0  # both have learnt their labels


def test_every_method_learns_more_than_it_began_with(records):
    """Learning: with thirty labels every method is right more often than the first
    column as it is.
    """
    assert set(records) == {AS_IT_IS, *LEARNERS}
    for method in LEARNERS:
        assert records[method].scans > records[AS_IT_IS].scans + 0.1


def test_nothing_is_learnt_at_a_rate_of_zero():
    """Limit: the copied head at a rate of zero names every digit as the first column
    does, and fine-tuning is the first column to the last bit.
    """
    column = first_column(SMALL, 9)
    domains = domains_of(SMALL, 9)
    for method in ("fine-tuning", "copied head"):
        start = network_of(method, lambda: column, SIZES, 9)
        network, _ = taught(start, domains.scans, 0.0, 2, 8, np.random.default_rng(0))
        assert torch.equal(
            logits(network, domains.tests), logits(column, domains.tests)
        )


# --- forgetting


@pytest.mark.parametrize("method", ["progressive", "copied head"])
def test_the_first_column_forgets_nothing(method):
    """Invariance: after the second column has learnt, the first column's logits of
    printed digits and its parameters are the same bits, and the second column's differ.
    """
    column = first_column(SMALL, 9)
    domains = domains_of(SMALL, 9)
    start = network_of(method, lambda: column, SIZES, 9)
    network, _ = taught(start, domains.scans, 1e-2, 20, 32, np.random.default_rng(0))
    before = logits(column, domains.printed_tests)
    after = logits(source_policy(network, {}), domains.printed_tests)
    assert before.numpy().tobytes() == after.numpy().tobytes()
    old = source_policy(network, {}).state_dict()
    for name, value in column.state_dict().items():
        assert torch.equal(value, old[name])
    assert not torch.equal(
        logits(network, domains.tests), logits(column, domains.tests)
    )


def test_fine_tuning_forgets_and_a_second_column_does_not(records):
    """Learning with a negative control: the accuracy on printed digits falls by
    fine-tuning and by training the head, and by a second column not at all.
    """
    before = records[AS_IT_IS].printed
    assert records["fine-tuning"].printed < before - 0.02
    assert records["head only"].printed < before
    assert records["progressive"].printed == before
    assert records["copied head"].printed == before


def test_the_shared_first_column_is_never_changed():
    """Invariance: a whole comparison leaves the stored first column as it was."""
    column = first_column(SMALL, 9)
    before = pickle.dumps(column.state_dict())
    trials = [DigitTrial(method, 10, 1e-2) for method in ("fine-tuning", *BESIDE)]
    assert len(list(comparison(SMALL, 9, trials))) == 4
    assert first_column(SMALL, 9) is column
    assert pickle.dumps(column.state_dict()) == before


# --- sizes


def test_numbers_of_parameters_are_those_of_the_layers(records):
    """Equation: by hand. Head only learns the last layer; scratch and fine-tuning the
    whole column; a second column its own 8, 8 and 32 with adapters of 8.
    """
    column = 16 * 48 + 16 + 32 * 16 * 25 + 32 + 128 * 32 * 4 + 128 + 11 * 128 + 11
    own = 8 * 48 + 8 + 8 * 8 * 25 + 8 + 32 * 8 * 4 + 32 + 11 * 32 + 11
    V = 8 * 16 + 8 * 32  # adapters of the second convolution and of the dense layer
    U = 8 * 8 * 25 + 32 * 8 * 4 + 11 * 128
    assert records[AS_IT_IS].learnt == 0
    assert records["head only"].learnt == 11 * 128 + 11
    for method in ("scratch", "fine-tuning"):
        assert records[method].learnt == column
    for method in BESIDE:
        assert records[method].learnt == own + V + U


def test_the_second_column_has_the_widths_of_the_robots():
    """Conformance: a second column for digits is as narrow as one for a robot."""
    trained = Column(SIZES, np.random.default_rng(0))
    net = network_of("progressive", lambda: trained, SIZES, 0)
    assert net.sizes == replace(SIZES, filters=NARROW.filters, dense=NARROW.dense)
    assert number_of_parameters(net.columns[0], learnt=True) == 0


# --- protocol


def test_the_parts_of_the_scans_share_nothing():
    """Conformance: the parts of the scans share no row, seeds share the split, and the
    printed digits of a seed are its own.
    """
    first, other = domains_of(SMALL, 9), domains_of(SMALL, 8)
    parts = [first.scans, first.validation, first.tests]
    assert [len(part) for part in parts] == [597, 400, 800]
    for part, again in zip(parts, other[2:], strict=True):
        assert part.images.tobytes() == again.images.tobytes()
    assert first.printed.images.tobytes() != other.printed.images.tobytes()
    seen = [{image.tobytes() for image in part.images} for part in parts]
    assert len(set.union(*seen)) > 1790  # there are a few equal scans, if any


def test_the_records_of_a_trial_do_not_depend_on_the_others(records):
    """Determinism: a trial alone brings the record that it brings among others."""
    trial = DigitTrial("copied head", 30, 3e-3)
    (alone,) = comparison(SMALL, 9, [trial])
    assert alone == records["copied head"]


def test_all_methods_and_rates_learn_the_same_labels(monkeypatch):
    """Conformance: with n labels every method at every rate learns the same scans, n/10
    of each class; another n or another seed has other scans.
    """
    learnt = []

    def listen(network, digits, *rest):
        learnt.append(digits)
        return network, 0.0

    first_column(SMALL, 9)
    first_column(SMALL, 8)
    monkeypatch.setattr(digit_learning, "taught", listen)
    trials = [DigitTrial("scratch", 30, 1e-3), DigitTrial("head only", 30, 1e-2)]
    for seed in (9, 8):
        list(comparison(SMALL, seed, trials))
    first, second, other, _ = (digits.images.tobytes() for digits in learnt)
    assert first == second != other
    assert np.bincount(learnt[0].labels).tolist() == [3] * 10


def test_a_run_that_was_interrupted_ends_the_same():
    """Determinism: pickled on the way and with its columns trained anew, a run ends
    with the same numbers; it begins with losses of the first column.
    """
    whole, records = finished(DigitRun(SMOKE, 0))
    losses = [record["loss"] for record in records[:3]]
    assert losses[0] == pytest.approx(np.log(10), abs=0.1)
    assert len(set(losses)) == 3
    run = DigitRun(SMOKE, 0)
    for _ in range(4):
        run.advance()
    first_column.cache_clear()
    domains_of.cache_clear()
    later, _ = finished(pickle.loads(pickle.dumps(run)))
    assert later == whole
    assert len(pickle.dumps(run)) < 5_000


def test_the_result_holds_every_trial_of_every_seed():
    """Conformance: all methods at all rates with all n, and an entry for each seed."""
    settings = replace(SMOKE, seeds=(0, 1), labels=(10, 20))
    outcomes = {name: finished(run)[0] for name, run in runs(settings).items()}
    curves, arrays = summarise(settings, outcomes)
    assert not arrays
    assert set(curves) == {
        "as it is",
        "fine-tuning 10 0.001",
        "fine-tuning 20 0.001",
        "copied head 10 0.001",
        "copied head 20 0.001",
    }
    for entries in curves.values():
        assert len(entries["scans"]) == len(entries["printed"]) == 2
    assert len(trials_of(DIGITS)) == 1 + 6 * 4 * 4


def test_the_rate_is_chosen_by_validation_scans_alone():
    """Equation: the best mean on the validation scans wins, whatever the tests say; of
    equal rates the lowest.
    """
    curves = {
        "scratch 10 0.001": {"validation": [0.5, 0.7], "scans": [0.1, 0.1]},
        "scratch 10 0.01": {"validation": [0.8, 0.3], "scans": [0.9, 0.9]},
        "scratch 10 0.1": {"validation": [0.6, 0.6], "scans": [1.0, 1.0]},
    }
    rates = (1e-3, 1e-2, 1e-1)
    assert best_rate(curves, "scratch", 10, rates) == 1e-3
    settings = DigitSettings(methods=("scratch",), rates=rates)
    assert chosen_trials(curves, settings, [10]) == (
        DigitTrial(AS_IT_IS),
        DigitTrial("scratch", 10, 1e-3),
    )

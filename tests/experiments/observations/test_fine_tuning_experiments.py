"""What must hold of the experiments on fine-tuning: who learns from what, how a trial
is chosen, and that interrupted runs end the same.
"""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from lecture_code.experiments.observations.fine_tuning import (
    cures,
    further,
    grid,
    splits,
)
from lecture_code.experiments.observations.fine_tuning.cures import (
    BEFORE,
    CureSettings,
    CureTrial,
    best_on_scans,
    matched,
    penalties_against,
)
from lecture_code.experiments.observations.fine_tuning.grid import (
    GRID,
    GridTrial,
    trials_in,
    tuned_rate,
)
from lecture_code.experiments.observations.fine_tuning.source import (
    SourceSettings,
    drawn_labels,
    quarter_turned,
    source_network,
    source_record,
    tuning_digits,
    turned_digits,
)
from lecture_code.experiments.observations.fine_tuning.splits import (
    CURVES,
    SplitSettings,
    SplitTrial,
    best_split,
    halves_of,
    in_half,
    split_trials,
)
from lecture_code.observations.layered_network import LabelledInputs
from lecture_code.observations.penalties import EWC

pytestmark = pytest.mark.usefixtures("one_torch_thread")
SOURCE = SourceSettings(printed=60, checks=40, batches=4)


def finished(run):
    """The result of a run, and its records."""
    records = []
    while run.progress < 1:
        records.append(run.advance())
    return run.result(), records


def marks(inputs):
    """A mark for each input."""
    return {x.numpy().tobytes() for x in inputs}


# --- the digits


def test_nobody_learns_from_what_is_measured():
    """Conformance: labels are drawn from scans that are neither validation scans nor
    tests; print for choices, for tests and to learn from are other digits.
    """
    digits = tuning_digits(SOURCE, 0)
    labelled = drawn_labels(SOURCE, 100, 0)
    assert np.bincount(labelled.labels).tolist() == [10] * 10
    assert len(digits.tests) == 800
    assert len(digits.validation) == 400
    assert len(digits.kept) == len(digits.printed_tests) == 20
    for part in (digits.tests, digits.validation):
        assert len(marks(labelled.inputs) & marks(part.inputs)) <= 1  # a double scan
    printed = [
        marks(part.inputs)
        for part in (digits.printed, digits.kept, digits.printed_tests)
    ]
    assert not printed[0] & printed[1]
    assert not printed[0] & printed[2]
    assert not printed[1] & printed[2]


def test_seeds_share_the_split_and_nothing_else():
    """Determinism: tests are those of every seed; print, labels and the source network
    are the seed's own, and the same in a second call.
    """
    first, other = (tuning_digits(SOURCE, seed) for seed in (0, 1))
    assert torch.equal(first.tests.inputs, other.tests.inputs)
    assert not torch.equal(first.printed.inputs, other.printed.inputs)
    labels = [drawn_labels(SOURCE, 10, seed).inputs for seed in (0, 0, 1)]
    assert torch.equal(labels[0], labels[1])
    assert not torch.equal(labels[0], labels[2])
    networks = [source_network(SOURCE, seed) for seed in (0, 1)]
    x = first.tests.inputs[:5]
    assert not torch.equal(networks[0](x), networks[1](x))


def test_each_accuracy_is_of_its_own_digits():
    """Equation: an accuracy is the share of the right answers on its digits."""
    digits = tuning_digits(SOURCE, 0)
    network = source_network(SOURCE, 0)
    found = source_record(network, digits)
    for entry, part in (
        ("validation", digits.validation),
        ("target", digits.tests),
        ("kept", digits.kept),
        ("source", digits.printed_tests),
    ):
        with torch.no_grad():
            right = network(part.inputs).argmax(1) == part.labels
        assert found[entry] == pytest.approx(right.double().mean().item(), abs=1e-5)
    assert set(source_record(network, digits, ("kept",))) == {"kept"}


# --- the grid


def test_the_grid_begins_with_what_was_learnt():
    """Conformance: before the first batch every way but "scratch" answers as the source
    network does, and a way ends elsewhere than another.
    """
    settings = replace(
        grid.SMOKE,
        rates=dict.fromkeys(GRID.rates, (0.01,)),
        times=(0, 3),
        source=SOURCE,
    )
    found, _ = finished(grid.runs(settings)["0"])
    before = source_record(source_network(SOURCE, 0), tuning_digits(SOURCE, 0))
    assert len(found) == len(GRID.rates) == 9
    for name, entries in found.items():
        start = {entry: values[0] for entry, values in entries.items()}
        same = start == {entry: before[entry] for entry in start}
        assert same != name.startswith("scratch")
    ends = [
        tuple(values[1] for values in entries.values()) for entries in found.values()
    ]
    assert len(set(ends)) > 3


def test_every_way_is_tried_at_several_rates():
    """Conformance: each way has four rates or more, a factor of about 3 apart, with
    every n.
    """
    for rates in GRID.rates.values():
        assert len(rates) >= 4
        np.testing.assert_allclose(np.divide(rates[1:], rates[:-1]), 3.2, atol=0.2)
    trials = trials_in(GRID)
    total = 4 * sum(map(len, GRID.rates.values()))
    assert len({trial.name for trial in trials}) == len(trials) == total


def test_the_rate_is_chosen_on_validation_scans():
    """Equation: the rate with the best mean at the end, of validation scans and not of
    tests; the lowest of equals.
    """
    rates = (0.1, 0.2, 0.3)
    ends = {0.1: [0.2, 0.4], 0.2: [0.3, 0.5], 0.3: [0.5, 0.3]}
    curves = {
        GridTrial("all", 10, rate).name: {
            "validation": [[0.9, end] for end in ends[rate]],
            "target": [[0.0, rate], [0.0, rate]],
        }
        for rate in rates
    }
    assert tuned_rate(curves, "all", 10, rates) == 0.2


# --- the cures


def test_penalties_hold_the_source_network():
    """Limit: at the source network L2-SP and EWC are 0, and rehearsal is not."""
    network = source_network(SOURCE, 0)
    penalties = penalties_against(SOURCE, 0)
    assert set(penalties) == set(CureSettings().strengths)
    rng = np.random.default_rng(0)
    for name in ("L2-SP", "EWC"):
        assert penalties[name](network, rng) == 0
    assert isinstance(penalties["EWC"], EWC)
    assert penalties["rehearsal"](network, rng) > 0


def test_all_of_the_cures_is_all_of_the_grid():
    """Invariance: without a penalty a trial of the cures is the trial "all" of the grid
    with as many labels, at its last time.
    """
    settings = replace(cures.SMOKE, source=SOURCE, batches=3)
    alone = cures.cured(CureTrial("all", 0.0, 1e-2), settings, 0)
    wide = replace(grid.SMOKE, times=(0, 2, 3), source=SOURCE)
    whole = grid.tuned_at_times(GridTrial("all", 10, 1e-2), wide, 0)
    for entry, values in whole.items():
        assert values[-1] == alone[entry]


def test_cures_are_matched_on_choices_alone():
    """Equation: of the trials at most a point behind the best "all" the one is chosen
    that keeps most, of "all" itself, too; tests count for nothing, and a penalty
    without such a trial is left out.
    """
    settings = CureSettings(
        {"all": (0.0,), "EWC": (1.0, 2.0, 3.0), "L2-SP": (1.0,)},
        rates=(0.1, 0.2, 0.3),
        seeds=(0, 1),
    )
    # λ and rate -> validation, kept
    values = {
        ("all", 0.0, 0.1): (0.90, 0.5),
        ("all", 0.0, 0.2): (0.88, 0.9),
        ("all", 0.0, 0.3): (0.895, 0.6),
        ("EWC", 1.0, 0.1): (0.95, 0.60),
        ("EWC", 1.0, 0.2): (0.895, 0.70),
        ("EWC", 2.0, 0.1): (0.891, 0.75),
        ("EWC", 2.0, 0.2): (0.889, 0.99),
        ("EWC", 3.0, 0.1): (0.5, 0.98),
        ("EWC", 3.0, 0.2): (0.5, 0.99),
        ("L2-SP", 1.0, 0.1): (0.8, 0.9),
        ("L2-SP", 1.0, 0.2): (0.8, 0.9),
        ("EWC", 1.0, 0.3): (0.5, 1.0),
        ("EWC", 2.0, 0.3): (0.5, 1.0),
        ("EWC", 3.0, 0.3): (0.5, 1.0),
        ("L2-SP", 1.0, 0.3): (0.8, 0.9),
    }
    curves = {
        CureTrial(*key).name: {
            "validation": [validation - 0.01, validation + 0.01],
            "kept": [kept, kept],
            "target": [1 - kept, 1 - kept],
            "source": [1 - kept, 1 - kept],
        }
        for key, (validation, kept) in values.items()
    }
    chosen = matched(curves, settings)
    assert best_on_scans(curves, settings) == CureTrial("all", 0.0, 0.1)
    assert chosen == {
        "all": CureTrial("all", 0.0, 0.3),
        "EWC": CureTrial("EWC", 2.0, 0.1),
    }


# --- scans that are turned, and a solved probe


def test_only_the_scans_are_turned():
    """Invariance: four quarters are none, one quarter moves the pixels of the scans as
    NumPy does, print stays, and labels go with their images.
    """
    digits = tuning_digits(SOURCE, 0)
    once = turned_digits(digits, 1)
    for name in ("validation", "tests"):
        before, after = getattr(digits, name), getattr(once, name)
        wanted = np.rot90(before.inputs.numpy(), axes=(2, 3))
        assert (after.inputs.numpy() == wanted).all()
        assert torch.equal(after.labels, before.labels)
        assert not torch.equal(after.inputs, before.inputs)
        assert torch.equal(quarter_turned(after, 3).inputs, before.inputs)
    assert torch.equal(once.printed_tests.inputs, digits.printed_tests.inputs)
    assert turned_digits(digits, 0) is not digits
    assert quarter_turned(digits.tests, 0) is digits.tests


def test_turned_scans_are_learnt_from_and_measured():
    """Conformance: what is learnt and what is measured is turned by as much: a network
    that learns turned scans reads turned scans best.
    """
    source = replace(SOURCE, batches=150)
    trial = GridTrial("all", 100, 3e-3)
    settings = replace(grid.SMOKE, times=(0, 60), source=source)
    found = {
        quarters: grid.tuned_at_times(trial, settings, 0, quarters)
        for quarters in (0, 1)
    }
    assert found[0]["source"][0] == found[1]["source"][0]
    assert found[1]["target"][0] < found[0]["target"][0]
    assert found[1]["target"][1] > 0.5
    (run,) = further.turned_runs(
        further.TurnedSettings(settings, quarters=1, seeds=(0,))
    ).values()
    assert {entry.args[3] for entry in run.trials.values()} == {1}


def test_a_solved_probe_is_logistic_regression():
    """Oracle: the network with the solved head answers what scikit-learn predicts from
    the features; all layers below stay, and C = 0.01 holds the head back more than 10.
    """
    network = source_network(SOURCE, 0)
    target = drawn_labels(SOURCE, 100, 0)
    solved = further.with_solved_head(network, target, 10.0)
    with torch.no_grad():
        features = network.activations(target.inputs, 4).double().numpy()
        ours = torch.softmax(solved(target.inputs), dim=1).numpy()
    theirs = LogisticRegression(C=10.0, max_iter=5000)
    theirs.fit(features, target.labels.numpy())
    np.testing.assert_allclose(ours, theirs.predict_proba(features), atol=1e-4)
    for layer in range(4):
        before, after = (
            torch.cat([part.flatten() for part in net.layers[layer].parameters()])
            for net in (network, solved)
        )
        assert torch.equal(before, after)
    stiff = further.with_solved_head(network, target, 0.01)
    sizes = [net.layers[4].weight.norm() for net in (stiff, solved)]
    assert sizes[0] < 0.5 * sizes[1]


def test_a_probe_is_chosen_on_validation_scans():
    """Equation: of all C with n labels the one with the best mean on validation."""
    settings = further.ProbeSettings(softness=(0.1, 1.0), labels=(10, 30))
    curves = {
        f"n = {n}, C = {c:g}": {"validation": [value] * 2, "target": [1 - value] * 2}
        for n, c, value in ((10, 0.1, 0.6), (10, 1, 0.5), (30, 0.1, 0.7), (30, 1, 0.8))
    }
    assert further.best_probe(curves, settings, 10).softness == 0.1
    assert further.best_probe(curves, settings, 30).softness == 1.0


# --- the splits


def test_halves_have_no_class_in_common():
    """Conformance: A and B hold five classes each, with labels 0 to 4, and together all
    scans; other seeds have other halves.
    """
    settings = splits.SMOKE
    halves = halves_of(settings, 0)
    digits = tuning_digits(settings.source, 0)
    for part, whole in (("tests", digits.tests), ("validation", digits.validation)):
        parts = [getattr(halves[name], part) for name in ("A", "B")]
        assert sum(map(len, parts)) == len(whole)
        assert all(set(data.labels.tolist()) == set(range(5)) for data in parts)
    other = halves_of(settings, 1)
    assert len(marks(halves["A"].tests.inputs) ^ marks(other["A"].tests.inputs)) > 40


def test_a_half_keeps_the_order_of_its_classes():
    """Conformance: the labels of a half number its classes in the order given."""
    data = LabelledInputs(torch.arange(6.0)[:, None], torch.tensor([7, 1, 2, 7, 9, 1]))
    half = in_half(data, (7, 1))
    assert half.labels.tolist() == [0, 1, 0, 1]
    assert half.inputs[:, 0].tolist() == [0, 1, 3, 5]


@pytest.mark.parametrize("curve", list(CURVES))
def test_a_curve_copies_and_freezes_its_layers(curve, monkeypatch):
    """Conformance: the first n layers are the donor's before learning, and afterwards
    where they are frozen; the layers above are the same for every curve.
    """
    settings = replace(splits.SMOKE, batches=2)
    seen = []
    honest = splits.fine_tune

    def listen(state, *arguments):
        after = honest(state, *arguments)
        seen.append((state.network, after.network))
        return after

    whose, learns = CURVES[curve]
    donor = splits.base_network(settings, whose, 0)
    monkeypatch.setattr(splits, "fine_tune", listen)
    splits.learnt_from_cut(SplitTrial(curve, 2, 1e-2), settings, 0)
    ((start, end),) = seen
    for layer in range(5):
        copied, before, after = (
            torch.cat([part.flatten() for part in net.layers[layer].parameters()])
            for net in (donor, start, end)
        )
        assert torch.equal(before, copied) == (layer < 2)
        assert torch.equal(after, before) == (layer < 2 and not learns)
    fresh = splits.split_network(donor, 0, np.random.default_rng([splits.UPPER, 0]))
    assert torch.equal(fresh.layers[4].weight, start.layers[4].weight)


def test_a_split_is_chosen_on_validation_scans():
    """Equation: of the rates with the best mean on validation scans the first; further
    rates count where the head alone learns, and nowhere else.
    """
    settings = SplitSettings(rates=(0.1, 0.2), head_rates=(0.3,))
    values = {0.1: (0.5, 0.9), 0.2: (0.75, 0.1), 0.3: (0.8, 0.2)}
    curves = {
        trial.name: {
            "validation": [values[trial.rate][0]] * 2,
            "target": [values[trial.rate][1]] * 2,
        }
        for trial in split_trials(settings)
    }
    for curve, (_, learns) in CURVES.items():
        for cut in (1, 4):
            rate = 0.3 if cut == 4 and not learns else 0.2
            chosen = best_split(curves, settings, curve, cut)
            assert chosen == SplitTrial(curve, cut, rate)
    assert best_split(curves, settings, "B", 0) == SplitTrial("B", 0, 0.2)


# --- all


@pytest.mark.parametrize(
    "experiment",
    [
        entry
        for module in (grid, further, cures, splits)
        for entry in module.EXPERIMENTS
    ],
    ids=lambda entry: entry.name,
)
def test_a_fine_tuning_that_was_interrupted_ends_the_same(experiment):
    """Determinism: pickled after each step, a run ends with the same numbers, which all
    seeds report by trial.
    """
    settings = experiment.smoke
    (run,) = experiment.runs(settings).values()
    whole, records = finished(run)
    (run,) = experiment.runs(settings).values()
    again = []
    while run.progress < 1:
        run = pickle.loads(pickle.dumps(run))
        again.append(run.advance())
    assert again == records
    assert run.result() == whole
    assert all(set(record) == {"loss"} for record in records[:3])
    assert len({record["loss"] for record in records[:3]}) == 3
    two = replace(settings, seeds=(0, 1))
    curves, arrays = experiment.summarise(two, {"0": whole, "1": whole})
    assert not arrays
    assert list(curves) == list(whole)
    for name, entries in curves.items():
        assert entries == {key: [value] * 2 for key, value in whole[name].items()}
    assert (BEFORE in whole) == ("cures" in experiment.name)


def test_the_full_splits_learn_from_scans_alone():
    """Conformance: the full experiment has at least five seeds and knows all curves."""
    for module in (grid, further, cures, splits):
        for experiment in module.EXPERIMENTS:
            assert len(experiment.settings.seeds) >= 5
    assert SplitSettings().curves == tuple(CURVES)

"""What must hold of digits in two domains and of the shift of labels: who learns from
what, how it is measured, and that interrupted runs end the same.
"""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

from lecture_code.experiments.observations.domain_confusion import digits, shift
from lecture_code.experiments.observations.domain_confusion.digit_arms import (
    ARMS,
    DigitArm,
    DigitArmSettings,
    digit_data,
)
from lecture_code.experiments.observations.domain_confusion.digits import (
    TINY,
    DigitArmRun,
    neighbours,
)
from lecture_code.experiments.observations.domain_confusion.shift import ShiftRun
from lecture_code.observations.representation import digit_network

pytestmark = pytest.mark.usefixtures("one_torch_thread")
SMALL = DigitArmSettings(seeds=(0,), method=TINY, printed=60, checks=20, tests=790)


def finished(run):
    """The result of a run, and its records."""
    records = []
    while run.progress < 1:
        records.append(run.advance())
    return run.result(), records


def bits(network):
    """All parameters and moments of a network."""
    return b"".join(part.numpy().tobytes() for part in network.state_dict().values())


# --- digits


def test_no_arm_learns_from_a_test():
    """Conformance: in every arm neither source nor target has a scan of the tests, the
    oracle's source are the scans with their labels, and every other source is print.
    """
    data = digit_data(60, 20, 790, 0)
    tests = {image.tobytes() for image in data.tests.images}
    assert len(data.tests) == 790
    assert len(data.scans) == 1797 - 790
    for arm in ARMS.values():
        run = DigitArmRun(arm, SMALL, 0)
        domains = run.domains()
        learnt = data.scans if arm.labelled else data.printed
        assert np.array_equal(domains.labels.numpy(), learnt.labels)
        assert len(domains.target) == len(data.scans)
        for images in (learnt.images, data.scans.images):
            assert len({image.tobytes() for image in images} & tests) <= 2


def test_all_seeds_have_the_same_tests_and_their_own_print():
    """Determinism: tests and scans are those of every seed, print is the seed's own and
    other print is for checks.
    """
    first, other = digit_data(60, 20, 790, 0), digit_data(60, 20, 790, 1)
    assert first.tests.images.tobytes() == other.tests.images.tobytes()
    assert first.scans.images.tobytes() == other.scans.images.tobytes()
    assert first.printed.images.tobytes() != other.printed.images.tobytes()
    assert not np.array_equal(first.printed.images[:20], first.checks.images)


def test_weights_are_those_of_the_arm():
    """Conformance: λ and ν of an arm reach the method, and nothing else changes."""
    for arm in ARMS.values():
        method = DigitArmRun(arm, SMALL, 0).method
        assert (method.confusion, method.pairs) == (arm.confusion, arm.pairs)
        assert replace(method, confusion=0.3, pairs=1.0) == TINY
    assert ARMS["synthetic only"] == DigitArm(confusion=0.0, pairs=0.0)


def test_random_pairs_are_the_seeds_own_and_mined_pairs_are_near():
    """Conformance: every scan is in one pair; random pairs do not depend on the
    network, and about a tenth of them is of one class; mined pairs are of one class
    more often.
    """
    settings = replace(SMALL, printed=400, tests=1500)
    purity = {}
    for name in ("random pairs", "weak pairs, ν = 0.1"):
        run = DigitArmRun(ARMS[name], settings, 0)
        result, _ = finished(run)
        i, j = run.state.pairs.T
        assert np.array_equal(j, np.arange(297))
        same = run.data.printed.labels[i] == run.data.scans.labels[j]
        assert result["purity"] == same.mean()
        purity[name] = same.mean()
        rng = np.random.default_rng([digits.PAIRS, 0])
        drawn = np.array_equal(i, rng.integers(400, size=297))
        assert drawn == (name == "random pairs")
    assert purity["random pairs"] < 0.2
    assert purity["weak pairs, ν = 0.1"] > purity["random pairs"] + 0.1


def test_a_neighbour_of_print_is_itself():
    """Limit: of print among the same print, the neighbour's labels are its own."""
    printed = digit_data(60, 20, 790, 0).printed
    network = digit_network(np.random.default_rng(0))
    assert np.array_equal(neighbours(network, printed, printed), printed.labels)


def test_what_is_measured_is_of_the_tests():
    """Equation: the accuracy is the share of tests whose largest logit is the label,
    and that on print is of the digits for checks; without pairs the purity is 0.
    """
    run = DigitArmRun(ARMS["confusion alone"], SMALL, 0)
    result, _ = finished(run)
    assert result["purity"] == 0
    for entry, part in (("accuracy", run.data.tests), ("printed", run.data.checks)):
        images = torch.from_numpy(part.images).permute(0, 3, 1, 2) - 0.5
        with torch.no_grad():
            answered = run.state.network(images).argmax(1).numpy()
        assert result[entry] == np.mean(answered == part.labels)


def test_the_oracle_learns_scans_and_wrong_labels_teach_nothing(monkeypatch):
    """Learning with a negative control: after sixty batches the oracle reads most
    tests; with shuffled labels it is near one in ten.
    """
    settings = replace(SMALL, method=replace(TINY, first=60, second=0, batch=32))
    settings = replace(settings, method=replace(settings.method, rate=3e-3))
    right, _ = finished(DigitArmRun(ARMS["oracle"], settings, 0))
    assert right["accuracy"] > 0.6
    honest = DigitArmRun.domains

    def shuffled(self):
        domains = honest(self)
        order = np.random.default_rng(0).permutation(len(domains.labels))
        return replace(domains, labels=domains.labels[order])

    monkeypatch.setattr(DigitArmRun, "domains", shuffled)
    wrong, _ = finished(DigitArmRun(ARMS["oracle"], settings, 0))
    assert wrong["accuracy"] < 0.3


# --- label shift


def test_without_confusion_the_shares_do_not_matter():
    """Limit: at λ = 0 the target is not looked at, so the network is the same to the
    last bit for every share; at λ = 1 it is another.
    """
    for lam, same in ((0.0, True), (1.0, False)):
        first, other = (ShiftRun(s, lam, shift.SMALL, 0) for s in (0.5, 0.9))
        finished(first)
        finished(other)
        assert (bits(first.state.network) == bits(other.state.network)) == same


def test_tests_of_a_shift_are_other_points_with_the_same_share(monkeypatch):
    """Conformance: a shift is measured on points that were not learnt from, in which
    the second class has the share s.
    """
    asked = []
    honest = shift.plane_domains

    def listen(settings, rng):
        asked.append(honest(settings, rng))
        return asked[-1]

    settings = replace(shift.SMALL, tests=shift.SMALL.plane.n)
    run = ShiftRun(0.9, 0.0, settings, 0)
    learnt = run.data
    finished(run)
    monkeypatch.setattr(shift, "plane_domains", listen)
    result = run.measure()
    (tests,) = asked
    assert tests.target_classes.mean() == pytest.approx(0.9)
    for points, seen in ((tests.source, learnt.source), (tests.target, learnt.target)):
        assert not set(map(tuple, points.tolist())) & set(map(tuple, seen.tolist()))
    with torch.no_grad():
        answered = run.state.network(tests.target).argmax(1).numpy()
    assert result["accuracy"] == np.mean(answered == tests.target_classes)
    assert result["second class"] == answered.mean()


def test_the_neighbour_is_the_source_point_that_is_nearest_in_the_features():
    """Oracle: the class of the nearest source point, one pair of points at a time; and
    the measured share is that of the second class of the target, in the features.
    """
    run = ShiftRun(0.7, 1.0, replace(shift.SMALL, tests=40), 0)
    finished(run)
    rng = np.random.default_rng([shift.TESTS, 0])
    tests = shift.plane_domains(replace(run.plane, n=40), rng)
    with torch.no_grad():
        source = run.state.network.features(tests.source).numpy()
        target = run.state.network.features(tests.target).numpy()
    wrong = []
    for point, of_class in zip(target, tests.target_classes, strict=True):
        if of_class == 1:
            nearest = min(range(40), key=lambda i: np.sum((source[i] - point) ** 2))
            wrong.append(tests.source_classes[nearest] == 0)
    assert len(wrong) == 28
    assert 0 < np.mean(wrong) < 1  # else a constant would pass
    assert run.measured["wrong neighbour"] == pytest.approx(np.mean(wrong))


# --- both


@pytest.mark.parametrize(
    "make",
    [
        lambda: DigitArmRun(ARMS["weak pairs, ν = 0.1"], SMALL, 0),
        lambda: ShiftRun(0.9, 1.0, shift.SMALL, 0),
    ],
)
def test_a_run_that_was_interrupted_ends_the_same(make):
    """Determinism: pickled on the way, a run ends with the same numbers; its first
    steps are short.
    """
    whole, records = finished(make())
    run = make()
    run.advance()
    assert run.state.batches == 2
    run.advance()
    later, rest = finished(pickle.loads(pickle.dumps(run)))
    assert later == whole
    assert rest == records[2:]


@pytest.mark.parametrize("module", [digits, shift])
def test_the_result_holds_every_arm_of_every_seed(module):
    """Conformance: an entry for each arm and measurement, in the order of the seeds."""
    settings = replace(module.SMALL, seeds=(0, 1))
    made = module.runs(settings)
    outcomes = {name: {"accuracy": k / 100} for k, name in enumerate(made)}
    curves, arrays = module.summarise(settings, outcomes)
    assert not arrays
    assert len(made) == 2 * len(curves)
    for name, entries in curves.items():
        pair = [outcomes[f"{name}/{seed}"]["accuracy"] for seed in (0, 1)]
        assert entries == {"accuracy": pair}

"""What must hold of the runs that ask why the lead is lost in a longer training."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

from lecture_code.experiments.observations.domain_confusion.arms import HookArm, Pupil
from lecture_code.experiments.observations.domain_confusion.hooks import LONGER, SMALL
from lecture_code.experiments.observations.domain_confusion.lengths import (
    ENDS,
    FALLING,
    FEW,
    FORK,
    MANY,
    NOTES,
    PAIRS_ALONE,
    SMALL_FORK,
    SMALL_SUSPECTS,
    SUSPECTS,
    ForkedRun,
    loss_on_real,
    suspect_runs,
)

pytestmark = pytest.mark.usefixtures("one_torch_thread")
ARM = HookArm(500)


def finished(run):
    """The result of a run, and its records."""
    records = []
    before = run.progress
    while run.progress < 1:
        records.append(run.advance())
        assert run.progress >= before
        before = run.progress
    return run.result(), records


def whole(*, falling):
    """A training in one go, without a fork."""
    method = replace(SMALL.method, falling=falling)
    pupil = Pupil(ARM, replace(SMALL, method=method), 0)
    while pupil.state.batches < pupil.length:
        pupil.advance()
    return pupil


def test_both_ends_are_what_a_training_in_one_go_brings():
    """Oracle: the ends of the fork are, to the last bit, the networks of two trainings
    that never forked; and they differ.
    """
    run = ForkedRun(ARM, SMALL_FORK, 0)
    finished(run)
    for end in ENDS:
        plain = whole(falling=end == FALLING).state.network.state_dict()
        found = run.ends[end].pupil.state.network.state_dict()
        assert all(torch.equal(plain[name], found[name]) for name in plain)
    first, second = (run.ends[end].pupil.state.network.state_dict() for end in ENDS)
    assert not all(torch.equal(first[name], second[name]) for name in first)


def test_a_forked_run_goes_on_where_it_was_interrupted():
    """Determinism: a run that is pickled after each step ends as one in one go."""
    result, records = finished(ForkedRun(ARM, SMALL_FORK, 0))
    run = ForkedRun(ARM, SMALL_FORK, 0)
    again = []
    while run.progress < 1:
        run = pickle.loads(pickle.dumps(run))
        again.append(run.advance())
    assert run.result() == result and again == records


def test_notes_are_taken_on_the_way():
    """Conformance: every four batches a note, the same in both ends up to the middle,
    and the last one has the success that is measured at the end.
    """
    result, _ = finished(ForkedRun(ARM, SMALL_FORK, 0))
    for end in ENDS:
        notes = result[end]["notes"]
        assert set(notes) == set(NOTES)
        assert notes["batches"] == [4, 8, 12]
        assert notes["success"][-1] == pytest.approx(result[end]["measured"]["success"])
    constant, falling = (result[end]["notes"] for end in ENDS)
    for name in NOTES:
        assert constant[name][0] == falling[name][0]


def test_the_loss_on_real_images_is_a_cross_entropy():
    """Equation: with logits that do not depend on the image it is log(1 + e^−b)."""
    state = Pupil(ARM, SMALL, 0).state
    last = state.classifier[-1]
    with torch.no_grad():
        last.weight.zero_()
        last.bias.copy_(torch.tensor([0.0, 2.0]))
    images = np.zeros((3, 32, 32, 3), np.float32)
    assert loss_on_real(state, images) == pytest.approx(np.log1p(np.exp(-2)), rel=1e-5)


def test_what_is_compared():
    """Conformance: five seeds with 500 images; λ is constant before the fork; the rest
    is as in `domain_confusion_longer`.
    """
    assert FORK.seeds == (0, 1, 2, 3, 4)
    assert FORK.base.arms == {MANY: HookArm(500)}
    assert replace(FORK.base, arms=LONGER.arms) == LONGER
    assert not FORK.base.method.falling


def test_one_suspect_is_removed_at_a_time():
    """Conformance: both rows have 100 images, five seeds and all else of
    `domain_confusion_longer`; one has no confusion, and only in the other λ falls.
    """
    assert SUSPECTS.seeds == (0, 1, 2, 3, 4)
    assert replace(SUSPECTS.base, arms=LONGER.arms) == LONGER
    runs = suspect_runs(SUSPECTS)
    assert len(runs) == 10
    for seed in SUSPECTS.seeds:
        falling, alone = (runs[f"{arm}/{seed}"].pupil for arm in (FEW, PAIRS_ALONE))
        assert falling.method == replace(LONGER.method, falling=True)
        assert alone.method == replace(LONGER.method, confusion=0.0)
        for pupil in (falling, alone):
            assert (pupil.seed, pupil.arm.real, pupil.arm.pairs) == (seed, 100, "mined")


def test_a_falling_weight_starts_as_a_constant_one():
    """Limit: in the first half of the training the networks of both are the same, to
    the last bit; afterwards they differ.
    """
    falling = suspect_runs(SMALL_SUSPECTS)[f"{FEW}/0"].pupil
    constant = Pupil(HookArm(), SMALL, 0)
    same = []
    while falling.state.batches < falling.length:
        falling.advance()
        constant.advance()
        pair = [p.state.network.state_dict() for p in (falling, constant)]
        same.append(all(torch.equal(pair[0][name], pair[1][name]) for name in pair[0]))
    assert same[0] and not same[-1]

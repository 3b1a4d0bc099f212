"""What must hold of the runs with other weights, other distances, and of the causes."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lecture_code.experiments.observations.domain_confusion import (
    autoencoders,
    causes,
    sweeps,
)
from lecture_code.experiments.observations.domain_confusion.arms import (
    ARMS,
    HookArm,
    Pupil,
)
from lecture_code.experiments.observations.domain_confusion.autoencoders import (
    WITH,
    WITHOUT,
)
from lecture_code.experiments.observations.domain_confusion.causes import (
    AS_IT_IS,
    LOOKS,
    SHIFTED_BACK,
    SMALL_CAUSES,
    CauseRun,
)
from lecture_code.experiments.observations.domain_confusion.hooks import SMALL
from lecture_code.experiments.observations.domain_confusion.sweeps import (
    DISTANCES,
    GAPS,
    WEIGHTS,
    HookVariant,
    distant,
    variant_run,
    weighted,
)
from lecture_code.experiments.results import load_result
from lecture_code.observations.hook_scenes import PARTS

pytestmark = pytest.mark.usefixtures("one_torch_thread")
RESULT = "domain_confusion"


def finished(run):
    """The result of a run."""
    while run.progress < 1:
        run.advance()
    return run.result()


@pytest.mark.parametrize("experiment", sweeps.EXPERIMENTS, ids=lambda e: e.name)
def test_a_small_sweep_goes_to_its_end(experiment):
    """Conformance: each variant has finite numbers in the summary."""
    made = experiment.runs(experiment.smoke)
    results = {key: finished(run) for key, run in made.items()}
    curves, arrays = experiment.summarise(experiment.smoke, results)
    assert list(curves) == list(experiment.smoke.variants) and not arrays
    for columns in curves.values():
        assert np.isfinite(list(columns.values())).all()


def test_a_variant_trains_with_its_weights_and_in_its_world():
    """Conformance: λ, ν and the gap of a run are those of its name; all else is as in
    the base.
    """
    assert WEIGHTS[weighted(0.1, 3.0)] == HookVariant(HookArm(), 0.1, 3.0, 1.0)
    run = variant_run(WEIGHTS[weighted(0.1, 3.0)], SMALL, 0)
    method = run.pupil.method
    assert (method.confusion, method.pairs) == (0.1, 3.0)
    assert replace(method, confusion=0.3, pairs=1.0) == SMALL.method
    far = variant_run(DISTANCES[distant("weak pairs", 2.0)], SMALL, 0).pupil
    near = Pupil(ARMS["weak pairs"], SMALL, 0)
    assert np.array_equal(far.data.tests.poses, near.data.tests.poses)
    assert not np.array_equal(far.data.tests.images, near.data.tests.images)
    assert set(GAPS) == {variant.gap for variant in DISTANCES.values()}


@pytest.mark.parametrize(
    ("lam", "nu", "arm"),
    [
        (0.0, 0.0, "synthetic only"),
        (0.3, 0.0, "confusion alone"),
        (0.0, 1.0, "weak pairs alone"),
        (0.3, 1.0, "weak pairs"),
    ],
)
def test_cells_of_the_grid_are_arms(lam, nu, arm):
    """Limit: with these λ and ν a variant is an arm of the main comparison, bit for
    bit, and so the results have the same numbers.
    """
    variant = variant_run(WEIGHTS[weighted(lam, nu)], SMALL, 0).pupil
    pupil = Pupil(ARMS[arm], SMALL, 0)
    for one in (variant, pupil):
        while one.state.batches < one.length:
            one.advance()
    parts = zip(
        variant.state.network.parameters(),
        pupil.state.network.parameters(),
        strict=True,
    )
    assert all(torch.equal(a, b) for a, b in parts)
    cell = load_result(f"{RESULT}_weights").curves[weighted(lam, nu)]
    whole = load_result(RESULT).curves[arm]
    assert cell["success"] == whole["success"][: len(cell["success"])]


@pytest.mark.parametrize("arm", sweeps.GAP_ARMS)
def test_gap_1_is_the_main_comparison(arm):
    """Limit: at gap 1 the result has the numbers of the main one."""
    cell = load_result(f"{RESULT}_gaps").curves[distant(arm, 1.0)]
    whole = load_result(RESULT).curves[arm]
    assert cell["success"] == whole["success"][: len(cell["success"])]


# --- causes


def test_looks_leave_out_one_part_each():
    """Conformance: with all parts a look is the "real" one; "without" lacks one part,
    "only" has one, and nothing is missing.
    """
    assert LOOKS[AS_IT_IS] == PARTS and LOOKS["without all"] == ()
    for part in PARTS:
        assert set(PARTS) - set(LOOKS[f"without {part}"]) == {part}
        assert LOOKS[f"only {part}"] == (part,)
    assert len(LOOKS) == 2 + 2 * len(PARTS)


def test_a_network_looks_once_at_everything():
    """Determinism: the same numbers twice; without any part of the gap the network of
    the simulation hits nearly always, which is the positive control.
    """
    run, again = (CauseRun("synthetic only", SMALL_CAUSES, 1) for _ in range(2))
    assert run.progress == 0
    measured = run.advance()
    assert run.progress == 1 and measured == again.advance() == run.result()
    assert set(LOOKS) | {SHIFTED_BACK, "shift x", "shift y"} == set(measured)
    assert measured["without all"] > 0.9 > measured[AS_IT_IS]
    curves, _ = causes.summarise(SMALL_CAUSES, {"synthetic only/0": measured})
    assert list(curves) == ["synthetic only"]


# --- autoencoders


def test_scenes_differ_only_in_the_arm():
    """Fairness: both kinds of scenes have the same hooks, and the same network before
    training; without the arm no pixel is as blue as the arm.
    """
    kinds = autoencoders.runs(autoencoders.SMALL)
    there, away = (kinds[f"{name}/0"] for name in (WITH, WITHOUT))
    assert np.array_equal(there.hooks, away.hooks)
    parts = zip(there.untrained.parameters(), away.untrained.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in parts)
    blue = [(run.images[..., 2] - run.images[..., 0]).max() for run in (there, away)]
    assert blue[0] > 0.2 > blue[1]


def test_an_autoencoder_goes_to_its_end():
    """Conformance: both kinds end with shares between 0 and 1, the hand's only where
    there is a hand; a head on features that hold the place succeeds always.
    """
    kinds = autoencoders.runs(autoencoders.SMALL)
    results = {name: finished(run) for name, run in kinds.items()}
    assert set(results[f"{WITH}/0"]) - set(results[f"{WITHOUT}/0"]) == {"hand"}
    curves, _ = autoencoders.summarise(autoencoders.SMALL, results)
    shares = [column for kind in curves.values() for column in kind.values()]
    assert all(0 <= share[0] <= 1 for share in shares)
    run = kinds[f"{WITH}/0"]
    features = torch.as_tensor(run.hooks, dtype=torch.float32)
    knowing = Knowing(features)
    assert run.head(knowing, run.hooks) == 1


class Knowing:
    """A network whose features are given."""

    def __init__(self, features):
        self.given = features

    def features(self, inputs):
        """The given features, whatever is seen."""
        return self.given

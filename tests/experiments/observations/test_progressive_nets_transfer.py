"""What must hold of the comparison of *Progressive nets*."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

from lecture_code.experiments.observations.progressive_nets.first_columns import COLUMNS
from lecture_code.experiments.observations.progressive_nets.methods import METHODS
from lecture_code.experiments.observations.progressive_nets.transfer import (
    GRID,
    SORTED,
    RobotRun,
    drawn,
    runs,
    smoke_grid,
    trials,
)
from lecture_code.learning.columns import Column

pytestmark = pytest.mark.usefixtures("one_torch_thread")
SIZES = COLUMNS.sizes
SMALL = replace(smoke_grid(GRID), methods=METHODS)


def trained():
    """A stand-in for a trained column: its policy is not uniform."""
    column = Column(SIZES, np.random.default_rng(8))
    with torch.no_grad():
        column.W[-1].mul_(20)
    return column


@pytest.fixture(autouse=True)
def _first_columns(monkeypatch):
    monkeypatch.setattr(RobotRun, "trained", lambda self: trained())


def finished(run):
    """The result of a run, and its records."""
    records = []
    while run.progress < 1:
        records.append(run.advance())
    return run.result(), records


@pytest.mark.parametrize("method", METHODS)
def test_a_trial_measures_what_the_protocol_says(method):
    """Conformance: every method gives returns before and after, in the simulation, a
    curve, and lesions if it has laterals; its network is dropped at the end.
    """
    name = f"A {method} 0.0001/0"
    run = runs(SMALL)[name]
    outcome, records = finished(run)
    entries = {"before", "after", "source", "curve"}
    lesions = {"own output", "hidden laterals", "output lateral"}
    has_laterals = method not in ("scratch", "fine-tuning", "head only")
    expected = entries | {f"without {part}" for part in lesions if has_laterals}
    assert set(outcome) == expected
    assert all(np.isfinite(list(record.values())).all() for record in records)
    assert run.learning is None and len(pickle.dumps(run)) < 5_000


def test_a_drawn_trial_measures_only_before_and_after():
    """Conformance: of a random draw only the returns on the robot are measured."""
    settings = replace(SMALL, draws=1)
    outcome, _ = finished(runs(settings)["A copied head/0"])
    assert set(outcome) == {"before", "after"}


def test_a_trial_that_was_interrupted_ends_the_same():
    """Determinism: pickled on the way, a trial ends with the same numbers."""
    whole, _ = finished(runs(SMALL)["A copied head 0.0001/0"])
    run = runs(SMALL)["A copied head 0.0001/0"]
    run.advance()
    run.advance()
    later, _ = finished(pickle.loads(pickle.dumps(run)))
    assert later == whole


def test_trials_are_paired():
    """Every method gets the same seeds and the same draws, which fill their ranges."""
    grid = trials(GRID)
    assert len(grid) == 3 * 7 * 5 and all(len(group) == 5 for group in grid.values())
    draws = trials(SORTED)
    assert set(draws) == {
        f"{domain} {method}" for domain in "ABC" for method in SORTED.methods
    }
    pairs = {
        name: [(t.rate, t.entropy, t.column, t.seed) for t in group.values()]
        for name, group in draws.items()
    }
    first, *others = pairs.values()
    assert all(other == first for other in others)
    assert len({pair[:2] for pair in first}) == SORTED.draws
    assert [pair[2] for pair in first[:6]] == [0, 1, 2, 3, 4, 0]
    rates, entropies = np.array([drawn(SORTED, i) for i in range(400)]).T
    assert 5e-5 <= rates.min() < 1e-4 and 2.5e-3 < rates.max() <= 5e-3
    assert 1e-5 <= entropies.min() < 2e-5 and 5e-3 < entropies.max() <= 1e-2
    assert abs(np.corrcoef(np.log(rates), np.log(entropies))[0, 1]) < 0.15

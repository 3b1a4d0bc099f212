"""What must hold of the runs that ask what a second column uses, and of the third
column.
"""

import pickle
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch

from lecture_code.experiments.observations.progressive_nets import (
    parts,
    third_column,
    transfer,
)
from lecture_code.experiments.observations.progressive_nets.first_columns import COLUMNS
from lecture_code.experiments.observations.progressive_nets.methods import NARROW
from lecture_code.learning.columns import Column, ColumnSizes
from lecture_code.observations.progressive_nets import ProgressiveNet
from lecture_code.observations.usage import DisturbedColumn

pytestmark = pytest.mark.usefixtures("one_torch_thread")
SMALL = replace(parts.SMOKE, frames=5 * 20)
THIRD = replace(third_column.SMOKE, frames=5 * 20)


def trained():
    """A stand-in for a trained column: its policy is not uniform."""
    column = Column(COLUMNS.sizes, np.random.default_rng(8))
    with torch.no_grad():
        column.W[-1].mul_(20)
    return column


@pytest.fixture(autouse=True)
def _first_columns(monkeypatch):
    for run in (parts.PartsRun, third_column.ThirdRun, transfer.RobotRun):
        monkeypatch.setattr(run, "trained", lambda self: trained())


def finished(run):
    """The result of a run, and its records."""
    records = []
    while run.progress < 1:
        before = run.progress
        records.append(run.advance())
        assert run.progress > before
    return run.result(), records


@cache
def whole_run():
    """The outcome of a run of the usual size that was not interrupted."""
    return finished(parts.runs(SMALL)["A frozen copy 8 8 32/0"])[0]


# --- parts and capacity


def test_the_usual_size_measures_all_parts():
    """Conformance: after training a run gives the return with each of the 8 subsets of
    laterals off, without its own output, and a sensitivity for each of 6 places, or
    none if it never learnt; the net is dropped at the end.
    """
    run = parts.runs(SMALL)["A frozen copy 8 8 32/0"]
    outcome, _ = finished(run)
    subsets = [entry for entry in outcome if entry.startswith("off")]
    places = [entry for entry in outcome if entry.startswith("noise")]
    assert len(subsets) == 7 and len(places) == 6
    assert set(outcome) == {"parameters", "after", "own output", *subsets, *places}
    assert outcome["after"] > 2
    assert all(outcome[place] >= 0 for place in places)
    assert run.net is None and run.learning is None
    assert len(pickle.dumps(run)) < 5_000


def test_a_net_that_never_learnt_has_no_sensitivity():
    """Limit: where the return is at most 2 nothing can halve; it is none, not zero."""
    run = parts.runs(SMALL)["A progressive 8 8 32/0"]
    while run.net is None:
        run.advance()
    run.outcome["after"] = 2.0
    assert run.sensitivity(run.net, (0, 1)) is None


def test_each_measurement_is_of_its_own_lesion(monkeypatch):
    """Equation: each measured net has exactly the parts at zero that the name of the
    measurement says: every subset of the laterals, or the own output; the trained net
    keeps all.
    """
    run = parts.runs(SMALL)["A frozen copy 8 8 32/0"]
    while run.net is None:
        run.advance()
    run.to_measure = [what for what in run.to_measure if what not in parts.PLACES]

    def which_are_off(domain, net, theta, n, seed):
        (side,) = net.laterals[-1]
        read = [*(lateral.U for lateral in side), net.columns[-1].W[-1]]
        return sum(10**place for place, part in enumerate(read) if not part.any())

    net = run.net
    monkeypatch.setattr(parts, "returns_in", which_are_off)
    outcome, _ = finished(run)
    outcome.pop("parameters")
    assert outcome == {
        "after": 0,
        "off convolution": 1,
        "off dense": 10,
        "off output": 100,
        "off convolution dense": 11,
        "off convolution output": 101,
        "off dense output": 110,
        "off convolution dense output": 111,
        "own output": 1000,
    }
    assert which_are_off("A", net, {}, 0, 0) == 0


def test_a_sensitivity_is_that_of_the_disturbed_place(monkeypatch):
    """Limit: if the return is zero as soon as there is noise, the smallest noise halves
    it; every test is of the net, or of the net with noise in this one place, in as many
    episodes as tests with noise have.
    """
    run = parts.runs(SMALL)["A frozen copy 8 8 32/0"]
    while run.net is None:
        run.advance()
    seen = set()

    def silenced_by_noise(domain, net, theta, n, seed):
        columns = enumerate(net.columns)
        places = [(k, c.layer) for k, c in columns if isinstance(c, DisturbedColumn)]
        seen.add((n, *places))
        return 0.0 if places else 4.0

    monkeypatch.setattr(parts, "returns_in", silenced_by_noise)
    run.outcome["after"] = 4.0
    assert run.sensitivity(run.net, (1, 2)) > 0
    n = SMALL.noise_tests
    assert seen == {(n,), (n, (1, 2))}


def test_other_sizes_measure_the_return_alone():
    """Conformance: runs of other sizes have a return, and the parameters of their size:
    3 231 for the smallest, 80 183 and 24 064 of laterals for the first column's own.
    """
    outcome, _ = finished(parts.runs(SMALL)["A copied head 2 2 8/0"])
    assert set(outcome) == {"after", "parameters"}
    assert outcome["parameters"] == 3_231
    wide = parts.PartsRun(SMALL, "A", "copied head", (16, 32, 128), 0)
    assert wide.sizes == COLUMNS.sizes == ColumnSizes()
    wide.advance()
    assert wide.outcome["parameters"] == 80_183 + 24_064


def test_the_usual_size_is_the_comparisons_run():
    """Oracle: a run of the comparison with the same method, rate and seed ends with the
    same return.
    """
    grid = replace(
        transfer.smoke_grid(transfer.GRID),
        rates=(parts.PARTS.rate,),
        methods=("copied head",),
        frames=SMALL.frames,
    )
    theirs, _ = finished(transfer.runs(grid)["A copied head 0.001/0"])
    ours, _ = finished(parts.runs(SMALL)["A copied head 8 8 32/0"])
    assert ours["after"] == theirs["after"]
    assert ours["own output"] == theirs["without own output"]
    assert ours["off convolution dense"] == theirs["without hidden laterals"]
    assert ours["off output"] == theirs["without output lateral"]


def test_the_settings_are_those_of_the_comparison():
    """Frames, episodes, segments and tests are the comparison's, and the usual size is
    the narrow column.
    """
    for name in ("frames", "episodes", "tests", "stride", "seeds", "entropy"):
        usual = getattr(transfer.GRID, name)
        assert getattr(parts.PARTS, name) == usual
        assert getattr(third_column.THIRD, name) == usual
    assert parts.PARTS.rate == third_column.THIRD.rate
    assert parts.PARTS.rate in transfer.GRID.rates
    assert (*NARROW.filters, NARROW.dense) == parts.USUAL
    assert len(parts.groups(parts.PARTS)) == 2 * (3 + 2 * 2)


@pytest.mark.parametrize("when", [1, 8])
def test_an_interrupted_run_ends_the_same(when):
    """Determinism: pickled while it learns, or while it is measured, a run ends with
    the same numbers.
    """
    run = parts.runs(SMALL)["A frozen copy 8 8 32/0"]
    for _ in range(when):
        run.advance()
    later, _ = finished(pickle.loads(pickle.dumps(run)))
    assert later == whole_run()


# --- the third column


@pytest.mark.parametrize("method", third_column.FIRST_METHOD)
def test_a_third_domain_measures_what_the_protocol_says(method):
    """Conformance: returns in all three domains before and after; progressive nets keep
    those of the old domains to the last digit, the others do not keep their network.
    """
    outcome, _ = finished(third_column.runs(THIRD)[f"{method}/0"])
    domains = ("simulation", "A")
    names = {f"{domain} {when}" for domain in domains for when in ("before", "after")}
    assert set(outcome) == {
        "before",
        "after",
        "parameters",
        "all parameters",
        *names,
    }
    if method in ("third column", "second column"):
        for domain in domains:
            assert outcome[f"{domain} before"] == outcome[f"{domain} after"]


def test_each_return_is_of_its_own_domain(monkeypatch):
    """Equation: before and after are measured with the moving target, the others in the
    domain of their name.
    """
    marks = {"simulation": 1.0, "A": 2.0, "conveyor": 3.0}
    monkeypatch.setattr(
        third_column, "returns_in", lambda domain, *others: marks[domain]
    )
    outcome, _ = finished(third_column.runs(THIRD)["head only/0"])
    assert outcome["before"] == outcome["after"] == 3
    for when in ("before", "after"):
        assert outcome[f"simulation {when}"] == 1 and outcome[f"A {when}"] == 2


def test_parameters_are_those_of_the_nets():
    """Equation: a second column trains 13 335 parameters, a third one 19 383, which is
    6 048 more, for laterals from the second; nothing old is trained.
    """
    counts = {}
    for method in ("third column", "second column", "fine-tuning twice", "head only"):
        run = third_column.runs(replace(THIRD, frames=5 * 4))[f"{method}/0"]
        outcome, _ = finished(run)
        counts[method] = outcome["parameters"], outcome["all parameters"]
    assert counts == {
        "third column": (19_383, 80_183 + 13_335 + 19_383),
        "second column": (13_335, 80_183 + 13_335),
        "fine-tuning twice": (80_183, 80_183),
        "head only": (903, 80_183),
    }


def reached(method, trainings_left):
    """A run whose training before the last, or last, has just begun."""
    run = third_column.runs(THIRD)[f"{method}/0"]
    run.advance()
    while len(run.domains) > trainings_left:
        run.advance()
    return run


def test_a_third_column_begins_with_the_second_columns_policy():
    """Limit: before it learns the net of three columns decides as the net of two, to
    the last bit, and columns 1 and 2 are those that were trained.
    """
    run = reached("third column", 0)
    net = run.learning.network
    assert isinstance(net, ProgressiveNet) and len(net.columns) == 3
    x = torch.rand(5, 24, 24, 3, generator=torch.Generator().manual_seed(0))
    two = third_column.policies(net)["A"]
    assert len(two.columns) == 2
    assert torch.equal(
        net(x, torch.zeros(5, 0)).logits, two(x, torch.zeros(5, 0)).logits
    )
    one = third_column.policies(net)["simulation"]
    assert torch.equal(
        one(x, torch.zeros(5, 0)).logits, trained()(x, torch.zeros(5, 0)).logits
    )
    assert not torch.equal(
        one(x, torch.zeros(5, 0)).logits, two(x, torch.zeros(5, 0)).logits
    )
    learnt = [name for name, part in net.named_parameters() if part.requires_grad]
    assert all(name.startswith(("columns.2", "laterals.2")) for name in learnt)
    assert run.learning.domain == "conveyor"


def test_fine_tuning_twice_goes_on_with_the_network_of_the_robot():
    """Limit: its second training begins where the first one ended, with all parameters
    free; methods with one training begin with the moving target.
    """
    run = reached("fine-tuning twice", 0)
    assert run.learning.domain == "conveyor" and run.trainings == 2
    column = run.learning.network
    assert all(part.requires_grad for part in column.parameters())
    assert not torch.equal(column.W[0], trained().W[0])
    single = reached("fine-tuning", 0)
    assert single.learning.domain == "conveyor" and single.trainings == 1


@pytest.mark.parametrize("method", third_column.TWO_TRAININGS)
def test_the_first_of_two_trainings_is_on_robot_a(method):
    """Conformance: methods with two trainings begin in A, with the trained column."""
    run = reached(method, 1)
    assert run.learning.domain == "A" and run.trainings == 2


def test_an_interrupted_third_column_ends_the_same():
    """Determinism: pickled between its trainings, a run ends with the same numbers."""
    whole, _ = finished(third_column.runs(THIRD)["third column/0"])
    later, _ = finished(pickle.loads(pickle.dumps(reached("third column", 0))))
    assert later == whole


def test_summaries_have_all_seeds():
    """Conformance: a list over the seeds for each measurement, parameters once."""
    settings = replace(THIRD, methods=("head only",), seeds=(0, 1), frames=5 * 4)
    results = {
        name: finished(run)[0] for name, run in third_column.runs(settings).items()
    }
    curves, arrays = third_column.summarise(settings, results)
    assert arrays == {}
    assert len(curves["head only"]["after"]) == 2
    assert curves["head only"]["parameters"] == 903
    few = replace(SMALL, widths=((2, 2, 8),), methods=("copied head",), seeds=(0, 1))
    results = {name: finished(run)[0] for name, run in parts.runs(few).items()}
    curves, _ = parts.summarise(few, results)
    entry = curves["A copied head 2 2 8"]
    assert len(entry["after"]) == 2 and entry["parameters"] == 3_231

"""What must hold of first columns and of the methods that start from them."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

from lecture_code.experiments.observations.progressive_nets.first_columns import (
    COLUMNS,
    FirstColumnRun,
    smoke_columns,
    summarise,
)
from lecture_code.experiments.observations.progressive_nets.learning import (
    Learning,
    returns_in,
)
from lecture_code.experiments.observations.progressive_nets.methods import (
    METHODS,
    NARROW,
    TEMPERATURE,
    lesions_of,
    network_of,
    source_policy,
)
from lecture_code.experiments.observations.progressive_nets.weights import (
    from_rounded,
    load_first_column,
    rounded,
)
from lecture_code.experiments.results import load_result
from lecture_code.learning.actor_critic import ActorCriticSettings
from lecture_code.learning.columns import Column, number_of_parameters
from lecture_code.learning.episodes import learnt_parameters, with_parameters

pytestmark = pytest.mark.usefixtures("one_torch_thread")
SIZES = COLUMNS.sizes


def trained():
    """A stand-in for a trained column: its policy is not uniform."""
    column = Column(SIZES, np.random.default_rng(8))
    with torch.no_grad():
        column.W[-1].mul_(20)
    return column


def finished(run):
    """The result of a run, and its records."""
    records = []
    while run.progress < 1:
        records.append(run.advance())
    return run.result(), records


def test_rounded_weights_are_near_and_small():
    """Equation: a rounded weight is within half a step of its scale, in one byte; a
    rounded network is rounded to itself.
    """
    theta = dict(trained().named_parameters())
    arrays = rounded(theta)
    again = from_rounded(arrays)
    for name, value in theta.items():
        scale = arrays[f"{name} scale"]
        rows = np.abs((again[name] - value.detach()).numpy()).reshape(len(scale), -1)
        assert (rows.max(axis=1) <= 0.5001 * scale + 1e-9).all()
        assert arrays[name].dtype == np.int8
    assert sum(part.nbytes for part in arrays.values()) < 83_000
    for name, part in rounded(again).items():
        np.testing.assert_allclose(part, arrays[name], rtol=1e-6)


def test_a_first_column_is_tried_as_it_is_stored():
    """What is reported of a column are the returns of its rounded weights; a run that
    is pickled on the way ends with the same numbers.
    """
    settings = smoke_columns(COLUMNS)
    first, records = finished(FirstColumnRun(settings, "simulation", 0))
    run = FirstColumnRun(settings, "simulation", 0)
    run.advance()
    run.advance()
    second, _ = finished(pickle.loads(pickle.dumps(run)))
    assert first["tests"] == second["tests"] and first["curve"] == second["curve"]
    assert np.array_equal(first["weights"]["W.0"], second["weights"]["W.0"])
    column = with_parameters(trained(), from_rounded(first["weights"]))
    assert first["tests"]["B"] == returns_in("B", column, {}, settings.tests, 0)
    assert set(records[0]) == {"loss", "entropy"}
    curves, arrays = summarise(settings, {"simulation/0": first})
    assert arrays["W.0"].shape == (1, 16, 3, 4, 4)
    assert len(curves["simulation"]["tests"]["C"]) == 1


def test_the_sizes_are_those_of_the_protocol():
    """Equation: 80 183 parameters for a first column; 13 335 that learn in a second
    column, 903 in a head, and what the copied head keeps frozen is its 896 weights.
    """
    learnt = {
        method: number_of_parameters(network_of(method, trained, SIZES, 0), learnt=True)
        for method in METHODS
    }
    assert learnt == {
        "scratch": 80_183,
        "fine-tuning": 80_183,
        "head only": 903,
        "progressive": 13_335,
        "copied head": 13_335,
        "frozen copy": 13_335 - 896,
        "untrained column": 13_335,
    }
    assert NARROW.dense < SIZES.dense


def test_methods_start_where_they_say():
    """Before any learning, fine-tuning, the head alone and the copied head are the
    first column as it is, to the last bit; the others are not.
    """
    as_it_is = returns_in("A", trained(), {}, 4, 0)
    x = torch.tensor(
        np.random.default_rng(0).random((5, 24, 24, 3)), dtype=torch.float32
    )
    logits = trained()(x, torch.zeros(5, 0)).logits
    for method in METHODS:
        network = network_of(method, trained, SIZES, 0)
        same = torch.equal(network(x, torch.zeros(5, 0)).logits, logits)
        assert same == (method in ("fine-tuning", "head only", "copied head")), method
        if same:
            assert returns_in("A", network, {}, 4, 0) == as_it_is


def test_a_progressive_net_loses_nothing_and_fine_tuning_does():
    """What acts in the simulation after training is the first column, bit for bit, or
    the network that fine-tuning has changed.
    """
    x = torch.rand(3, 24, 24, 3, generator=torch.Generator().manual_seed(0))
    before = trained()(x, torch.zeros(3, 0)).logits
    for method in ("copied head", "fine-tuning", "head only"):
        network = network_of(method, trained, SIZES, 0)
        learning = Learning(network, "B", ActorCriticSettings(), 4, 0)
        learning.stride(1)
        source = source_policy(network, learning.state.theta)
        same = torch.equal(source(x, torch.zeros(3, 0)).logits, before)
        assert same == (method == "copied head")


def test_a_lesion_removes_one_part():
    """Limit: without its output lateral and its own output a net decides by its bias
    alone; each lesion changes the decision, and no network of one column has any.
    """
    x = torch.rand(3, 24, 24, 3, generator=torch.Generator().manual_seed(0))
    network = network_of("frozen copy", trained, SIZES, 0)
    theta = {
        name: value.detach().clone()
        for name, value in network.named_parameters()
        if value.requires_grad
    }
    whole = network(x, torch.zeros(3, 0)).logits
    lesions = lesions_of(network, theta)
    assert set(lesions) == {"own output", "hidden laterals", "output lateral"}
    for lesion in lesions.values():
        assert not torch.equal(lesion(x, torch.zeros(3, 0)).logits, whole)
    blind = lesions_of(lesions["output lateral"], {})["own output"]
    logits = blind(x, torch.zeros(3, 0)).logits
    assert torch.equal(logits[0], logits[1])
    assert torch.equal(network(x, torch.zeros(3, 0)).logits, whole)
    assert lesions_of(trained(), {}) == {}


def test_the_layers_that_learn_are_those_named():
    """Conformance: each method frees its layers alone, and both together free all."""
    free = {
        method: set(learnt_parameters(network_of(method, trained, SIZES, 0)))
        for method in ("only convolutions", "all but convolutions", "head only")
    }
    assert free["only convolutions"] == {"W.0", "b.0", "W.1", "b.1"}
    assert free["all but convolutions"] == {"W.2", "b.2", "W.3", "b.3"}
    assert free["head only"] == {"W.3", "b.3"}
    sizes = replace(SIZES, lstm=4)
    recurrent = network_of(
        "head only", lambda: Column(sizes, np.random.default_rng(0)), sizes, 0
    )
    assert set(learnt_parameters(recurrent)) == {"W.4", "b.4"}


def test_a_soft_start_has_the_same_preferences_and_is_less_sure():
    """Equation: logits are divided by the temperature, the value stays, the given
    column is not changed, and a progressive net begins with the soft policy.
    """
    x = torch.rand(3, 24, 24, 3, generator=torch.Generator().manual_seed(0))
    column = trained()
    nothing = torch.zeros(3, 0)
    before = column(x, nothing)
    for method in ("soft fine-tuning", "soft copied head"):
        soft = network_of(method, lambda: column, SIZES, 0)(x, nothing)
        torch.testing.assert_close(TEMPERATURE * soft.logits, before.logits)
        torch.testing.assert_close(soft.values, before.values)
    assert torch.equal(column(x, nothing).logits, before.logits)


def test_an_unknown_method_is_named():
    """Bad input: the error lists the methods."""
    with pytest.raises(ValueError, match=r"no method 'magic'.*fine-tuning"):
        network_of("magic", trained, SIZES, 0)


@pytest.mark.parametrize("seed", COLUMNS.seeds)
def test_the_committed_columns_are_those_that_were_tried(seed):
    """Oracle: a column that is read from the result earns the return that the result
    says, and has learnt to reach.
    """
    tests = load_result("progressive_nets_columns").curves["simulation"]["tests"]
    column = load_first_column(seed)
    again = returns_in("simulation", column, {}, COLUMNS.tests, seed)
    assert again == pytest.approx(tests["simulation"][seed], abs=1.0)
    assert again > 25


def test_a_seed_without_a_column_is_named():
    """Bad input: the error lists the seeds."""
    with pytest.raises(ValueError, match="no seed 9; there are 0, 1, 2, 3, 4"):
        load_first_column(9)

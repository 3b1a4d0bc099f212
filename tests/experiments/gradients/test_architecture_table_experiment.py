"""The table of all children for digits: its data, its trainings, its result."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

from lecture_code.experiments import Result, load_result
from lecture_code.experiments.gradients.architecture_search.table import (
    NAME,
    SMOKE,
    TABLE,
    TableRun,
    image_parts,
    load_table,
    summarise,
    table_of,
    trained_child,
    trained_places,
)
from lecture_code.gradients.child_networks import DIGIT_SPACE, DigitNetwork, canonical
from lecture_code.learning.columns import number_of_parameters

pytestmark = pytest.mark.usefixtures("one_torch_thread")
GOOD = {
    "filters1": 16,
    "kernel1": 3,
    "filters2": 16,
    "kernel2": 3,
    "activation": "relu",
    "skip": 0,
    "pool": "max",
}


def test_the_parts_have_no_common_image():
    """Invariance: 400, 400 and 997 of the 1,797 scans, and no scan twice."""
    parts = image_parts(TABLE.training, TABLE.validation)
    assert [len(part.labels) for part in parts] == [400, 400, 997]
    assert all(part.images.shape[1:] == (1, 8, 8) for part in parts)
    everything = torch.cat([part.images for part in parts]).flatten(1)
    assert len(torch.unique(everything, dim=0)) == 1797
    assert everything.min() >= 0 and everything.max() <= 1


def test_the_classes_are_equally_frequent():
    """Forty images of each digit to learn from, and forty to validate with."""
    training, validation, _ = image_parts(TABLE.training, TABLE.validation)
    assert torch.bincount(training.labels).tolist() == [40] * 10
    assert torch.bincount(validation.labels).tolist() == [40] * 10


def test_every_child_is_trained_once():
    """The trained strings are the 1,053 representatives; the smoke run takes some."""
    places = trained_places(TABLE)
    strings = DIGIT_SPACE.every_string()[places]
    assert len(places) == 1053
    assert (canonical(strings) == strings).all()
    assert set(trained_places(SMOKE)) < set(places)


def test_a_run_goes_on_after_a_checkpoint():
    """Determinism: a run that is pickled after its first child goes on to the same
    numbers, and another seed gives others.
    """
    straight, stopped, other = (TableRun(SMOKE, seed) for seed in (0, 0, 1))
    first = straight.advance()
    assert first == stopped.advance()
    assert first != other.advance()
    stopped = pickle.loads(pickle.dumps(stopped))
    assert straight.advance() == stopped.advance()
    counts = [(c.validation, c.test) for c in straight.children]
    assert counts == [(c.validation, c.test) for c in stopped.children]


def test_training_teaches_digits():
    """Learning with a negative control: eight epochs read most digits, a rate of zero
    stays near chance.
    """
    place = int(DIGIT_SPACE.place(DIGIT_SPACE.string(**GOOD)[None])[0])
    idle = replace(TABLE, child=replace(TABLE.child, rate=0.0, epochs=1))
    assert trained_child(TABLE, place, 5).validation > 350
    assert trained_child(idle, place, 5).validation < 150


def test_a_part_of_the_children_is_no_table():
    """The result of the smoke run is refused, with both numbers."""
    runs = {f"seed {seed}": TableRun(SMOKE, seed) for seed in SMOKE.seeds}
    for run in runs.values():
        while run.progress < 1:
            run.advance()
    results = {name: run.result() for name, run in runs.items()}
    curves, arrays = summarise(SMOKE, results)
    assert not arrays and len(curves["milliseconds"]) == len(curves["places"]) == 6
    curves = {**curves, "places": curves["places"].tolist()}
    result = Result("x", {}, [0, 1], curves, {}, {}, {}, 0.0, "")
    with pytest.raises(ValueError, match="has 6 children; a table needs the 1053"):
        table_of(result)


def test_the_committed_table_is_that_of_the_space():
    """Conformance: five seeds, a row for each string, aliases with equal rows, and
    the parameters of newly built children.
    """
    table = load_table()
    assert table.space == DIGIT_SPACE
    assert table.validation.shape == table.test.shape == (1458, 5)
    strings = DIGIT_SPACE.every_string()
    rows = DIGIT_SPACE.place(canonical(strings))
    assert (table.validation == table.validation[rows]).all()
    assert (table.regret(strings) >= 0).all()
    for place in np.random.default_rng(0).choice(1458, 20, replace=False):
        child = DigitNetwork(strings[place], torch.Generator().manual_seed(0))
        assert number_of_parameters(child) == table.parameters[place]


def test_random_cells_of_the_result_come_again():
    """Replay: four random trainings give the committed numbers of right images again.
    On another processor, sums are rounded in another way, so a few images may differ.
    """
    curves = load_result(NAME).curves
    rng = np.random.default_rng(2026)
    for i in rng.choice(len(curves["places"]), 4, replace=False):
        seed = int(rng.choice(TABLE.seeds))
        child = trained_child(TABLE, curves["places"][i], seed)
        column = TABLE.seeds.index(seed)
        right = np.array([curves[part][column][i] for part in ("validation", "test")])
        allowed = 0.015 * np.array([400, 997])
        assert (np.abs(right - (child.validation, child.test)) <= allowed).all()

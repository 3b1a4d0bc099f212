"""What must hold of the runs of *Domain confusion*."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

from lecture_code.experiments.observations.domain_confusion import hooks, networks
from lecture_code.experiments.observations.domain_confusion.arms import (
    ARMS,
    HookArm,
    HookData,
    Pupil,
    as_labels,
    hook_data,
    nearest_poses,
    squared_error,
)
from lecture_code.experiments.observations.domain_confusion.hooks import (
    MAIN,
    SMALL,
    HookRun,
)
from lecture_code.experiments.observations.domain_confusion.measures import places
from lecture_code.experiments.observations.domain_confusion.networks import (
    KEPT,
    SHOWN_SEED,
    SMALL_KEPT,
    load_hook_network,
    load_pairs,
)
from lecture_code.experiments.observations.domain_confusion.steps import (
    FIRST_BATCHES,
    SHORT_STEPS,
)
from lecture_code.experiments.results import load_result
from lecture_code.observations.domain_confusion import AlignmentSettings
from lecture_code.observations.hook_scenes import errors, success_rate
from lecture_code.observations.representation import hook_network, network_inputs

pytestmark = pytest.mark.usefixtures("one_torch_thread")
EXPERIMENTS = {e.name: e for e in (*hooks.EXPERIMENTS, *networks.EXPERIMENTS)}
MEASURED = {
    "success",
    "error",
    "synthetic error",
    "success after attempts",
    "domain error",
    "feature std",
    "pair distance",
}


def finished(run):
    """The result of a run, and its records."""
    records = []
    while run.progress < 1:
        records.append(run.advance())
    return run.result(), records


def trained(name, batches, settings=SMALL):
    """The pupil of this arm after so many batches."""
    pupil = Pupil(ARMS[name], settings, 0)
    while pupil.state.batches < batches:
        pupil.advance()
    return pupil


def same(first, second):
    """Whether two pupils have the same network, to the last bit."""
    a, b = (pupil.state.network.state_dict() for pupil in (first, second))
    return all(torch.equal(a[name], b[name]) for name in a)


# --- experiments


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_goes_to_its_end(name):
    """Conformance: with small settings each experiment has all numbers of each arm and
    seed in its summary, and they are finite.
    """
    experiment = EXPERIMENTS[name]
    results = {
        key: finished(run)[0] for key, run in experiment.runs(experiment.smoke).items()
    }
    curves, arrays = experiment.summarise(experiment.smoke, results)
    assert set(curves) <= set(ARMS)
    for columns in curves.values():
        assert set(columns) == MEASURED
        assert all(len(column) == 1 for column in columns.values())
        assert np.isfinite(list(columns.values())).all()
    assert bool(arrays) == (name == "domain_confusion_networks")


def test_a_run_goes_on_where_it_was_interrupted():
    """Determinism: a run that was pickled before and after its pairs were chosen ends
    with the numbers of a run in one go.
    """
    whole, records = finished(HookRun(ARMS["weak pairs"], SMALL, 0))
    run = HookRun(ARMS["weak pairs"], SMALL, 0)
    again = []
    while run.progress < 1:
        run = pickle.loads(pickle.dumps(run))
        again.append(run.advance())
    assert run.result() == whole and again == records
    assert set(whole) == MEASURED


def test_first_records_are_of_few_batches():
    """Conformance: the first steps have two batches each, so that another machine
    computes the same records.
    """
    settings = replace(SMALL, method=AlignmentSettings(first=60, second=4, batch=4))
    pupil = Pupil(ARMS["weak pairs"], settings, 0)
    batches = []
    for _ in range(SHORT_STEPS + 1):
        pupil.advance()
        batches.append(pupil.state.batches)
    assert batches == [FIRST_BATCHES, 2 * FIRST_BATCHES, 3 * FIRST_BATCHES, 56]


# --- arms


def test_rows_of_the_lecture_come_first():
    """Conformance: the six rows of the lecture's table in its order, then our own."""
    assert list(ARMS)[:6] == [
        "synthetic only",
        "autoencoder (100)",
        "autoencoder (500)",
        "random pairs",
        "weak pairs",
        "oracle",
    ]


def test_all_arms_have_the_same_images():
    """Fairness: arms of a seed share synthetic images and tests, and one with fewer
    "real" images has the first of them; another seed has others.
    """
    few, many = (Pupil(ARMS[name], SMALL, 0) for name in ("weak pairs", "oracle"))
    assert few.data is many.data
    assert len(few.real) == 100 and len(many.real) == 500
    assert np.array_equal(few.real.images, many.real.images[:100])
    other = Pupil(ARMS["oracle"], SMALL, 1)
    assert not np.array_equal(other.real.images, many.real.images)
    sets = (few.data.synthetic, few.data.checks, few.data.real, few.data.tests)
    poses = np.concatenate([images.poses for images in sets])
    assert len(np.unique(poses, axis=0)) == len(poses)


def test_arms_learn_from_what_their_names_say():
    """Conformance: an oracle has "real" images with labels and neither λ nor ν; without
    "real" images none is ever seen; other arms have unlabelled "real" ones.
    """
    oracle = Pupil(ARMS["oracle"], SMALL, 0)
    assert torch.equal(oracle.domains().source, network_inputs(oracle.real.images))
    assert torch.equal(oracle.domains().labels, as_labels(oracle.real.poses))
    assert (oracle.method.confusion, oracle.method.pairs) == (0, 0)
    alone = Pupil(ARMS["synthetic only"], SMALL, 0)
    synthetic = network_inputs(alone.data.synthetic.images)
    assert torch.equal(alone.domains().target, synthetic)
    assert (alone.method.confusion, alone.method.pairs) == (0, 0)
    weak = Pupil(ARMS["weak pairs"], SMALL, 0)
    assert torch.equal(weak.domains().source, synthetic)
    assert torch.equal(weak.domains().target, network_inputs(weak.real.images))
    for name, weights in (
        ("weak pairs", (0.3, 1)),
        ("confusion alone", (0.3, 0)),
        ("weak pairs alone", (0, 1)),
        ("perfect pairs", (0.3, 1)),
    ):
        method = Pupil(ARMS[name], SMALL, 0).method
        assert (method.confusion, method.pairs) == weights
    assert Pupil(ARMS["standardised"], SMALL, 0).state.network.standardised


def test_arms_with_confusion_are_alike_until_pairs_are_chosen():
    """Fairness: after line 3 weak, random and perfect pairs and confusion alone are one
    network, bit for bit; after line 8 they are four.
    """
    names = ("weak pairs", "random pairs", "perfect pairs", "confusion alone")
    first = SMALL.method.first
    before = [trained(name, first) for name in names]
    assert all(same(before[0], other) for other in before[1:])
    after = [trained(name, first + SMALL.method.second) for name in names]
    for i, pupil in enumerate(after):
        assert not any(same(pupil, other) for other in after[:i])


def test_synthetic_only_sees_no_real_image():
    """Independence: at another gap "synthetic only" is the same network bit for bit;
    with confusion it is not.
    """
    far = replace(SMALL, gap=2.0)
    name = "synthetic only"
    assert same(trained(name, 6), trained(name, 6, far))
    name = "confusion alone"
    assert not same(trained(name, 6), trained(name, 6, far))


# --- pairs


def test_perfect_pairs_are_the_nearest_places():
    """Oracle: each "real" place has the synthetic one that is nearest when all are
    compared; a place is nearest to itself.
    """
    rng = np.random.default_rng(0)
    synthetic, real = rng.random((50, 2)), rng.random((9, 2))
    for i, j in nearest_poses(synthetic, real):
        far = [np.hypot(*(place - real[j])) for place in synthetic]
        assert far[i] == min(far)
    assert nearest_poses(synthetic, real)[:, 1].tolist() == list(range(9))
    assert np.array_equal(nearest_poses(real, real)[:, 0], np.arange(9))


class Alike(Pupil):
    """A pupil whose "real" hooks are at the places of the synthetic ones."""

    @property
    def data(self) -> HookData:
        """As of the seed, with "real" images that are the synthetic ones."""
        data = super().data
        return HookData(data.synthetic, data.checks, data.synthetic, data.tests)


def test_hooks_of_perfect_pairs_on_the_same_places_are_0_apart():
    """Limit: the distance of the hooks of a pair is 0 there, the median distance for
    random pairs, and 0 by convention without pairs.
    """
    pupils = {
        pairs: Alike(HookArm(30, pairs=pairs), SMALL, 0) for pairs in ("perfect", "")
    }
    pupils["random"] = Alike(HookArm(30, pairs="random"), SMALL, 0)
    for pupil in pupils.values():
        while pupil.state.batches < pupil.length:
            pupil.advance()
    assert pupils["perfect"].pair_distance() == 0
    assert pupils[""].state.pairs is None and pupils[""].pair_distance() == 0
    i, j = pupils["random"].state.pairs.T
    poses = pupils["random"].data.synthetic.poses
    wanted = np.median(np.hypot(*(poses[i] - poses[j]).T))
    assert pupils["random"].pair_distance() == pytest.approx(wanted)
    assert wanted > 0.1


def test_random_pairs_are_the_same_in_every_network():
    """Independence: random pairs know nothing of a network, each "real" image has one,
    and another seed has others.
    """
    chosen = [
        Pupil(ARMS["random pairs"], SMALL, seed).pair_choice()(None, None, None)
        for seed in (0, 0, 1)
    ]
    assert np.array_equal(chosen[0], chosen[1])
    assert not np.array_equal(chosen[0], chosen[2])
    assert chosen[0][:, 1].tolist() == list(range(100))
    assert chosen[0][:, 0].max() < SMALL.synthetic


def test_a_task_loss_is_a_squared_distance():
    """Equation: labels are decimetres, and the loss is the mean squared distance."""
    labels = as_labels(np.array([[0.1, 0.0], [0.0, 0.2]]))
    torch.testing.assert_close(labels, torch.tensor([[1.0, 0.0], [0.0, 2.0]]))
    assert squared_error(labels + torch.tensor([3.0, 4.0]), labels).item() == 25


# --- networks that are kept


def test_weights_are_kept_as_they_were():
    """Round trip: the weights of the summary make a network again whose answers are
    those of the trained one, but for float16; its pairs are the run's.
    """
    key = "weak pairs/0"
    run = networks.runs(SMALL_KEPT)[key]
    result, _ = finished(run)
    _, arrays = networks.summarise(SMALL_KEPT, {key: result})
    network = hook_network(np.random.default_rng(0))
    parts = {
        name: torch.from_numpy(arrays[f"{key} {name}"].astype("float32"))
        for name in network.state_dict()
    }
    network.load_state_dict(parts)
    pupil = run.run.pupil
    np.testing.assert_allclose(
        places(network, pupil.data.tests),
        places(pupil.state.network, pupil.data.tests),
        atol=2e-3,
    )
    assert np.array_equal(arrays[f"{key} pairs"], pupil.state.pairs)


@pytest.fixture(scope="module")
def kept():
    """Images of the seed whose networks are kept."""
    base = KEPT.base
    return hook_data(base.synthetic, base.checks, base.tests, base.gap, SHOWN_SEED)


@pytest.mark.parametrize("arm", KEPT.base.arms)
def test_a_kept_network_hits_as_often_as_the_result_says(arm, kept):
    """Oracle: a network that is read from the result puts the loop on the hook in the
    stored share of the tests, and its pairs are as far apart as stored.
    """
    curves = load_result("domain_confusion_networks").curves[arm]
    network = load_hook_network(arm)
    assert not any(part.requires_grad for part in network.parameters())
    missed = errors(places(network, kept.tests), kept.tests.poses)
    assert success_rate(missed) == pytest.approx(
        curves["success"][SHOWN_SEED], abs=0.01
    )
    pairs = load_pairs(arm)
    assert len(pairs) == (100 if KEPT.base.arms[arm].pairs else 0)
    if len(pairs):
        i, j = pairs.T
        apart = np.median(errors(kept.synthetic.poses[i], kept.real.poses[j]))
        assert apart == pytest.approx(curves["pair distance"][SHOWN_SEED], abs=1e-5)


def test_a_network_that_is_not_kept_is_named():
    """Bad input: the error lists the arms whose networks are kept."""
    with pytest.raises(ValueError, match=r"no network of 'magic/1'.*weak pairs/4"):
        load_hook_network("magic")


def test_main_settings_are_those_of_the_protocol():
    """Conformance: 4 000 synthetic images, 2 400 batches of 32, λ = 0.3 and ν = 1, ten
    seeds of eleven arms.
    """
    assert MAIN.method == AlignmentSettings(0.3, 1.0, "confusion", 800, 1600, 32, 3e-3)
    assert (MAIN.synthetic, MAIN.tests, MAIN.checks, MAIN.gap) == (4000, 1000, 1000, 1)
    assert (len(MAIN.arms), MAIN.seeds) == (11, tuple(range(10)))

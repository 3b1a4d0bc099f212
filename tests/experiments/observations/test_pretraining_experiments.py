"""What must hold of the runs of *Pretraining*: who learns from what, how features are
probed, and that interrupted runs end the same.
"""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from lecture_code.experiments.observations.pretraining import (
    collapse,
    features,
    limits,
    longer,
    pushing,
)
from lecture_code.experiments.observations.pretraining.arms import (
    ANSWERS,
    FIRST_BATCHES,
    METHODS,
    SHORT_STEPS,
    FeatureArm,
    FeaturePupil,
)
from lecture_code.experiments.observations.pretraining.features import (
    ARMS,
    SMALL,
    FeatureRun,
    small_arm,
)
from lecture_code.experiments.observations.pretraining.kept import restore
from lecture_code.experiments.observations.pretraining.probes import (
    network_features,
    pose_errors,
    pose_labels,
    pose_probe,
    read_poses,
)
from lecture_code.experiments.observations.pretraining.pushing import PushingRun
from lecture_code.experiments.observations.pretraining.told import (
    ToldPupil,
    pose_features,
)
from lecture_code.experiments.observations.pretraining.triples import (
    DataSizes,
    poke_data,
    small_pixels,
)
from lecture_code.observations.curious_heads import CuriousSettings
from lecture_code.observations.inverse_models import InverseSettings
from lecture_code.observations.pushing import Objects, pose_distances
from lecture_code.observations.representation import point_network
from lecture_code.observations.slowness import SlownessSettings

pytestmark = pytest.mark.usefixtures("one_torch_thread")
RNG = np.random.default_rng
EXPERIMENTS = {
    e.name: e
    for e in (
        *collapse.EXPERIMENTS,
        *features.EXPERIMENTS,
        *limits.EXPERIMENTS,
        *longer.EXPERIMENTS,
        *pushing.EXPERIMENTS,
    )
}
EVERY = {
    **ARMS,
    "triplet": FeatureArm(
        "slowness", slowness=SlownessSettings(form="triplet", margin=0.5)
    ),
    "push head alone": FeatureArm(
        "curious", curious=CuriousSettings(tactile=0.0, view=0.0)
    ),
}


def finished(run):
    """The result of a run, and its records."""
    records = []
    while run.progress < 1:
        records.append(run.advance())
    return run.result(), records


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_goes_to_its_end(name):
    """Conformance: all runs of the smoke settings end, with finite numbers for each
    arm; the full settings have five seeds.
    """
    experiment = EXPERIMENTS[name]
    assert len(experiment.settings.seeds) >= 5
    results = {
        key: finished(run)[0] for key, run in experiment.runs(experiment.smoke).items()
    }
    curves, arrays = experiment.summarise(experiment.smoke, results)
    assert {key.rpartition("/")[0] for key in results} == set(curves)
    for arm in curves.values():
        for values in arm.values():
            assert np.isfinite(np.array(values)).all()
    assert all(np.isfinite(part).all() for part in arrays.values())


def marked(network):
    """The bits of all weights."""
    return [part.numpy().tobytes() for part in network.state_dict().values()]


def collapsed(batches, **taken):
    """A training on few triples, at its end, and its first losses."""
    arm = replace(collapse.collapse_arm(**taken), triples=150)
    settings = replace(collapse.SMALL, arms={"arm": arm}, batches=batches)
    pupil = collapse.CollapsePupil(arm, settings, 0)
    first = pupil.advance()
    while pupil.done < 1:
        pupil.advance()
    return pupil, first


def test_the_control_has_the_losses_of_the_method():
    """Limit: with both losses and a target the control is `poke_loss`, to the bit;
    without a target the first forward loss is the same, and the features are others;
    without the inverse loss the forward loss is the only one.
    """
    whole, losses = collapsed(1)
    plain = FeaturePupil(whole.arm, whole.settings, 0)
    assert plain.advance() == losses
    assert marked(plain.network) == marked(whole.network)
    free, same = collapsed(1, target=False)
    assert same == losses and marked(free.network) != marked(whole.network)
    assert collapsed(1, inverts=False)[1] == {"forward": losses["forward"]}


def test_the_inverse_loss_prevents_a_collapse():
    """Learning with a negative control: with the inverse loss features vary more than
    without, with a target and without.
    """
    std = {
        (inverts, target): features.measured(
            collapsed(60, inverts=inverts, target=target)[0]
        )["feature std"]
        for inverts in (True, False)
        for target in (True, False)
    }
    assert min(std[True, True], std[True, False]) > 2 * max(
        std[False, True], std[False, False]
    ), std


def test_full_settings_make_all_runs_at_once_and_draw_no_triples():
    """Cheapness: a replay makes all runs first, so a run draws nothing before it
    advances.
    """
    poke_data.cache_clear()
    for experiment in EXPERIMENTS.values():
        assert len(experiment.runs(experiment.settings)) >= 10
    assert poke_data.cache_info().misses == 0


@pytest.mark.parametrize("name", sorted(EVERY))
def test_every_arm_has_features(name):
    """Conformance: each arm, on few triples, gives finite features of every picture."""
    run = FeatureRun(small_arm(EVERY[name]), replace(SMALL, batches=3), 0)
    measured, records = finished(run)
    f = run.pupil.features(run.pupil.data.tests.before)
    assert len(f) == SMALL.tests and np.isfinite(f).all()
    measured = measured["measured"]
    assert measured["pose"] > 0 and records[-1] == measured
    assert (measured["loss of the place"] > 0) == (run.pupil.arm.method == "inverse")


def test_an_interrupted_run_ends_the_same():
    """Determinism: a run that is pickled after each step ends with the same numbers,
    and first steps are short.
    """
    arm = small_arm(ARMS["inverse + forward"])
    plain, records = finished(FeatureRun(arm, SMALL, 0))
    run = FeatureRun(arm, SMALL, 0)
    sizes = []
    while run.progress < 1:
        before = run.pupil.state.batches
        run = pickle.loads(pickle.dumps(run))
        run.advance()
        sizes.append(run.pupil.state.batches - before)
    assert run.result() == plain
    assert sizes[:SHORT_STEPS] == [FIRST_BATCHES] * SHORT_STEPS
    assert sum(sizes) == SMALL.batches and len(records) == len(sizes)


def test_a_probe_of_what_is_there_and_of_what_is_not():
    """Positive and negative control: from the place a probe tells the place; from
    nothing it tells the mean of the labels, whatever the number of labels.
    """
    places = RNG(0).uniform(-0.5, 0.5, (300, 2))
    mixed = places @ RNG(1).normal(size=(2, 5))
    assert limits.place_error(mixed, places, 100) < 0.002
    nothing = np.zeros((300, 1))
    guess = np.linalg.norm(places[:100].mean(axis=0) - places[100:], axis=1).mean()
    assert limits.place_error(nothing, places, 100) == pytest.approx(guess)


def test_who_is_told_briefly_learns_from_fewer_pokes():
    """Definition: the pusher that is told the pose briefly has its own number and size
    of batches, and those of the other one stay.
    """
    settings = replace(pushing.MAIN, told=9, briefly=5)
    told, brief = (
        PushingRun(None, name, settings, 0).told
        for name in (pushing.TOLD, pushing.BRIEFLY_TOLD)
    )
    assert (told.batches, told.batch) == (9, 64)
    assert (brief.batches, brief.batch) == (5, 32)


def test_a_longer_arm_is_trained_longer():
    """Definition: `longer` multiplies the batches; an arm without a loss has none."""
    for times in (1, 3):
        arm = replace(small_arm(ARMS["slowness"]), longer=times)
        pupil = FeaturePupil(arm, SMALL, 0)
        while pupil.done < 1:
            pupil.advance()
        assert pupil.state.batches == times * SMALL.batches
    assert FeaturePupil(small_arm(ARMS["pixels"]), SMALL, 0).done == 1


def test_tests_are_never_learnt_from():
    """Fairness: no picture of the tests is among the triples or the labelled ones, an
    arm with fewer triples has the first ones, and a spot that stays changes no object.
    """
    sizes = DataSizes(60, 40, 20)
    data = poke_data(sizes, 0)
    tests = {picture.tobytes() for picture in data.tests.before}
    others = (data.triples.before, data.triples.after, data.labelled.before)
    assert len(tests) == 20
    assert not {picture.tobytes() for part in others for picture in part} & tests
    few = replace(
        SMALL,
        arms={"few": FeatureArm("inverse", 10), "all": small_arm(SMALL.arms["pixels"])},
    )
    pupil = FeaturePupil(few.arms["few"], few, 0)
    assert pupil.triples.after.tobytes() == data.triples.after[:10].tobytes()
    stays = poke_data(replace(sizes, spot_stays=True), 0)
    assert np.array_equal(stays.triples.end.places, data.triples.end.places)
    assert stays.triples.after.tobytes() != data.triples.after.tobytes()


def test_a_probe_reads_what_is_there():
    """Positive and negative control: from the pose itself a probe reads the pose; from
    noise it guesses, and the angle is then off by about 90°.
    """
    objects = Objects.drawn(400, RNG(0))
    rows = np.arange(200)
    parts = objects.rows(rows), objects.rows(rows + 200)
    exact = [pose_labels(part) @ RNG(1).normal(size=(4, 6)) for part in parts]
    errors = pose_probe((exact[0], parts[0]), (exact[1], parts[1]), 100)
    assert errors["pose"] < 0.002 and errors["angle"] < 1
    noise = [RNG(k).normal(size=(200, 6)) for k in (2, 3)]
    errors = pose_probe((noise[0], parts[0]), (noise[1], parts[1]), 100)
    assert 75 < errors["angle"] < 105 and errors["place"] > 0.1


def test_errors_of_poses_by_hand():
    """Hand solution: a place that is 3 and 4 cm off, and an angle that is off by 350°,
    which is 10°.
    """
    true = Objects(np.zeros(1, int), np.zeros((1, 2)), np.array([0.0]))
    told = Objects(np.zeros(1, int), np.array([[0.03, 0.04]]), np.deg2rad([350.0]))
    errors = pose_errors(told, true)
    assert errors["place"] == pytest.approx(0.05)
    assert errors["angle"] == pytest.approx(10)
    assert errors["pose"] == pytest.approx(pose_distances(told, true)[0])
    again = read_poses(pose_labels(told), told)
    np.testing.assert_allclose(again.places, told.places)
    assert pose_errors(again, told)["angle"] == pytest.approx(0, abs=1e-6)


def test_small_pixels_are_means():
    """Equation: a small pixel is the mean of 2 × 2 pixels, in colour for each channel,
    and in grey over the channels, too.
    """
    pictures = RNG(0).integers(0, 255, size=(2, 32, 32, 3), dtype=np.uint8)
    pixels = small_pixels(pictures)
    assert pixels.shape == (2, 256)
    wanted = pictures[1, 6:8, 4:6].mean() / 255
    assert pixels[1, 3 * 16 + 2] == pytest.approx(wanted)
    coloured = small_pixels(pictures, colour=True)
    assert coloured.shape == (2, 768)
    red = pictures[1, 6:8, 4:6, 0].mean() / 255
    assert coloured[1, 3 * (3 * 16 + 2)] == pytest.approx(red)


def test_colour_tells_the_place_and_grey_does_not():
    """Learning with a negative control: with 100 labels a probe of colour pixels tells
    the place much better than one of grey pixels; neither tells the angle.
    """
    settings = replace(SMALL, labelled=150, tests=150, labels=100)
    errors = {}
    for name in ("pixels", "pixels, colour"):
        run = FeatureRun(small_arm(ARMS[name]), settings, 0)
        errors[name] = finished(run)[0]["measured"]
    assert errors["pixels, colour"]["place"] < errors["pixels"]["place"] / 2
    assert min(error["angle"] for error in errors.values()) > 75


def test_an_arm_may_have_a_rate_and_labels_of_its_own():
    """Definition: the arm's rate is Adam's, and its number of labels is the probe's;
    without them, those of the comparison count.
    """
    arm = small_arm(ARMS["autoencoder"])
    rates = [
        FeaturePupil(part, SMALL, 0).state.optimiser.defaults["lr"]
        for part in (arm, replace(arm, rate=None))
    ]
    assert rates == [0.01, SMALL.rate]
    pixels = small_arm(ARMS["pixels, colour"])
    pair = [
        finished(FeatureRun(replace(pixels, labels=n), SMALL, 0))[0]["measured"]
        for n in (None, 40)
    ]
    assert pair[1]["place"] < pair[0]["place"]


def test_networks_are_kept_once():
    """Conformance: only the kept arms of the kept seed hold a network, and it comes
    back from its halves with features that are nearly the same.
    """
    settings = replace(SMALL, arms={"autoencoder": small_arm(ARMS["autoencoder"])})
    results = {
        name: finished(run)[0]
        for name, run in features.runs(replace(settings, seeds=(0, 1))).items()
    }
    assert not results["autoencoder/1"]["weights"]
    run = features.runs(settings)["autoencoder/0"]
    finished(run)
    network = point_network(ANSWERS, RNG(9))
    restore(network, results["autoencoder/0"]["weights"], "network")
    seen = run.pupil.data.tests.before
    told = network_features(network, seen)
    np.testing.assert_allclose(told, run.pupil.features(seen), atol=5e-3)
    assert not any(part.requires_grad for part in network.parameters())


def test_who_is_told_the_pose_learns_pokes_from_it():
    """Learning with a negative control: from true poses an inverse model tells the
    angle of a poke much better than a guess among the bins; what it is told is the pose
    and the kind, and the goal's pose counts.
    """
    settings = replace(SMALL, arms={"pixels": FeatureArm("pixels", 400)}, batch=32)
    pupil = ToldPupil(settings, 0, 300, settings.batch)
    while pupil.done < 1:
        last = pupil.advance()
    assert last["angle"] < np.log(24) - 0.3
    objects = Objects.drawn(50, RNG(1))
    known = pose_features(objects).numpy()
    np.testing.assert_allclose(known[:, :2], 5 * objects.places, rtol=1e-5)
    assert np.array_equal(known[:, 4:].argmax(axis=1), objects.kinds)
    way = np.array([0.1, 0.0])
    there = replace(objects, places=objects.places + way)
    back = replace(objects, places=objects.places - way)
    right, left = (np.cos(pupil.pokes(objects, goal).angles) for goal in (there, back))
    assert right.mean() > 0.3 and left.mean() < -0.3


def test_a_pusher_starts_where_all_pushers_start():
    """Fairness: the errors before the first poke are those of every pusher, and there
    is one number for each poke.
    """
    settings = pushing.SMALL
    starts = []
    for name in settings.pushers:
        measured, _ = finished(PushingRun(None, name, settings, 0))
        path = measured["measured"]["three pokes: pose"]
        assert len(path) == settings.pokes + 1
        starts.append(path[0])
    assert starts[0] == starts[1] > 0


def test_the_network_of_one_seed_is_kept():
    """Conformance: weights of the kept seed are there, as float16; other seeds and
    pushers that learn nothing keep none.
    """
    settings = pushing.SMALL
    arm = settings.features.arms["inverse + forward"]
    kept, _ = finished(PushingRun(arm, "inverse + forward", settings, 0))
    assert {part.dtype for part in kept["weights"].values()} == {np.dtype("float16")}
    assert any(name.startswith("heads.inverse_model") for name in kept["weights"])
    other, _ = finished(PushingRun(arm, "inverse + forward", settings, 1))
    assert not other["weights"]


def test_a_pusher_that_rests_is_the_same_inverse_model():
    """Limit: with rest or without, the learning has the same records, and while nothing
    has arrived the pushing is the same, too.
    """
    settings = replace(pushing.SMALL, goals={"anywhere": 0}, pokes=1)
    arm = settings.features.arms["inverse + forward"]
    plain, rested = (
        finished(PushingRun(arm, "inverse + forward" + mark, settings, 0))
        for mark in ("", pushing.RESTS)
    )
    assert plain[1] == rested[1]
    names = [key.rpartition("/")[0] for key in pushing.runs(settings)]
    assert names == [*pushing.PUSHERS, *arms_of(settings)]


def arms_of(settings):
    """What learns from pictures, with those that rest."""
    return [*settings.features.arms, *(a + pushing.RESTS for a in settings.resting)]


def test_bad_arms_are_named():
    """Bad input: an unknown method, more labels than pictures, heads that are not
    there.
    """
    with pytest.raises(ValueError, match="method must be one of supervised, inverse"):
        FeatureArm("magic")
    assert FeatureArm("inverse", inverse=InverseSettings()).method in METHODS
    objects = Objects.drawn(5, RNG(0))
    with pytest.raises(ValueError, match="labels must be from 2 to 5; got 6"):
        pose_probe((np.ones((5, 2)), objects), (np.ones((5, 2)), objects), 6)
    with pytest.raises(ValueError, match="the autoencoder has no heads"):
        _ = FeaturePupil(small_arm(ARMS["autoencoder"]), SMALL, 0).heads

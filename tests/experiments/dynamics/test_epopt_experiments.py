"""What must hold of the full-scale runs of *EPOpt*: they are fair, they can be
interrupted, and they measure what they say.
"""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from lecture_code.experiments import (
    ExperimentError,
    find_experiment,
    load_arrays,
    load_gaussian_policy,
    load_policy,
    load_result,
    run_experiment,
)
from lecture_code.experiments.dynamics.epopt import hard, training
from lecture_code.experiments.dynamics.epopt.adaptation import BRANCHES, AdaptationRun
from lecture_code.experiments.dynamics.epopt.comparison import (
    ARMS,
    KINDS,
    MASS,
    OTHERS,
    TRIED,
    TUNED,
    TUNING,
    UNMODELLED,
    objective,
    thinned_runs,
)
from lecture_code.experiments.dynamics.epopt.ensembles import EnsembleRun
from lecture_code.experiments.dynamics.epopt.hard import HardRun
from lecture_code.experiments.dynamics.epopt.mining import MiningRun
from lecture_code.experiments.dynamics.epopt.training import Arm, source_of
from lecture_code.learning.risk import worst
from lecture_code.learning.trpo import TRPO
from lecture_code.simulation import check_source, make_world, rollout

pytestmark = pytest.mark.usefixtures("one_torch_thread")
RNG = np.random.default_rng
SMALL = find_experiment("epopt").smoke
ADAPT = find_experiment("epopt_adaptation").smoke


def to_the_end(run):
    records = []
    while run.progress < 1:
        before = run.progress
        records.append(run.advance())
        assert run.progress >= before
    return records


# --- the design ---


@pytest.mark.parametrize(
    "name", ["epopt_tuning", "epopt", "epopt_unmodelled", "epopt_thinned"]
)
def test_every_arm_has_the_same(name):
    """Conformance: arms differ in world, source and ε alone, and in δ where it is
    tried; five seeds; at least twelve are selected; sources fit.
    """
    settings = find_experiment(name).settings
    assert len(settings.seeds) >= 5 and settings.trajectories >= 120
    batch = np.arange(settings.trajectories, dtype=float)
    for arm in settings.arms.values():
        assert set(vars(arm)) == {"world", "source", "epsilon", "max_kl"}
        assert arm.max_kl in (TRIED if name == "epopt_tuning" else TRIED[1:2])
        assert len(worst(batch, arm.epsilon)) >= 12
        check_source(make_world("hopper", **arm.world), source_of(arm.source))


def test_the_arms_are_the_lectures():
    """Conformance: the ensemble has mean mass 6 and standard deviation 1.5; whoever
    trains without the mass stays at the mean.
    """
    mean, tail = ARMS["EPOpt(1)"], ARMS["EPOpt(0.1)"]
    assert mean.source == tail.source == {"torso_mass": (6.0, 1.5, 3.0, 9.0)}
    assert (mean.epsilon, tail.epsilon) == (1.0, 0.1)
    assert not any(ARMS[f"TRPO at {mass} kg"].source for mass in (3, 6, 9))
    at_the_mean = Arm({"torso_mass": 6.0}, OTHERS, 0.1)
    assert UNMODELLED["EPOpt(0.1), all but mass"] == at_the_mean


def test_the_tuning_is_fair():
    """Conformance: as many settings for each kind, on seeds that nothing else is
    trained on, and nothing but δ differs.
    """
    assert len(TUNED) == len(KINDS) * len(TRIED)
    for name in ("epopt", "epopt_unmodelled", "epopt_adaptation", "epopt_thinned"):
        assert not set(TUNING.seeds) & set(find_experiment(name).settings.seeds)
    for kind, arm in KINDS.items():
        for max_kl in TRIED:
            assert replace(TUNED[f"{kind}, {max_kl}"], max_kl=arm.max_kl) == arm


def test_what_an_arm_is_trained_for():
    """Equation: a specialist's mean at its own mass; for the ensemble the
    density-weighted mean at ε = 1, and the tail of that distribution at ε = 0.1.
    """
    masses = (3.0, 6.0, 9.0)
    rng = RNG(0)
    sweep = rng.normal(1000, 300, (3, 40))
    assert objective(KINDS["TRPO"], sweep, masses) == pytest.approx(sweep[1].mean())
    p = np.exp(-0.5 * np.array([2.0, 0, 2.0]) ** 2)
    p /= p.sum()
    mean = p @ sweep.mean(axis=1)
    assert objective(KINDS["EPOpt(1)"], sweep, masses) == pytest.approx(mean)
    drawn = np.sort(sweep[rng.choice(3, 400_000, p=p), rng.integers(40, size=400_000)])
    tail = drawn[:40_000].mean()
    assert objective(KINDS["EPOpt(0.1)"], sweep, masses) == pytest.approx(tail, abs=5)
    extreme = replace(KINDS["EPOpt(0.1)"], epsilon=1e-9)
    assert objective(extreme, sweep, masses) == pytest.approx(sweep.min())


# --- one training ---


def test_epsilon_matters_after_the_warm_up():
    """Limit: EPOpt(0.1) is EPOpt(1) to the last bit until two thirds of the steps are
    spent, and another training from then on.
    """
    mean = EnsembleRun(SMALL, ARMS["EPOpt(1)"], 3)
    tail = EnsembleRun(SMALL, ARMS["EPOpt(0.1)"], 3)
    while mean.progress < SMALL.warm_up:
        assert mean.advance() == tail.advance()
    assert np.array_equal(mean.policy.theta, tail.policy.theta)
    assert (mean.advance()["chosen"], tail.advance()["chosen"]) == (12, 2)
    assert not np.array_equal(mean.policy.theta, tail.policy.theta)


def test_a_random_tenth_is_epopt_but_for_what_is_selected():
    """Limit with a negative control: it is EPOpt(1) until the warm-up is over; then it
    learns from as few trajectories as EPOpt(0.1), and from others.
    """
    settings = replace(SMALL, trajectories=20)
    arms = {"a random tenth": ARMS["EPOpt(1)"]}
    (thin,) = thinned_runs(replace(settings, arms=arms, seeds=(3,))).values()
    whole = EnsembleRun(settings, ARMS["EPOpt(1)"], 3)
    while whole.progress < settings.warm_up:
        assert whole.advance() == thin.advance()
    assert np.array_equal(whole.policy.theta, thin.policy.theta)
    sizes = set()
    better = []
    original = TRPO.step

    def counting(self, policy, trajectories, background=None):
        sizes.add((len(trajectories), len(background)))
        worst_mean = np.sort(background.returns)[:2].mean()
        better.append(trajectories.returns.mean() > worst_mean)
        return original(self, policy, trajectories, background)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TRPO, "step", counting)
        to_the_end(thin)
    assert sizes == {(2, 20)} and any(better)
    assert pickle.loads(pickle.dumps(thin)).training.improve.share == 0.1


@pytest.mark.parametrize("after", [0, 2])
def test_a_training_goes_on_after_a_checkpoint(after):
    """Determinism: a run that is pickled goes on to the same bits; one that waits
    weighs nothing.
    """
    straight, stopped = (EnsembleRun(SMALL, ARMS["EPOpt(0.1)"], 1) for _ in range(2))
    for _ in range(after):
        straight.advance(), stopped.advance()
    assert len(pickle.dumps(stopped)) < (60_000 if after else 10_000)
    stopped = pickle.loads(pickle.dumps(stopped))
    assert to_the_end(straight) == to_the_end(stopped)
    assert np.array_equal(straight.result()["sweep"], stopped.result()["sweep"])


def test_all_steps_are_counted():
    """Equation: the fresh policy's first falls and every trajectory count, selected or
    not; budgets are exceeded by less than an iteration.
    """
    run = EnsembleRun(SMALL, ARMS["EPOpt(0.1)"], 0)
    counted, rollouts = [], []
    original = training.rollout

    def counting(*arguments, **options):
        batch = original(*arguments, **options)
        rollouts.append(int(batch.lengths.sum()))
        return batch

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "rollout", counting)
        patch.setattr("lecture_code.dynamics.epopt.rollout", counting)
        patch.setattr(run, "test", lambda *_, **__: np.zeros((5, 1)))
        counted = [record["steps"] for record in to_the_end(run)]
    assert np.array_equal(np.cumsum(rollouts)[1:], counted)
    assert counted[-1] >= SMALL.steps > counted[-2]


def test_what_is_tested_is_what_is_stored():
    """Oracle: the sweep is what the stored policy's mean action earns in worlds of
    these masses, from starts that no look had; so is the map.
    """
    settings = replace(SMALL, masses=(3.0, 8.0), episodes=2, map_episodes=2)
    run = EnsembleRun(settings, ARMS["TRPO at 3 kg"], 0)
    to_the_end(run)
    result = run.result()
    policy = run.policy.greedy

    def by_hand(seed, *changes):
        """Returns of two episodes in each world, (worlds, 2)."""
        worlds = [make_world("hopper", **change) for change in changes for _ in (0, 1)]
        batch = rollout(worlds, policy, settings.horizon, RNG(seed))
        return batch.returns.reshape(len(changes), 2)

    assert np.array_equal(policy.theta, np.float32(policy.theta))
    assert np.array_equal(result["theta"], policy.theta)
    masses = {"torso_mass": 3.0}, {"torso_mass": 8.0}
    np.testing.assert_allclose(result["sweep"], by_hand(20_000, *masses))
    assert not np.allclose(result["sweep"], by_hand(10_000, *masses))
    cells = [
        {"torso_mass": mass, "friction": friction}
        for mass in (3.0, 9.0)
        for friction in (0.5, 1.0)
    ]
    by_cell = by_hand(30_000, *cells).mean(axis=1)
    np.testing.assert_allclose(result["map"].ravel(), by_cell)
    assert result["last_batch"].shape == (2, settings.trajectories)
    assert set(result["last_batch"][0]) == {3.0}
    assert len(result["evaluations"]) == len(result["steps"]) == len(result["training"])
    assert len(result["evaluations"][0]) == 5


def test_stored_policies_can_be_loaded(tmp_path):
    """Conformance: a policy comes back under its arm and seed and takes mean actions;
    unknown names are answered with the known ones.
    """
    run_experiment("epopt", smoke=True, out=tmp_path, workers=1, bar=False)
    policy = load_gaussian_policy("epopt", "EPOpt(0.1)", 0, tmp_path)
    assert not policy.explore and policy.sizes == (11, 4, 3)
    arrays = load_arrays("epopt", tmp_path)
    assert np.array_equal(np.float32(policy.theta), arrays["theta"][1, 0])
    assert arrays["sweep"].shape == (2, 1, 2, 1) and arrays["map"].shape == (2, 1, 2, 2)
    for arm, seed in (("EPOpt(2)", 0), ("EPOpt(1)", 7)):
        with pytest.raises(
            ExperimentError, match=r"arms: EPOpt\(1\), EPOpt\(0\.1\); seeds: 0"
        ):
            load_gaussian_policy("epopt", arm, seed, tmp_path)


# --- the adaptation ---


def test_the_three_branches_start_alike():
    """Conformance: all three begin with one policy and return; each trains for the same
    steps, to within one iteration; one adapts its source.
    """
    settings = replace(ADAPT, rounds=6)
    run = AdaptationRun(settings, 0)
    to_the_end(run)
    result = run.result()
    assert set(result["returns"]) == set(BRANCHES)
    first, *others = [returns[0] for returns in result["returns"].values()]
    assert len(first) == 2 and all(np.array_equal(first, other) for other in others)
    for returns in result["returns"].values():
        assert len(returns) == settings.rounds + 1
    budget = settings.rounds * settings.round_steps
    for branch in run.branches.values():
        spent = branch.training.steps - run.pretraining.steps
        assert budget <= spent < budget + 12 * 25
    adapted, fixed, inside = (run.branches[name] for name in BRANCHES)
    assert fixed.source == source_of(ADAPT.source) != adapted.source
    assert inside.source == {} and inside.training.world.changes == ADAPT.target
    assert len(result["sources"]) == settings.rounds + 1
    assert result["particles"].shape == (6, 3, 10)
    assert [len(result[name]) for name in ("ess", "beta", "untempered")] == [6, 6, 6]
    assert set(result["hidden"]) == {"0"}
    assert len(result["hidden"]["0"]) == settings.rounds + 1


def test_an_adaptation_goes_on_after_a_checkpoint():
    """Determinism: pickled in each of its stages, it goes on to the same bits."""
    straight, stopped = (AdaptationRun(ADAPT, 1) for _ in range(2))
    records = to_the_end(straight)
    again = []
    while stopped.progress < 1:
        stopped = pickle.loads(pickle.dumps(stopped))
        again.append(stopped.advance())
    assert again == records
    a, b = straight.result(), stopped.result()
    assert np.array_equal(a["particles"], b["particles"]) and a["hidden"] == b["hidden"]
    for name in BRANCHES:
        assert np.array_equal(a["returns"][name], b["returns"][name])


# --- the hard ensemble ---


def test_the_hard_ensemble_is_fair():
    """Conformance: both ensembles have the mass of the lecture; the hard ensemble has
    three knobs more; all policies meet the same worlds and starts, stage by stage.
    """
    settings = find_experiment("epopt_hard").settings
    easy, hard_one = settings.ensembles.values()
    assert easy == MASS and hard_one == {**MASS, **OTHERS}
    assert len(settings.seeds) == 5 and settings.worlds >= 60
    met = []
    original = hard.rollout

    def noting(worlds, policy, horizon, rng, **options):
        values = [dict(world.values) for world in worlds]
        met.append((values, rng.bit_generator.state, policy.theta))
        return original(worlds, policy, horizon, rng, **options)

    small = find_experiment("epopt_hard").smoke
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hard, "rollout", noting)
        run = HardRun(small, 0)
        to_the_end(pickle.loads(pickle.dumps(run)))
    (first, second), (third, fourth) = met[:2], met[2:]
    for a, b in ((first, third), (second, fourth)):
        assert a[:2] == b[:2]
        assert not np.array_equal(a[2], b[2])
    masses, frictions = (
        {world[knob] for world in second[0]} for knob in ("torso_mass", "friction")
    )
    assert len(masses) == len(frictions) == small.worlds
    assert {world["friction"] for world in first[0]} == {1.0}


# --- mining the hard ensemble ---


def test_the_arms_of_the_mining_differ_in_what_they_see():
    """Conformance: one start and one stream of random numbers for all arms of a seed;
    arms differ in source and ε alone; in the first generation both values of ε meet
    the same candidates and worlds, and learn something else.
    """
    settings = find_experiment("epopt_mining").settings
    assert len(settings.seeds) == 5
    sources = [arm.source for arm in settings.arms.values()]
    assert sources == [{}, {**MASS, **OTHERS}, {**MASS, **OTHERS}]
    assert {tuple(arm.world.items()) for arm in settings.arms.values()} == {
        (("torso_mass", 6.0),)
    }
    smoke = find_experiment("epopt_mining").smoke
    small = replace(smoke, horizon=60, directions=4, top=2)
    mean, tail = (
        MiningRun(small, settings.arms[name], 3) for name in ("EPOpt(1)", "EPOpt(0.25)")
    )
    assert np.array_equal(mean.search.mean, tail.search.mean)
    assert np.array_equal(mean.search.mean, load_policy("hopper", 3).theta)
    assert mean.advance() == tail.advance()
    assert mean.curve["mean"] == tail.curve["mean"]
    assert mean.curve["value"] > tail.curve["value"]
    assert not np.array_equal(mean.search.mean, tail.search.mean)


def test_a_longer_mining_is_tested_at_both_ends():
    """Limit and determinism: a run that goes on has the policy and the tests of the
    run that stops, and a later test besides; pickled at each step it gives the same.
    """
    settings = find_experiment("epopt_mining").smoke
    arm = settings.arms["EPOpt(0.25)"]
    short, longer = (MiningRun(settings, arm, 0, longer=more) for more in (False, True))
    to_the_end(short)
    while longer.progress < 1:
        longer = pickle.loads(pickle.dumps(longer))
        longer.advance()
    a, b = short.result(), longer.result()
    for entry in ("theta", "greedy", "exploring"):
        assert np.array_equal(a[entry], b[entry])
    assert np.array_equal(a["longer"], a["greedy"])
    assert len(b["steps"]) > len(a["steps"])
    assert b["steps"][-1] >= settings.times * settings.steps
    assert a["greedy"].shape == (2, settings.test_worlds)
    assert not np.array_equal(a["greedy"], a["exploring"])


# --- what was committed ---


@pytest.mark.parametrize(("arm", "mass"), [("EPOpt(0.1)", 4.0), ("TRPO at 6 kg", 6.0)])
def test_the_committed_policies_do_what_the_sweep_says(arm, mass):
    """Conformance: fresh episodes of a committed policy earn what its sweep says,
    within a fifth or its own spread.
    """
    settings = load_result("epopt").settings
    sweep = load_arrays("epopt")["sweep"]
    stored = sweep[list(settings["arms"]).index(arm), 0, settings["masses"].index(mass)]
    fresh = rollout(
        [make_world("hopper", torso_mass=mass)] * 10,
        load_gaussian_policy("epopt", arm, 0),
        settings["horizon"],
        RNG(77),
    ).returns
    assert abs(fresh.mean() - stored.mean()) < 0.2 * stored.mean() + 2 * stored.std()


def test_the_committed_policies_are_small():
    """Conformance: together they take less than 250 kB."""
    stored = [load_arrays(name) for name in ("epopt", "epopt_unmodelled")]
    entries = ("theta", "mean", "std")
    sizes = [arrays[entry].nbytes for arrays in stored for entry in entries]
    assert sum(sizes) < 250_000

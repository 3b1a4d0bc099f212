"""What must hold of the simulated cluster, and of a controller that learns in it."""

from dataclasses import replace

import numpy as np
import pytest

from lecture_code.gradients.asynchronous_ascent import asynchronous_ascent
from lecture_code.gradients.controller_replicas import (
    HOUR,
    LogNormalSeconds,
    ReplicaSettings,
    simulate,
)

CONSTANT = LogNormalSeconds(HOUR, 0.0)
SMALL = ReplicaSettings(replicas=4, children=3, workers=10, hours=60)
CLUSTERS = {
    "small": SMALL,
    "too few workers": replace(SMALL, workers=2),
    "too many workers": replace(SMALL, workers=40),
    "slow shards": replace(SMALL, apply=HOUR, shards=2),
    "averaged gradients": replace(SMALL, children=1, gradients=3),
    "one replica": replace(SMALL, replicas=1),
    "constant": replace(SMALL, seconds=CONSTANT),
}


def mean_longest(seconds, children, points=20_000):
    """E[longest of m children] [s]: it lies below a quantile q with probability q^m."""
    middles = (np.arange(points) + 0.5) / points
    return float(seconds.quantile(middles ** (1 / children)).mean())


def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("settings", CLUSTERS.values(), ids=CLUSTERS)
def test_children_are_conserved(settings):
    """Invariance: every sampled child is waiting, running or finished; each applied
    gradient used m finished children of its replica; a round follows each gradient.
    """
    report = simulate(settings, rng())
    rounds = settings.replicas + len(report.gradients)
    assert len(report.children) == report.finished + report.running
    assert report.waiting + len(report.children) == settings.children * rounds
    assert report.running <= settings.workers
    ended = report.children[report.children[:, 3] <= settings.hours * HOUR, 0]
    for replica in range(settings.replicas):
        gradients = (report.gradients[:, 0] == replica).sum()
        used = gradients * settings.children
        assert used <= (ended == replica).sum() <= used + settings.children
    assert len(report.gradients) > 20


@pytest.mark.parametrize("settings", CLUSTERS.values(), ids=CLUSTERS)
def test_time_runs_forward_and_a_worker_does_one_thing(settings):
    """Invariance: gradients and beginnings are in the order of time, a child ends after
    it began, and no worker trains two children at once.
    """
    report = simulate(settings, rng())
    assert (np.diff(report.gradients[:, 1]) >= 0).all()
    assert (np.diff(report.children[:, 2]) >= 0).all()
    assert (report.children[:, 3] > report.children[:, 2]).all()
    for worker in range(settings.workers):
        own = report.children[report.children[:, 1] == worker]
        assert (own[1:, 2] >= own[:-1, 3]).all()


@pytest.mark.parametrize("settings", CLUSTERS.values(), ids=CLUSTERS)
def test_a_version_is_read_before_it_is_changed(settings):
    """Invariance: a gradient reads what exists; versions count the updates; a replica
    reads the version that its own last update made.
    """
    report = simulate(settings, rng())
    read, changed = report.gradients[:, 2:].T
    assert (report.staleness >= 0).all()
    np.testing.assert_array_equal(changed, np.arange(len(read)) // settings.gradients)
    for replica in range(settings.replicas):
        own = report.gradients[report.gradients[:, 0] == replica]
        after = np.flatnonzero(report.gradients[:, 0] == replica) + 1
        np.testing.assert_array_equal(own[1:, 2], after[:-1] // settings.gradients)


def test_one_replica_is_never_stale():
    """Limit: with K = 1 every gradient changes the version that it read."""
    report = simulate(CLUSTERS["one replica"], rng())
    assert (report.staleness == 0).all() and report.mean_staleness == 0


@pytest.mark.parametrize(("K", "m", "workers"), [(5, 1, 5), (5, 8, 40), (8, 3, 6)])
def test_mean_staleness_is_the_number_of_other_replicas(K, m, workers):
    """Equation: K − 1 in the long run, with few children and many, and also when
    children wait for workers.
    """
    settings = ReplicaSettings(replicas=K, children=m, workers=workers, hours=2000)
    assert simulate(settings, rng()).mean_staleness == pytest.approx(K - 1, rel=0.02)


def test_constant_seconds_by_hand():
    """Equation: with children of one hour and K · m workers, every replica finishes at
    each full hour; from the second round on the staleness is exactly K − 1.
    """
    settings = ReplicaSettings(
        replicas=6, children=2, workers=12, hours=10, seconds=CONSTANT
    )
    report = simulate(settings, rng())
    np.testing.assert_allclose(
        report.gradients[:, 1], HOUR * np.repeat(np.arange(1, 11), 6)
    )
    assert report.staleness[:6].tolist() == [0, 1, 2, 3, 4, 5]
    assert (report.staleness[6:] == 5).all()
    assert report.throughput == 12 and report.busy_share == pytest.approx(1)
    assert report.updates_per_hour == 6


def test_two_children_on_one_worker_by_hand():
    """Equation: with one worker and constant seconds the children queue up, and the
    shards make each round a quarter of an hour longer, in which the worker is idle.
    """
    settings = ReplicaSettings(
        replicas=1,
        children=2,
        workers=1,
        shards=4,
        apply=HOUR,
        hours=9,
        seconds=CONSTANT,
    )
    report = simulate(settings, rng())
    np.testing.assert_allclose(report.gradients[:, 1] / HOUR, [2.25, 4.5, 6.75, 9.0])
    assert report.finished == 8 and report.busy_share == pytest.approx(8 / 9)


def test_shards_take_one_gradient_after_the_other():
    """Equation: three replicas that finish at the same moment are applied a quarter of
    an hour apart, and the version that the last one changes counts the others.
    """
    settings = ReplicaSettings(
        replicas=3,
        children=1,
        workers=3,
        shards=4,
        apply=HOUR,
        hours=2,
        seconds=CONSTANT,
    )
    report = simulate(settings, rng())
    np.testing.assert_allclose(report.gradients[:, 1] / HOUR, [1.25, 1.5, 1.75])
    assert report.staleness.tolist() == [0, 1, 2]


@pytest.mark.parametrize("m", [1, 2, 8])
def test_the_longest_child_decides_how_busy_workers_are(m):
    """Equation: with K · m workers the busy share is E[d] / E[longest of m]; one for m
    = 1, less for more children.
    """
    settings = ReplicaSettings(replicas=10, children=m, workers=10 * m, hours=1000)
    report = simulate(settings, rng())
    share = HOUR / mean_longest(settings.seconds, m)
    assert report.busy_share == pytest.approx(share, rel=0.02)
    assert report.updates_per_hour == pytest.approx(10 * share, rel=0.02)
    assert share == pytest.approx(1, rel=1e-3) if m == 1 else share < 0.8


@pytest.mark.parametrize("settings", CLUSTERS.values(), ids=CLUSTERS)
def test_throughput_has_a_ceiling(settings):
    """Invariance: no more children an hour than workers / mean seconds, up to chance;
    queues that never empty reach it.
    """
    report = simulate(replace(settings, hours=1000), rng())
    ceiling = settings.workers * HOUR / mean_longest(settings.seconds, 1)
    assert 0 < report.busy_share <= 1 + 1e-9
    assert report.throughput <= 1.03 * ceiling
    if settings is CLUSTERS["too few workers"]:
        assert report.throughput == pytest.approx(ceiling, rel=0.05)


def test_chance_is_the_generators():
    """Determinism: the same seed gives the same events, another seed others."""
    first, again = (simulate(SMALL, rng()) for _ in range(2))
    other = simulate(SMALL, np.random.default_rng(1))
    np.testing.assert_array_equal(first.children, again.children)
    np.testing.assert_array_equal(first.gradients, again.gradients)
    assert (
        first.children.shape != other.children.shape
        or (first.children != other.children).any()
    )


def test_seconds_have_their_distribution():
    """Equation: the mean of log-normal seconds and its logarithm's spread; simulated
    children take as long.
    """
    shares = (np.arange(100_000) + 0.5) / 100_000
    drawn = LogNormalSeconds(100.0, 0.5).quantile(shares)
    assert drawn.mean() == pytest.approx(100, rel=1e-3)
    assert np.log(drawn).std() == pytest.approx(0.5, rel=1e-3)
    seconds = LogNormalSeconds(120.0, 0.5)
    report = simulate(replace(SMALL, seconds=seconds), rng())
    spent = report.children[:, 3] - report.children[:, 2]
    assert spent.mean() == pytest.approx(120, rel=0.03)
    assert np.log(spent).std() == pytest.approx(0.5, rel=0.03)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"replicas": 0}, "replicas must be 1 or more"),
        ({"workers": 0}, "workers must be 1 or more"),
        ({"hours": 0.0}, "hours must be positive"),
        ({"apply": -1.0}, "apply not negative"),
    ],
)
def test_bad_clusters_are_refused(change, words):
    """Conformance: the message names the setting."""
    with pytest.raises(ValueError, match=words):
        replace(SMALL, **change)


# --- a controller that learns in it ---

REWARDS = np.array([0.2, 0.5, 0.9, 0.4])


def ascent(read, rate=0.5, seed=0, **options):
    generator = np.random.default_rng(seed)
    return asynchronous_ascent(np.array(read), REWARDS, rate, generator, **options)


def test_a_fresh_gradient_is_plain_reinforce():
    """Oracle: with versions 0, 1, 2 … the ascent is REINFORCE, written here as a loop
    over children with the gradient of log softmax.
    """
    ours = ascent(range(6), children=3)
    generator = np.random.default_rng(0)
    theta = np.zeros(4)
    b = REWARDS.mean()
    for expected in ours:
        p = np.exp(theta) / np.exp(theta).sum()
        assert expected == pytest.approx(p @ REWARDS)
        children = generator.choice(4, size=3, p=p)
        slope = sum((np.eye(4)[a] - p) * (REWARDS[a] - b) for a in children) / 3
        theta = theta + 0.5 * slope
        b = 0.95 * b + 0.05 * REWARDS[children].mean()


def test_a_stale_gradient_is_that_of_the_old_version():
    """Equation: two gradients at version 0 add up, and both use its probabilities."""
    read = [0, 0]
    ours = ascent(read, children=2)
    generator = np.random.default_rng(0)
    p = np.full(4, 0.25)
    theta = np.zeros(4)
    b = REWARDS.mean()
    for _ in read:
        children = generator.choice(4, size=2, p=p)
        advantage = REWARDS[children] - b
        theta += 0.5 * (advantage[:, None] * (np.eye(4)[children] - p)).mean(axis=0)
        b = 0.95 * b + 0.05 * REWARDS[children].mean()
    weights = np.exp(theta)
    assert ours[-1] == pytest.approx(weights @ REWARDS / weights.sum())


def test_averaged_gradients_make_one_update():
    """Limit: two gradients of m children at one version are, on average over one
    update, a gradient of 2 m children.
    """
    both = ascent([0, 0], children=50, gradients=2)
    assert len(both) == 2
    many = [ascent([0], children=100, seed=s)[-1] for s in range(40)]
    pairs = [ascent([0, 0], children=50, gradients=2, seed=s)[-1] for s in range(40)]
    spread = np.hypot(np.std(many), np.std(pairs)) / np.sqrt(40)
    assert abs(np.mean(many) - np.mean(pairs)) < 4 * spread


def test_more_children_make_a_calmer_gradient():
    """Equation: the variance of one update falls like 1 / m."""
    spread = {
        m: np.var([ascent([0], 0.1, s, children=m)[-1] for s in range(400)])
        for m in (1, 16)
    }
    assert spread[1] / spread[16] == pytest.approx(16, rel=0.3)


def test_it_learns_on_the_cluster_and_not_with_equal_rewards():
    """Learning with a negative control: in the order of a simulated cluster the
    expected reward rises; if all rewards are equal nothing changes.
    """
    read = simulate(SMALL, rng()).gradients[:, 2].astype(int)
    learnt = ascent(read, children=3)
    assert learnt[0] == pytest.approx(0.5) and learnt[-1] > 0.8
    equal = asynchronous_ascent(read, np.full(4, 0.5), 0.5, rng(), children=3)
    np.testing.assert_allclose(equal, 0.5)


def test_a_version_of_the_future_is_refused():
    """Conformance: the message names the gradient and the version."""
    with pytest.raises(ValueError, match="gradient 1 has read version 2; there are 2"):
        ascent([0, 2], children=1)

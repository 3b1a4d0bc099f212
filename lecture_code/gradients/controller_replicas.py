"""The search on many machines: parameter shards, controller replicas and children.

Zoph & Le, "Neural Architecture Search with Reinforcement Learning" (2017),
arXiv:1611.01578, section 3.2, and the lecture's picture *Distributed Training*. A child
trains for a long time, so many children train at once. K replicas of the controller
share the parameters θ_c, which lie in S shards. Nobody waits for the other replicas, so
a gradient may be computed at parameters that have changed in the meantime.

    1  a replica reads θ_c and samples m children
    2  each child takes the next free worker; it waits while no worker is free
    3  when all m are trained, the replica sends their mean gradient to the shards
    4  the shards apply the gradients in the order in which they come
    5  the replica goes on with line 1

The *staleness* of a gradient is the number of updates between its reading of θ_c (line
1) and its own update (line 4). Here this is a discrete-event simulation: a heap holds
what will happen, the earliest event first. No child is trained; a child is a number of
seconds. The paper reports about S = 20, K = 100 and m = 8 for convolutional networks,
and K = 400, m = 1 and an update after every 10 gradients for recurrent cells.

Closed forms, against which the tests hold the simulation. With K · m workers a round of
a replica takes as long as its longest child, so that the workers are busy for the share
E[d] / E[longest of m]. Between two updates of a replica each other replica makes one
update on average, so the mean staleness is K − 1, whatever m is.

Deviations: all shards of one gradient are applied together, one gradient after another,
in `apply` / S seconds. Reading takes no time. No machine fails.

Read `simulate` first.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
HOUR = 3600.0
TRAINED, APPLIED = 0, 1
"""Kinds of events: a child is trained; a gradient is applied."""
DRAWS = 1024
"""Children whose seconds are drawn at once."""


class ChildSeconds(Protocol):
    """How long children train."""

    def quantile(self, share: Array) -> Array:
        """The seconds within which so large a share of the children are trained."""


@dataclass(frozen=True)
class LogNormalSeconds:
    """Seconds ~ exp N(·, spread²) with this mean.

    Args:
        mean: [s].
        spread: standard deviation of the logarithm; 0 if all children take as long.
    """

    mean: float = HOUR
    spread: float = 0.5

    def quantile(self, share: Array) -> Array:
        """The seconds within which so large a share of the children are trained."""
        middle = self.mean * np.exp(-(self.spread**2) / 2)
        return np.asarray(middle * np.exp(self.spread * ndtri(share)))


@dataclass(frozen=True)
class ReplicaSettings:
    """A cluster that searches.

    Args:
        replicas: K.
        children: m, of each gradient.
        workers: machines that train one child at a time.
        shards: S.
        apply: seconds that a single shard would need for a whole gradient.
        gradients: that are averaged for an update.
        hours: that are simulated.
        seconds: how long children train.
    """

    replicas: int = 100
    children: int = 8
    workers: int = 800
    shards: int = 20
    apply: float = 0.0
    gradients: int = 1
    hours: float = 24.0
    seconds: ChildSeconds = field(default_factory=LogNormalSeconds)

    def __post_init__(self) -> None:
        for name in ("replicas", "children", "workers", "shards", "gradients"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more; got {getattr(self, name)}")
        if self.hours <= 0 or self.apply < 0:
            raise ValueError(
                "hours must be positive and apply not negative; got "
                f"{self.hours} and {self.apply}"
            )


@dataclass(frozen=True, eq=False)
class ReplicaReport:
    """What happened on the cluster.

    Args:
        settings: of the cluster.
        children: of each child that was begun, in this order: replica, worker, began
            [s], ends [s], (N, 4); a child that ends after the simulation is running.
        waiting: children that were sampled but not begun.
        gradients: of each gradient that was applied: replica, applied at [s], the
            version of θ_c that it read, the version that it changed, (G, 4).
    """

    settings: ReplicaSettings
    children: Array
    waiting: int
    gradients: Array

    @property
    def finished(self) -> int:
        """The number of children that were trained in time."""
        return int((self.children[:, 3] <= self.settings.hours * HOUR).sum())

    @property
    def running(self) -> int:
        """The number of children that are being trained at the end."""
        return len(self.children) - self.finished

    @property
    def throughput(self) -> float:
        """Children per hour."""
        return self.finished / self.settings.hours

    @property
    def updates_per_hour(self) -> float:
        """Changes of θ_c per hour."""
        return len(self.gradients) / self.settings.gradients / self.settings.hours

    @property
    def staleness(self) -> Ints:
        """Of each gradient: updates between its reading and its own, (G,)."""
        return (self.gradients[:, 3] - self.gradients[:, 2]).astype(np.int64)

    @property
    def mean_staleness(self) -> float:
        """Of the second half of the gradients, when the start is forgotten."""
        later = self.staleness[len(self.gradients) // 2 :]
        return float(later.mean()) if len(later) else 0.0

    @property
    def busy_share(self) -> float:
        """The share of the workers' time in which they train, 0 to 1."""
        end = self.settings.hours * HOUR
        spent = np.minimum(self.children[:, 3], end) - self.children[:, 2]
        return float(spent.sum() / (end * self.settings.workers))


def simulate(settings: ReplicaSettings, rng: np.random.Generator) -> ReplicaReport:
    """Let the cluster search for so many hours, from the first reading of θ_c.

    Args:
        settings: of the cluster.
        rng: draws how long each child trains.
    """
    cluster = _Cluster(settings, rng)
    for replica in range(settings.replicas):
        cluster.begin_round(replica)
    while cluster.events and cluster.events[0][0] <= settings.hours * HOUR:
        cluster.now, _, kind, who, worker = heapq.heappop(cluster.events)
        if kind == TRAINED:
            cluster.end_child(who, worker)
        else:
            cluster.apply_gradient(who)
    return ReplicaReport(
        settings,
        np.array(cluster.children, dtype=float).reshape(-1, 4),
        len(cluster.waiting),
        np.array(cluster.gradients, dtype=float).reshape(-1, 4),
    )


class _Cluster:
    """The cluster at one moment."""

    def __init__(self, settings: ReplicaSettings, rng: np.random.Generator) -> None:
        self.settings = settings
        self.seconds = drawn_seconds(settings.seconds, rng)
        self.now = 0.0
        self.events: list[tuple[float, int, int, int, int]] = []
        self.order = 0  # of events, which decides between equal times
        self.free = list(range(settings.workers))  # a heap
        self.waiting: deque[int] = deque()  # the replica of each waiting child
        self.untrained = np.zeros(settings.replicas, dtype=int)
        self.read = np.zeros(settings.replicas, dtype=int)  # version of θ_c
        self.version = 0
        self.shards_free_at = 0.0
        self.children: list[tuple[float, ...]] = []
        self.gradients: list[tuple[float, ...]] = []

    def begin_round(self, replica: int) -> None:
        """Lines 1 and 2."""
        self.read[replica] = self.version
        self.untrained[replica] = self.settings.children
        self.waiting.extend([replica] * self.settings.children)
        self.begin_children()

    def begin_children(self) -> None:
        """Line 2: waiting children take the free workers, first come, first served."""
        while self.free and self.waiting:
            worker = heapq.heappop(self.free)
            replica = self.waiting.popleft()
            end = self.now + next(self.seconds)
            self.children.append((replica, worker, self.now, end))
            self.put(end, TRAINED, replica, worker)

    def end_child(self, replica: int, worker: int) -> None:
        """Line 3."""
        heapq.heappush(self.free, worker)
        self.untrained[replica] -= 1
        if self.untrained[replica] == 0:
            start = max(self.now, self.shards_free_at)  # line 4: one after another
            self.shards_free_at = start + self.settings.apply / self.settings.shards
            self.put(self.shards_free_at, APPLIED, replica, 0)
        self.begin_children()

    def apply_gradient(self, replica: int) -> None:
        """Lines 4 and 5."""
        self.gradients.append((replica, self.now, self.read[replica], self.version))
        if len(self.gradients) % self.settings.gradients == 0:
            self.version += 1
        self.begin_round(replica)

    def put(self, time: float, kind: int, replica: int, worker: int) -> None:
        """Remember what will happen."""
        heapq.heappush(self.events, (time, self.order, kind, replica, worker))
        self.order += 1


def drawn_seconds(seconds: ChildSeconds, rng: np.random.Generator) -> Iterator[float]:
    """The seconds of one child after the other, without end."""
    while True:
        shares = rng.integers(1, 2**30, size=DRAWS) / 2**30  # ~ U(0, 1), never 0
        yield from seconds.quantile(shares).tolist()

"""Pictures of a cluster that searches: who works when, how stale gradients are."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from lecture_code.gradients.asynchronous_ascent import asynchronous_ascent
from lecture_code.gradients.controller_replicas import (
    HOUR,
    ReplicaReport,
    ReplicaSettings,
    simulate,
)
from lecture_code.show import (
    PALETTE,
    Explore,
    Picture,
    Table,
    band,
    explore,
    new_figure,
)

WORKERS = 24
REPLICAS = [1, 2, 3, 6, 12, 24]
CHILDREN = [1, 2, 4, 8, 24]
SHOWN = 6.0  # hours in the picture
COUNTED = 400.0  # hours behind the numbers
LEARNT = 100.0  # hours in which the small controller learns
CHOICES = 200  # of its token
SEEDS = 10
CLUSTERS = ((1, 24), (3, 8), (6, 8), (24, 1))  # K and m of its clusters
PAPER = {
    "K = 100, m = 8": ReplicaSettings(),
    "K = 800, m = 1": ReplicaSettings(replicas=800, children=1),
    "K = 1, m = 800": ReplicaSettings(replicas=1, children=800),
    "K = 200, m = 8": ReplicaSettings(replicas=200),
    "K = 400, m = 1, updates of 10": ReplicaSettings(
        replicas=400, children=1, workers=400, gradients=10
    ),
}
"""The paper reports about the first and the last row; the others compare."""


@cache
def cluster_report(replicas: int, children: int) -> ReplicaReport:
    """A long simulation of `WORKERS` machines; children take an hour on average."""
    settings = ReplicaSettings(
        replicas=replicas, children=children, workers=WORKERS, hours=COUNTED
    )
    return simulate(settings, np.random.default_rng(0))


def cluster_picture(replicas: int, children: int) -> Picture:
    """What every machine does in the first hours, and the numbers of a long search.

    Args:
        replicas: K.
        children: m, of each gradient.
    """
    report = cluster_report(replicas, children)
    figure, axes = new_figure(height=3.4)
    shown = report.children[report.children[:, 2] < SHOWN * HOUR]
    for place, colour in enumerate(PALETTE):  # a line with gaps for each colour
        own = shown[shown[:, 0] % len(PALETTE) == place]
        x = np.column_stack([own[:, 2:] / HOUR, np.full(len(own), np.nan)])
        y = np.repeat(own[:, 1] + 1, 3)
        axes.plot(x.ravel(), y, color=colour, linewidth=5, solid_capstyle="butt")
    axes.set(xlim=(0, SHOWN), ylim=(0.3, WORKERS + 0.7))
    axes.set(xlabel="time [h]", ylabel="machine")
    axes.set_yticks([1, 6, 12, 18, 24])
    axes.grid(visible=False)
    busy = 100 * report.busy_share
    axes.set_title(f"busy {busy:.0f} %, staleness {report.mean_staleness:.1f}")
    words = (
        f"{counted(replicas, 'replica')} with {counted(children, 'child', 'children')} "
        f"each on {WORKERS} machines: {report.throughput:.1f} children and "
        f"{report.updates_per_hour:.1f} updates an hour. The machines are busy for "
        f"{busy:.0f} % of the time. A gradient is {report.mean_staleness:.1f} updates "
        f"old on average."
    )
    alt = (
        f"A row for each of {WORKERS} machines over {SHOWN:g} hours. A bar is a child, "
        f"in the colour of its replica; gaps are idle time. {words}"
    )
    return Picture(figure, alt=alt, caption=words)


def counted(n: int, one: str, many: str = "") -> str:
    """'1 replica', '2 replicas'."""
    return f"{n} {one if n == 1 else many or one + 's'}"


def explore_replicas() -> Explore:
    """The machines, with replicas and children to choose."""
    return explore(
        cluster_picture,
        replicas=REPLICAS,
        children=CHILDREN,
        start={"replicas": 3, "children": 8},
        labels={"replicas": "replicas K", "children": "children m of a gradient"},
    )


@cache
def replica_table() -> Table:
    """The paper's cluster for a day, and other ways to use as many machines."""
    rows: dict[str, dict[str, float]] = {}
    for name, settings in PAPER.items():
        report = simulate(settings, np.random.default_rng(0))
        rows[name] = {
            "machines": float(settings.workers),
            "children": report.throughput,
            "updates": report.updates_per_hour,
            "busy": 100 * report.busy_share,
            "staleness": report.mean_staleness,
            "variance": 1 / (settings.children * settings.gradients),
        }
    return Table(
        rows,
        caption="One simulated day. Children take an hour on average, the logarithm of "
        "their time has a standard deviation of 0.5. Children and updates are counted "
        "per hour. Variance: of the gradient of an update, relative to one child. The "
        "paper reports about the first and the last row.",
        units={"children": "1/h", "updates": "1/h", "busy": "%"},
        digits={
            "machines": 0,
            "children": 0,
            "updates": 1,
            "busy": 0,
            "staleness": 0,
            "variance": 4,
        },
        corner="cluster",
    )


def progress_curves() -> Picture:
    """A small controller learns on the same machines, used in different ways.

    The rate of an update is m, so that every child moves the logits as far.
    """
    hours = np.linspace(0, LEARNT, 61)
    figure, axes = new_figure(height=3.2)
    words = []
    for colour, (K, m) in zip(PALETTE, CLUSTERS, strict=False):
        curves = np.array([progress(K, m, seed, hours) for seed in range(SEEDS)])
        name = f"K = {K}, m = {m}"
        band(axes, hours, 100 * curves, name, colour, centre="mean")
        words.append(f"{name} {100 * curves[:, -1].mean():.0f} %")
    axes.set(xlabel="time [h]", ylabel="progress [%]", ylim=(-3, 103))
    axes.legend(loc="upper left")
    alt = (
        f"Progress against {LEARNT:g} hours, one curve for each cluster. Means at the "
        f"end: {', '.join(words)}."
    )
    caption = (
        f"Progress from the mean reward to the best of {CHOICES} choices. Mean of "
        f"{SEEDS} seeds, band of one standard deviation."
    )
    return Picture(figure, alt=alt, caption=caption)


@cache
def _cluster_of_seed(replicas: int, children: int, seed: int) -> ReplicaReport:
    settings = ReplicaSettings(replicas, children, WORKERS, hours=LEARNT)
    return simulate(settings, np.random.default_rng([1, seed]))


def progress(
    replicas: int, children: int, seed: int, hours: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(J − mean reward) / (best − mean reward) of one search, at these hours."""
    gradients = _cluster_of_seed(replicas, children, seed).gradients
    rewards = np.random.default_rng([0, seed]).beta(8, 2, size=CHOICES)
    J = asynchronous_ascent(
        gradients[:, 2].astype(np.int64),
        rewards,
        float(children),
        np.random.default_rng([2, seed]),
        children=children,
    )
    updates = np.searchsorted(gradients[:, 1], hours * HOUR, side="right")
    share = (J[updates] - rewards.mean()) / (rewards.max() - rewards.mean())
    return np.asarray(share)

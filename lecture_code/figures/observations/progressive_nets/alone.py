"""One episode at a time beside sixteen: is this what kills fine-tuned runs?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.observations.progressive_nets.alone import PAIRED
from lecture_code.experiments.observations.progressive_nets.summary import (
    DEAD,
    SortedRuns,
)
from lecture_code.experiments.summaries import paired_median
from lecture_code.figures.observations.progressive_nets.runs import (
    COLOURS,
    MARKERS,
    METHODS,
    Array,
    Draws,
)
from lecture_code.figures.observations.progressive_nets.sorted_runs import percent
from lecture_code.learning.actor_critic import ActorCriticSettings
from lecture_code.show import GREY, Picture, Table, new_figure


class Group(NamedTuple):
    """Runs with the same episodes and updates.

    Args:
        episodes: that run side by side.
        updates: number of updates of a run.
        frames: control steps of a run.
        numbers: of the draws, (n,).
        rates: of the draws, (n,).
        returns: method -> returns after learning, (n,).
    """

    episodes: int
    updates: int
    frames: int
    numbers: NDArray[np.int64]
    rates: Array
    returns: dict[str, Array]

    @property
    def name(self) -> str:
        """Such as "16 episodes, 250 updates"."""
        episodes = f"{self.episodes} episodes" if self.episodes > 1 else "1 episode"
        return f"{episodes}, {self.updates:,} updates"

    @property
    def title(self) -> str:
        """The name and the control steps, in three lines."""
        return "\n".join([*self.name.split(", "), f"{self.frames:,} steps"])


def groups(draws: Draws, alone: Draws, updates: Draws) -> Iterator[Group]:
    """Sixteen side by side, one at a time, and sixteen with as many updates as one at a
    time has; all with the first draws of rate and entropy weight.

    Args:
        draws: `progressive_nets_sorted`.
        alone: `progressive_nets_alone`: one robot, and the first draws.
        updates: `progressive_nets_updates`: the same, perhaps with some of the draws.
    """
    (domain,) = alone.result.settings["domains"]
    T = ActorCriticSettings().steps
    for each in (draws, alone, updates):
        settings = each.result.settings
        n = settings["episodes"]
        shared = np.isin(each.numbers, alone.numbers)
        yield Group(
            n,
            settings["frames"] // (n * T),
            settings["frames"],
            np.array(each.numbers)[shared],
            each.returns(domain, PAIRED[0], "rate")[shared],
            {
                method: each.returns(domain, method)[shared]
                for method in PAIRED
                if method in settings["methods"]
            },
        )


def one_at_a_time(draws: Draws, alone: Draws, updates: Draws) -> Picture:
    """Return of every run against its learning rate, see `groups`."""
    figure, axes = new_figure(1, 3, sharey=True, height=3.4)
    figure.subplots_adjust(left=0.11, right=0.99, top=0.69, bottom=0.16, wspace=0.1)
    words = []
    for panel, group in zip(axes, groups(draws, alone, updates), strict=True):
        for method, returns in group.returns.items():
            order = group.rates.argsort()
            panel.plot(
                group.rates[order],
                returns[order],
                MARKERS[method],
                ms=6,
                color=COLOURS[method],
                label=METHODS[method],
            )
            dead = (returns <= DEAD).sum()
            words.append(
                f"{group.name}, {group.frames:,} control steps, {METHODS[method]}: "
                f"median {np.median(returns):.0f}, {dead} of {len(returns)} dead"
            )
        panel.axhline(DEAD, color=GREY, lw=1.2, ls=":")
        panel.set(xscale="log", title=group.title, ylim=(-1, 38))
        panel.set(xlim=(4e-5, 6e-3), xticks=[1e-4, 1e-3])
    axes[0].set_ylabel("return on the robot")
    axes[1].set_xlabel("learning rate")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, ncols=2, loc="upper center")
    (domain,) = alone.result.settings["domains"]
    return Picture(
        figure,
        alt=f"Return on robot {domain} against the learning rate. {'; '.join(words)}.",
        caption=f"Robot {domain}: the first {alone.count} settings of the sorted runs; "
        f"on the right {updates.count} of them, fine-tuning only. *Steps* are the "
        "control steps of a run. Runs below the dotted line are *dead*.",
    )


def alone_table(draws: Draws, alone: Draws, updates: Draws) -> Table:
    """Dead runs, median and best tenth of the runs in `groups`, with intervals."""
    rows: dict[str, dict[str, float | str]] = {}
    for method in PAIRED:
        for group in groups(draws, alone, updates):
            if method not in group.returns:
                continue
            rng = np.random.default_rng(0)
            runs = SortedRuns.from_returns(group.returns[method], rng)
            rows[f"{METHODS[method]}: {group.name}"] = {
                "dead": percent(runs.dead),
                "median": str(runs.median),
                "best": str(runs.best),
            }
    (domain,) = alone.result.settings["domains"]
    return Table(
        rows,
        caption=f"Robot {domain}, {alone.count} runs in each row, but {updates.count} "
        "of 16 episodes and 4,000 updates; with 95 % intervals",
        units={"dead": "%"},
        corner="method",
    )


def alone_numbers(draws: Draws, alone: Draws, updates: Draws) -> dict[str, str]:
    """Name in the text -> words.

    'n_alone' and 'n_updates' are numbers of settings, and 'dead_alone' of fine-tuned
    runs that are dead with one episode at a time. 'lost_updates' is what fine-tuning's
    median loses if its many updates come from one episode each instead of sixteen.
    'many_updates' is the number of these updates, and 'steps_each' how many control
    steps an update sees of sixteen episodes.
    """
    _, one, more = groups(draws, alone, updates)
    tuned = one.returns["fine-tuning"]
    both = np.isin(one.numbers, more.numbers)
    lost = paired_median(
        more.returns["fine-tuning"],
        tuned[both],
        np.random.default_rng(0),
    )
    return {
        "n_alone": f"{alone.count}",
        "n_updates": f"{updates.count}",
        "dead_alone": f"{(tuned <= DEAD).sum()}",
        "lost_updates": str(lost),
        "many_updates": f"{more.updates:,}",
        "steps_each": f"{more.frames // more.updates}",
    }

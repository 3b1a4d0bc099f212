"""What more experts give at the same arithmetic of the experts, and what they know."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lecture_code.experiments import Result
from lecture_code.experiments.gradients.mixture_of_experts.training import PASSAGE
from lecture_code.figures.gradients.mixture_of_experts.runs import (
    MIXTURE,
    idle_counts,
    over_experts,
    runs_of,
)
from lecture_code.show import (
    GREY,
    PALETTE,
    MarkedText,
    Picture,
    Table,
    band,
    new_figure,
)

LENGTHS = (PALETTE[3], MIXTURE, PALETTE[0])  # colours, the shortest training first
READERS = 16  # experts of the model whose marked passage is shown


def _experts_axis(axes: Axes, counts: list[int]) -> None:
    """A logarithmic axis with one tick for each number of experts."""
    axes.set(xscale="log", xlabel="number of experts n")
    axes.set_xticks(counts, [str(n) for n in counts])
    axes.minorticks_off()


def capacity_curves(
    patchworks: Sequence[Result], languages: Sequence[Result]
) -> Picture:
    """Test error against the number of experts, for two tasks and each length.

    Args:
        patchworks, languages: trainings of both tasks, the shortest first; drawn are
            those with plenty of data.
    """
    figure, panels = new_figure(1, 2, height=3.1)
    tasks = {"patchwork": patchworks, "language": languages}
    words = []
    for axes, (task, results) in zip(panels, tasks.items(), strict=True):
        for result, colour in zip(results, LENGTHS, strict=False):
            counts = result.settings["experts"]
            errors = over_experts(result, result.settings["data"][-1], "test")
            steps = f"{result.settings['steps']:,} steps"
            band(axes, counts, errors, steps, colour)
            middle = ", ".join(f"{error:.3g}" for error in np.median(errors, axis=0))
            which = ", ".join(map(str, counts))
            words.append(f"{task}, {steps}, with {which} experts: {middle}")
        axes.set_title(task)
        _experts_axis(axes, results[0].settings["experts"])
    panels[0].set(yscale="log", ylabel="test error")
    ticks = [0.003, 0.01, 0.03, 0.1]
    panels[0].set_yticks(ticks, [str(tick) for tick in ticks])
    panels[0].minorticks_off()
    panels[1].set(ylabel="test loss [nats]", ylim=(0.95, None))  # room for the legend
    panels[0].axvline(64, color=GREY, linewidth=1.2, linestyle=":")
    for axes in panels:
        axes.legend(loc="lower left")
    alt = (
        "Two panels of the test error against the number of experts. Medians: "
        f"{'; '.join(words)}. A dotted line marks 64 experts on the patchwork."
    )
    caption = (
        "Median and range of five seeds. n = 1 is the dense network. Dotted: "
        "the number of patches."
    )
    return Picture(figure, alt=alt, caption=caption)


def capacity_table(patchwork: Result, language: Result) -> Table:
    """What more experts give, with plenty of data."""
    rows = {}
    for n in language.settings["experts"]:
        patches = runs_of(patchwork, n, patchwork.settings["data"][-1])
        text = runs_of(language, n, 0)
        rows[f"{n}" if n > 1 else "1 (dense)"] = {
            "patchwork": patches["test"],
            "language": text["test"],
        }
    return Table(
        rows,
        caption=f"Error on the patchwork after {patchwork.settings['steps']:,} steps, "
        f"and loss of the language model after {language.settings['steps']:,} steps, "
        "median and range of five seeds.",
        units={"language": "nats"},
        best={"patchwork": "low", "language": "low"},
        digits={"patchwork": 4, "language": 2},
        corner="experts",
    )


def balance_curves(languages: Sequence[Result]) -> Picture:
    """Idle experts, and the work of the busiest, against the number of experts.

    Args:
        languages: trainings of the language model, the shortest first.
    """
    figure, panels = new_figure(1, 2, height=3.0)
    words = []
    for result, colour in zip(languages, LENGTHS, strict=False):
        counts = [n for n in result.settings["experts"] if n > 1]
        runs = [runs_of(result, n, 0) for n in counts]
        idle = 100 * np.array([idle_counts(run) for run in runs]).T / counts
        busiest = np.array([run["max_load"] for run in runs]).T
        steps = f"{result.settings['steps']:,} steps"
        band(panels[0], counts, idle, steps, colour)
        band(panels[1], counts, busiest, steps, colour)
        words.append(
            f"{steps}, with {', '.join(map(str, counts))} experts: "
            f"{', '.join(f'{share:.0f}' for share in np.median(idle, 0))} % idle, "
            f"{', '.join(f'{top:.1f}' for top in np.median(busiest, 0))} fair shares "
            "for the busiest"
        )
    for axes, title in zip(panels, ("idle experts", "busiest expert"), strict=True):
        axes.set_title(title)
        _experts_axis(axes, [n for n in languages[0].settings["experts"] if n > 1])
    panels[0].set(ylabel="share of all [%]", ylim=(-1, 30))
    panels[1].set(ylabel="fair shares", ylim=(0, None))
    panels[0].legend(loc="upper left")
    alt = (
        "Two panels against the number of experts of the language model, with both "
        f"losses at 0.1. Medians after {'; after '.join(words)}."
    )
    caption = (
        "The language model with both losses at 0.1 and plenty of data: median and "
        "range of five seeds."
    )
    return Picture(figure, alt=alt, caption=caption)


def little_data_table(language: Result, longer: Result) -> Table:
    """Losses of the language model that learns from little data.

    Args:
        language: short trainings.
        longer: trainings of more steps.
    """
    little = longer.settings["data"][0]
    short, long = (f"{r.settings['steps']:,} steps" for r in (language, longer))
    rows = {}
    for n in longer.settings["experts"]:
        first, last = (runs_of(result, n, little) for result in (language, longer))
        rows[f"{n}" if n > 1 else "1 (dense)"] = {
            f"test, {short}": first["test"],
            f"test, {long}": last["test"],
            f"training, {long}": last["train"],
        }
    columns = rows["1 (dense)"]
    return Table(
        rows,
        caption="Losses of the language model with little data, in nats: median and "
        "range of five seeds.",
        best=dict.fromkeys(columns, "low"),
        digits=2,
        corner="experts",
    )


# --- specialisation ---


def information_curves(patchwork: Result, language: Result) -> Picture:
    """How much the number of the first expert tells about the domain of an example."""
    figure, axes = new_figure()
    words = []
    for result, colour, name in (
        (patchwork, MIXTURE, "which of 64 patches"),
        (language, PALETTE[0], "prose, code or sums"),
    ):
        shares = over_experts(result, result.settings["data"][-1], "information")
        band(axes, result.settings["experts"], shares, name, colour)
        middle = ", ".join(f"{share:.2f}" for share in np.median(shares, axis=0))
        words.append(f"{name}: {middle}")
    _experts_axis(axes, language.settings["experts"])
    axes.set(ylim=(-0.02, 1.05), ylabel="share that is known")
    axes.legend(loc="lower right")
    alt = (
        "Share of the information about the domain that the first expert's number "
        f"gives, against the number of experts. Medians for {'; for '.join(words)}."
    )
    caption = (
        "Mutual information of the first expert and the domain, divided by the "
        "domain's entropy. 20,000 test examples, median and range of five seeds."
    )
    return Picture(figure, alt=alt, caption=caption)


def _passage_experts(language: Result) -> NDArray[np.int64]:
    """The expert of largest weight for each character of the passage, from 0."""
    return np.array(runs_of(language, READERS, 0)["passage"])


def marked_passage(language: Result, expert: int) -> MarkedText:
    """A passage in which the characters of one expert are marked."""
    marked = _passage_experts(language) == expert - 1
    share = f"{marked.sum()} of {len(marked)} characters"
    return MarkedText(
        PASSAGE,
        marked.tolist(),
        f"A passage of prose, code and sums. Expert {expert} has the largest weight "
        f"for {share}, which are marked.",
        caption=f"Marked: {share}, for which expert {expert} has the largest weight.",
    )

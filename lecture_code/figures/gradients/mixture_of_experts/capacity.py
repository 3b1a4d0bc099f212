"""What more experts give at the same arithmetic of the experts, and what they know."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lecture_code.experiments import Result
from lecture_code.experiments.gradients.mixture_of_experts.training import PASSAGE
from lecture_code.figures.gradients.mixture_of_experts.runs import (
    MIXTURE,
    difference_in_words,
    idle_counts,
    over_experts,
    paired_difference,
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

LITTLE_DATA = PALETTE[4]
LONGER = PALETTE[0]
READERS = 16  # experts of the model whose marked passage is shown


def _experts_axis(axes: Axes, counts: list[int]) -> None:
    """A logarithmic axis with one tick for each number of experts."""
    axes.set(xscale="log", xlabel="number of experts n")
    axes.set_xticks(counts, [str(n) for n in counts])
    axes.minorticks_off()


def capacity_curves(patchwork: Result, language: Result, longer: Result) -> Picture:
    """Test error against the number of experts, for two tasks and amounts of data.

    Args:
        patchwork, language: trainings with little data and with plenty.
        longer: trainings of the language model of more steps, with plenty of data.
    """
    figure, panels = new_figure(1, 2, height=3.1)
    results = {"patchwork": patchwork, "language": language}
    words = []
    for axes, (title, result) in zip(panels, results.items(), strict=True):
        counts = result.settings["experts"]
        little, plenty = result.settings["data"]
        for name, data, colour in (
            ("little data", little, LITTLE_DATA),
            ("plenty", plenty, MIXTURE),
        ):
            errors = over_experts(result, data, "test")
            band(axes, counts, errors, name, colour)
            middle = ", ".join(f"{error:.3g}" for error in np.median(errors, axis=0))
            words.append(f"{title} with {name}: {middle}")
        axes.set_title(title)
        _experts_axis(axes, counts)
    steps = f"plenty, {longer.settings['steps']:,} steps"
    errors = over_experts(longer, 0, "test")
    band(panels[1], longer.settings["experts"], errors, steps, LONGER)
    middle = ", ".join(f"{error:.3g}" for error in np.median(errors, axis=0))
    words.append(f"language with {steps}, with 64 and 256 experts: {middle}")
    panels[0].set(yscale="log", ylabel="test error")
    panels[0].set_yticks(ticks := [0.02, 0.05, 0.1, 0.2], [str(tick) for tick in ticks])
    panels[0].minorticks_off()
    panels[1].set_ylabel("test loss [nats]")
    panels[0].axvline(64, color=GREY, linewidth=1.2, linestyle=":")
    panels[1].legend(loc="center")
    counts = ", ".join(str(n) for n in language.settings["experts"])
    alt = (
        f"Two panels of the test error against {counts} experts. Medians: "
        f"{'; '.join(words)}. A dotted line marks 64 experts on the patchwork."
    )
    caption = (
        "Median and range of five seeds. n = 1 is a dense network as wide as two "
        "experts. Dotted: the number of patches."
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
        caption="Error on the patchwork and loss of the language model, after short "
        "trainings with plenty of data: median and range of five seeds.",
        units={"language": "nats"},
        best={"patchwork": "low", "language": "low"},
        corner="experts",
    )


def longer_table(language: Result, longer: Result) -> Table:
    """The loss with 64 and with 256 experts, after a short and after a long training.

    Args:
        language: the short trainings.
        longer: trainings of more steps, of two numbers of experts.
    """
    few, many = longer.settings["experts"]
    rows: dict[str, dict[str, float | str]] = {}
    for result in (language, longer):
        small, large = (runs_of(result, n, 0) for n in (few, many))
        difference = paired_difference(large, small)
        rows[f"{result.settings['steps']:,}"] = {
            "difference": difference_in_words(*difference),
            f"{few} experts": float(np.median(small["test"])),
            f"{many} experts": float(np.median(large["test"])),
            f"idle of {many}": float(np.median(idle_counts(large))),
        }
    return Table(
        rows,
        caption=f"How much larger the loss is with {many} experts than with {few}, in "
        "nats: mean of five paired differences, with its 95 % interval. Then the "
        "medians of the loss and of the number of idle experts.",
        digits={f"{few} experts": 2, f"{many} experts": 2, f"idle of {many}": 0},
        corner="steps",
    )


def balance_curves(patchwork: Result, language: Result) -> Picture:
    """Idle experts, and the work of the busiest, against the number of experts."""
    figure, panels = new_figure(1, 2, height=3.0)
    words = []
    for result, colour, name in (
        (patchwork, MIXTURE, "patchwork"),
        (language, LITTLE_DATA, "language"),
    ):
        counts = [n for n in result.settings["experts"] if n > 1]
        runs = [runs_of(result, n, result.settings["data"][-1]) for n in counts]
        idle = 100 * np.array([idle_counts(run) for run in runs]).T / counts
        busiest = np.array([run["max_load"] for run in runs]).T
        band(panels[0], counts, idle, name, colour)
        band(panels[1], counts, busiest, name, colour)
        words.append(
            f"{name}: {', '.join(f'{share:.0f}' for share in np.median(idle, 0))} "
            f"% idle, {', '.join(f'{top:.1f}' for top in np.median(busiest, 0))} "
            "fair shares for the busiest"
        )
    for axes, title in zip(panels, ("idle experts", "busiest expert"), strict=True):
        axes.set_title(title)
        _experts_axis(axes, counts)
    panels[0].set(ylabel="share of all [%]", ylim=(-1, 30))
    panels[1].set(ylabel="fair shares", ylim=(0, None))
    panels[0].legend(loc="upper left")
    alt = (
        f"Two panels against {', '.join(map(str, counts))} experts, with both losses "
        f"at 0.1. Medians, {'; '.join(words)}."
    )
    caption = (
        "The short trainings with both losses at 0.1 and plenty of data: median and "
        "range of five seeds."
    )
    return Picture(figure, alt=alt, caption=caption)


def little_data_table(language: Result) -> Table:
    """Losses of the language model that learns from little data."""
    little = language.settings["data"][0]
    rows = {}
    for n in language.settings["experts"]:
        runs = runs_of(language, n, little)
        rows[f"{n}" if n > 1 else "1 (dense)"] = {
            "test loss": runs["test"],
            "training loss": runs["train"],
        }
    return Table(
        rows,
        caption="The language model with little data: median and range of five seeds.",
        units={"test loss": "nats", "training loss": "nats"},
        best={"test loss": "low", "training loss": "low"},
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
        (language, LITTLE_DATA, "prose, code or sums"),
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

"""What more experts give at the same arithmetic, what they cost, and what they know."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lecture_code.experiments import Result
from lecture_code.experiments.gradients.mixture_of_experts.training import PASSAGE
from lecture_code.figures.gradients.mixture_of_experts.runs import (
    DENSE,
    MIXTURE,
    UNBALANCED,
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

LITTLE_DATA = PALETTE[4]
READERS = 16  # experts of the model whose marked passage is shown


def _experts_axis(axes: Axes, counts: list[int]) -> None:
    """A logarithmic axis with one tick for each number of experts."""
    axes.set(xscale="log", xlabel="number of experts n")
    axes.set_xticks(counts, [str(n) for n in counts])
    axes.minorticks_off()


def capacity_curves(patchwork: Result, language: Result) -> Picture:
    """Test error against the number of experts, for two tasks and amounts of data."""
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
        "Median and range of five seeds. n = 1 is the dense network of the same "
        "arithmetic. Dotted: the number of patches."
    )
    return Picture(figure, alt=alt, caption=caption)


def capacity_table(patchwork: Result, language: Result) -> Table:
    """What more experts give, and what becomes of the balance, with plenty of data."""
    rows = {}
    for n in language.settings["experts"]:
        patches = runs_of(patchwork, n, patchwork.settings["data"][-1])
        text = runs_of(language, n, 0)
        rows[f"{n}" if n > 1 else "1 (dense)"] = {
            "error, patches": patches["test"],
            "idle, patches": float(np.mean(idle_counts(patches))),
            "loss, text": text["test"],
            "idle, text": float(np.mean(idle_counts(text))),
        }
    return Table(
        rows,
        caption="More experts at the same arithmetic, with plenty of data.",
        units={"loss, text": "nats"},
        best={"error, patches": "low", "loss, text": "low"},
        digits=dict.fromkeys(("idle, patches", "idle, text"), 0),
        corner="experts",
    )


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


def relative_costs(language: Result, n: int) -> dict[str, float]:
    """Arithmetic and parameters of a layer with n experts, relative to the dense
    layer.
    """
    d, h, k = (language.settings[name] for name in ("width", "hidden", "k"))
    gate = 2 * d * n if n > 1 else 0
    arithmetic = 4 * k * d * h
    held = 2 * d * h * max(n, k) + gate
    return {
        "arithmetic of the experts": 1.0,
        "arithmetic of the gate": gate / arithmetic,
        "parameters": held / (2 * d * h * k),
    }


def price_of_experts(language: Result, n: int) -> Picture:
    """What n experts cost, relative to the dense layer."""
    costs = relative_costs(language, n)
    figure, axes = new_figure(height=2.4)
    figure.subplots_adjust(left=0.4)
    for place, (value, colour) in enumerate(
        zip(costs.values(), (MIXTURE, DENSE, UNBALANCED), strict=True)
    ):
        axes.plot(value, place, "o", markersize=9, color=colour)
        beside = 1.7 * max(value, 0.01)
        axes.text(beside, place, f"{value:.2g} ×", va="center")
    axes.set_yticks(range(len(costs)), list(costs))
    axes.set_ylim(len(costs) - 0.5, -0.5)
    axes.set(xscale="log", xlim=(0.01, 1000), xlabel="relative to the dense layer")
    loss = np.median(runs_of(language, n, 0)["test"])
    axes.set_title(f"test loss {loss:.2f} nats")
    shown = ", ".join(f"{name} {value:.2g} times" for name, value in costs.items())
    alt = (
        f"With {n} experts, relative to the dense layer: {shown}. Test loss {loss:.2f}."
    )
    return Picture(figure, alt=alt)


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

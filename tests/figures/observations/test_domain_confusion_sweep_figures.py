"""What must hold of the pictures of causes, weights and distances."""

import numpy as np
import pytest

from lecture_code.experiments.observations.domain_confusion.causes import (
    AS_IT_IS,
    LOOKS,
    SHIFTED_BACK,
)
from lecture_code.experiments.observations.domain_confusion.sweeps import (
    CONFUSIONS,
    DISTANCES,
    GAP_ARMS,
    GAPS,
    PAIR_WEIGHTS,
    RANDOM_WEIGHTS,
    WEIGHTS,
    distant,
)
from lecture_code.experiments.results import Result, load_result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.observations import domain_confusion as draw
from lecture_code.figures.observations.domain_confusion import sweeps
from lecture_code.figures.observations.domain_confusion.numbers import (
    AUTOENCODERS,
    CAUSES,
)
from lecture_code.figures.observations.domain_confusion.runs import rounded
from lecture_code.observations.hook_scenes import PARTS


def made_up(names):
    """A result in which entry k has the successes k % and k + 2 %."""
    curves = {
        name: {"success": [k / 100, k / 100 + 0.02]} for k, name in enumerate(names)
    }
    return Result("made up", {}, [0, 1], curves, {}, {}, {}, 1.0, "")


@pytest.fixture
def drawn(monkeypatch):
    """The figures that are drawn."""
    figures = []

    def new_figure(*args, **options):
        figure, axes = sweeps_new_figure(*args, **options)
        figures.append(figure)
        return figure, axes

    sweeps_new_figure = sweeps.new_figure
    monkeypatch.setattr(sweeps, "new_figure", new_figure)
    return figures


def test_causes_are_in_order(drawn):
    """Equation: as it is comes first, then parts from the largest success without them
    to the smallest, then the corrected answers; bars are means.
    """
    looks = [*LOOKS, SHIFTED_BACK]
    curves = {
        "synthetic only": {
            look: [k / 100, k / 100 + 0.02] for k, look in enumerate(looks)
        }
    }
    result = Result("made up", {}, [0, 1], curves, {}, {}, {}, 1.0, "")
    picture = draw.missed_causes(result)
    (axes,) = drawn[0].axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names[0] == AS_IT_IS and names[-1] == SHIFTED_BACK
    assert names[1:-1] == [f"without {part}" for part in reversed(PARTS)]
    widths = [bar.get_width() for bar in axes.patches]
    assert widths == pytest.approx([looks.index(name) + 1 for name in names])
    assert f"{AS_IT_IS} 1" in picture.alt


def test_the_grid_has_every_cell(drawn):
    """Equation: the cell of λ and ν has its mean, its worst and its best seed."""
    draw.weight_grid(made_up(WEIGHTS))
    (axes,) = drawn[0].axes
    told = {text.get_position(): text.get_text() for text in axes.texts}
    assert len(told) == len(CONFUSIONS) * len(PAIR_WEIGHTS)
    for x in range(len(CONFUSIONS)):
        for y in range(len(PAIR_WEIGHTS)):
            k = x * len(PAIR_WEIGHTS) + y
            assert told[x, y] == f"{k + 1}\n({k} to {k + 2})"
    image = axes.images[0].get_array()
    assert image[1, 2] == pytest.approx(2 * len(PAIR_WEIGHTS) + 2)


def test_the_curve_has_every_run(drawn):
    """Equation: for each arm a dot for each gap and seed, and a line of means."""
    result = made_up(DISTANCES)
    draw.gap_curve(result)
    (axes,) = drawn[0].axes
    for number, arm in enumerate(GAP_ARMS):
        dots, line = axes.lines[2 * number : 2 * number + 2]
        runs = [100 * np.array(result.curves[distant(arm, g)]["success"]) for g in GAPS]
        assert dots.get_ydata() == pytest.approx(np.concatenate(runs))
        assert line.get_ydata() == pytest.approx(np.mean(runs, axis=1))
        assert line.get_label() == arm


def test_pairs_are_compared_in_the_same_seeds(drawn):
    """Equation: random pairs with ν = 1 are the first seeds of the main comparison, and
    every run of both kinds of pairs is a dot.
    """
    curves = {"random pairs": {"success": [0.1, 0.2, 0.9]}}
    main = Result("made up", {}, [0, 1, 2], curves, {}, {}, {}, 1.0, "")
    results = {
        "main": main,
        "weights": made_up(WEIGHTS),
        "random": made_up(RANDOM_WEIGHTS),
    }
    runs = sweeps.by_weight(results)
    assert runs["random pairs"][1.0] == pytest.approx([10, 20])
    assert list(runs["weak pairs"]) == [nu for nu in PAIR_WEIGHTS if nu]
    picture = draw.pair_weights(results)
    (axes,) = drawn[0].axes
    dots = sum(len(line.get_xdata()) for line in axes.lines if line.get_marker() == "o")
    assert dots == 2 * sum(len(arm) for arm in runs.values())
    assert (
        "random pairs 1 at 0.01, 2 at 0.03, 3 at 0.1, 4 at 0.3, 15 at 1" in picture.alt
    )


def test_the_worst_part_is_the_answer():
    """Oracle: without the part of the answer the mean success is largest."""
    causes = load_result("domain_confusion_causes")
    asked = draw.which_part(causes).question
    means = [
        np.mean(causes.curves["synthetic only"][f"without {part}"]) for part in PARTS
    ]
    assert asked.answer == int(np.argmax(means))
    assert f"{100 * max(means):.0f} %" in asked.because


def test_parts_that_move_single_networks_are_told():
    """Oracle, and the text's claims: without the new colours single networks get better
    and others worse, the mean falls a little; three parts move no network far.
    """
    causes = load_result("domain_confusion_causes")
    curves = causes.curves["synthetic only"]
    moved = {
        part: 100 * np.subtract(curves[f"without {part}"], curves[AS_IT_IS])
        for part in PARTS
    }
    words = draw.cause_numbers(causes)
    assert moved["colours"].min() < -20 and moved["colours"].max() > 20
    assert float(words["colours_most"]) == round(-moved["colours"].min())
    assert float(words["colours_mean"]) == round(-moved["colours"].mean()) > 0
    most = max(np.abs(moved[part]).max() for part in ("pattern", "blur", "noise"))
    assert float(words["little_most"]) == round(most) < 10


def test_words_are_those_of_the_results():
    """Oracle: words are means of the committed results, in percent or cm."""
    causes = load_result("domain_confusion_causes")
    words = draw.cause_numbers(causes)
    for name, look in CAUSES.items():
        wanted = 100 * np.mean(causes.curves["synthetic only"][look])
        assert float(words[name]) == pytest.approx(wanted, abs=0.51)
    runs = load_result("domain_confusion_autoencoders")
    words = draw.autoencoder_numbers(runs)
    for name, (scenes, what) in AUTOENCODERS.items():
        wanted = 100 * np.mean(runs.curves[scenes][what])
        assert float(words[name]) == pytest.approx(wanted, abs=0.51)
    runs = load_result("domain_confusion_random_weights")
    little = 100 * np.array(runs.curves["random pairs, ν = 0.03"]["success"])
    grid = load_result("domain_confusion_weights")
    without = 100 * np.array(grid.curves["λ = 0.3, ν = 0"]["success"])
    words = draw.random_numbers({"random": runs, "weights": grid})
    assert (words["least"], words["best_nu"]) == ("0.01", "0.03")
    assert float(words["best_random"]) == round(little.mean())
    gain = mean_of_seeds(little - without)
    assert words["best_gain"] == rounded(gain)
    assert gain.low < 0 < gain.high  # five seeds do not show that they help
    least = 100 * np.array(runs.curves["random pairs, ν = 0.01"]["success"])
    assert float(words["least_random"]) == round(least.mean())
    gain = mean_of_seeds(little - least)
    assert gain.low < 0 < gain.value and words["least_open"] == "contains"
    weak = 100 * np.array(grid.curves["λ = 0.3, ν = 1"]["success"])
    gain = mean_of_seeds(little - weak)
    assert words["best_minus_weak"] == rounded(gain)
    assert gain.low < 0 < gain.high and abs(gain.value) < 1
    assert (words["mined_least"], words["mined_most"]) == ("0.3", "3")
    gaps = load_result("domain_confusion_gaps")
    words = draw.gap_numbers(gaps)
    assert (words["far_ahead"], words["far_open"]) == ("every seed", "contains")
    for name, gap in (("near_pairs", 1), ("far_pairs", 2)):
        apart = np.mean(gaps.curves[f"weak pairs, gap {gap}"]["pair distance"])
        assert float(words[name]) == pytest.approx(100 * apart, abs=0.51)


def test_what_the_sweeps_leave_open():
    """The text's claims: at no gap the seeds show weak pairs ahead of confusion alone;
    no weights are ahead of those of the chapter; and with λ = 1 mean success is lower
    in every row.
    """
    gaps = load_result("domain_confusion_gaps").curves
    for gap in (0.5, 1, 1.5, 2):
        weak, crowd = (
            np.array(gaps[f"{arm}, gap {gap:g}"]["success"])
            for arm in ("weak pairs", "confusion alone")
        )
        assert mean_of_seeds(weak - crowd).low < 0
    cells = load_result("domain_confusion_weights").curves
    ours = np.array(cells["λ = 0.3, ν = 1"]["success"])
    for name, cell in cells.items():
        ahead = mean_of_seeds(np.array(cell["success"]) - ours)
        assert ahead.low <= 0, name
        if name.startswith("λ = 1"):
            assert ahead.value < -0.2
        elif not name.endswith("ν = 0"):
            assert ahead.value > -0.05

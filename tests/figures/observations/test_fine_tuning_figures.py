"""What must hold of the figures of *Fine-tuning*: tables, pictures, words and questions
have the numbers of the committed runs.
"""

from dataclasses import replace

import numpy as np
import pytest

from lecture_code.experiments import load_result
from lecture_code.experiments.observations.fine_tuning.grid import SMALL_SOURCE
from lecture_code.figures.observations import fine_tuning as draw
from lecture_code.figures.observations.fine_tuning import (
    answers,
    forgetting,
    grids,
    questions,
    runs,
)

GRID = load_result("fine_tuning")
CURES = load_result("fine_tuning_cures")
SPLITS = load_result("fine_tuning_splits")


def raised(entry, names, by, result=GRID):
    """The result, with an accuracy of some trials raised."""
    curves = {
        name: {
            part: (np.array(values) + by * (part == entry and names(name))).tolist()
            for part, values in trial.items()
        }
        for name, trial in result.curves.items()
    }
    return replace(result, curves=curves)


def test_an_unknown_trial_or_accuracy_is_named():
    """The error says what there is not, and which accuracies there are."""
    with pytest.raises(KeyError, match="no trial 'all, n = 7'"):
        runs.of_trial(GRID, "all, n = 7", "target")
    with pytest.raises(KeyError, match="validation, target, source"):
        runs.of_trial(GRID, "all, n = 10, rate 0.001", "kept")


def test_the_best_rate_is_chosen_on_validation_scans():
    """Raising the validation scans of a rate makes it the best; test scans do not."""
    name = "all, n = 100, rate 0.0003"
    before = runs.best_trial(GRID, "all", 100)
    assert before.name != name
    chosen = raised("validation", lambda trial: trial == name, 0.5)
    assert runs.best_trial(chosen, "all", 100).name == name
    tests = raised("target", lambda trial: trial == name, 0.5)
    assert runs.best_trial(tests, "all", 100) == before


def test_the_grid_shows_the_means_of_its_cells():
    """A cell is the mean of the seeds, and the best cell has no regret."""
    grid = draw.LayerGrid(GRID)
    trial = GRID.curves["last 3, n = 100, rate 0.001"]
    time = GRID.settings["times"].index(50)
    mean = 100 * np.mean([seed[time] for seed in trial["target"]])
    row, column = grid.layers.index(3), grid.batches.index(50)
    assert grid.means["target"][row, column] == pytest.approx(mean)
    regrets = [grid.regret(k, t) for k in grid.layers for t in grid.batches]
    assert min(regrets) == 0
    best = grid.means["target"].max()
    assert grid.regret(3, 50) == pytest.approx(best - mean)
    assert f"scans {mean:.0f} %" in grid.draw(3, 50).alt


def test_tables_follow_the_runs():
    """The lead over all layers is paired, and all layers are 0 ahead of themselves."""
    assert (grids.lead_over_all(GRID, "all", 30) == 0).all()
    lead = grids.lead_over_all(GRID, "scratch", 10)
    higher = raised("target", lambda name: name.startswith("scratch, n = 10,"), 0.1)
    assert np.allclose(grids.lead_over_all(higher, "scratch", 10), lead + 10)
    assert f"{lead.mean():.1f}".replace("-", "−") in draw.leads_table(GRID).text()
    best = runs.best_trial(GRID, "scratch", 10)
    mean = runs.at_end(GRID, best, "target").mean()
    cell = draw.labels_table(GRID).entries["scratch"]["n = 10"]
    assert cell.text.startswith(f"{mean:.0f} [")


def test_pictures_say_what_they_show():
    """The alternative texts have the means of the runs."""
    best = runs.best_trial(GRID, "linear probe", 100)
    mean = runs.at_end(GRID, best, "source").mean()
    assert f"best rate of each: {mean:.0f}," in draw.source_over_layers(GRID).alt
    ends = runs.of_trial(GRID, runs.best_trial(GRID, "all", 10).name, "target")
    words = f"scans, n = 10: {ends[:, 0].mean():.0f} to {ends[:, -1].mean():.0f}"
    assert words in draw.duration(GRID).alt
    assert "random nB" in draw.cut_curves(SPLITS).alt


def test_forgetting_is_what_print_has_lost():
    """F is 0 for a trial that keeps what was there before, and grows as it loses."""
    trial = runs.matched_trials(CURES)["EWC"]
    lost = runs.forgetting(CURES, trial)
    lower = raised("source", lambda name: name == trial.name, -0.1, CURES)
    assert np.allclose(runs.forgetting(lower, trial), lost + 10)
    shown = draw.cures_table(CURES).entries["EWC"]["forgets"].text
    assert shown.startswith(f"{lost.mean():.0f} [")


def test_every_penalty_has_six_weights_and_its_place():
    """The slider has a λ for each step, and the marked place is the mean of the run."""
    curves = draw.CureCurves(CURES)
    assert {len(lams) for lams in curves.strengths.values()} == {len(curves.steps)}
    assert all(lams == sorted(lams) for lams in curves.strengths.values())
    trial = CURES.curves["rehearsal, λ = 3, rate 0.003"]
    words = f"print {100 * np.mean(trial['source']):.0f} %"
    assert words in curves.draw("rehearsal", 6).alt
    assert forgetting.LEFT_OUT


def test_the_answer_follows_from_the_runs():
    """If the probe kept all of print, the other answer would be right; if EWC kept
    more than all others, EWC.
    """
    asked = draw.what_probe_keeps(GRID).question
    assert asked.answer == 1
    kept = raised("source", lambda name: name.startswith("linear probe, n = 100"), 1)
    assert draw.what_probe_keeps(kept).question.answer == 0
    assert draw.which_cure(CURES).question.answer == 2
    elastic = raised("source", lambda name: name.startswith("EWC, λ"), 1, CURES)
    assert draw.which_cure(elastic).question.answer == 1


def test_the_words_of_an_answer_are_complete():
    """Every number of the answers is filled in, and differences are paired."""
    words = questions.AFTER_LAYERS.format(**draw.answer_numbers(GRID))
    words += questions.AFTER_CURES.format(**draw.cure_numbers(CURES))
    assert "{" not in words
    numbers = draw.grid_numbers(GRID)
    assert set(numbers) == {
        "scans_before",
        "scans_after",
        "print_before",
        "print_after",
    }
    assert float(numbers["print_after"]) < float(numbers["print_before"])


def test_the_first_picture_marks_what_is_wrong():
    """The shares in the alternative text are those of all test digits, and the same
    seed gives the same answers.
    """
    shown = draw.DigitAnswers(0, SMALL_SOURCE, (0, 2))
    end = shown.batches[-1]
    read = shown.read("scans", end)
    right = (read == shown.data["scans"].labels.numpy()).mean()
    assert f"scans: {100 * right:.0f} % right" in shown.draw(end).alt
    assert (draw.DigitAnswers(0, SMALL_SOURCE, (0, 2)).read("scans", end) == read).all()
    rows = answers.first_of_each_class(shown.data["scans"])
    assert shown.data["scans"].labels[rows].tolist() == list(range(10))


def test_questions_have_their_right_answer():
    """Each quiz is built, and its right answer is among its options."""
    for asked in (
        draw.why_discriminative(),
        draw.why_fisher_labels(),
        draw.why_no_pull(),
    ):
        assert 0 <= asked.question.answer < len(asked.question.options)

"""What must hold of what the chapter on online adaptation shows: figures and tables
hold the numbers of the results, films are of the attempts that they name, and the
text's claims follow.
"""

import re
from dataclasses import replace

import numpy as np
import pytest

from lecture_code.dynamics import online_adaptation as online
from lecture_code.experiments import load_arrays, load_result
from lecture_code.experiments.dynamics.online_adaptation.attempts import (
    SETTINGS,
    AttemptOutcome,
)
from lecture_code.experiments.dynamics.online_adaptation.practice import practise
from lecture_code.experiments.dynamics.online_adaptation.summary import paired_interval
from lecture_code.experiments.dynamics.online_adaptation.tuned import TUNED
from lecture_code.figures.dynamics import online_adaptation as draw
from lecture_code.figures.dynamics.online_adaptation import (
    after_jump,
    expectations,
    films,
    jacobian,
    models,
)
from lecture_code.learning.dynamics_priors import transition
from lecture_code.simulation.slot_arm import SlotArm, tip
from lecture_code.simulation.slot_attempts import draw_attempts, references

NAMES = ("online_adaptation_tuned", "online_adaptation")
STRONG = "gain 2.2"
HEAVY = "payload 6"


@pytest.fixture(scope="module")
def results():
    return [load_result(name) for name in NAMES]


@pytest.fixture(scope="module")
def priors():
    return practise(np.random.default_rng(0))


@pytest.fixture(scope="module")
def sweep(results):
    return draw.Sweep(results, [load_arrays(name) for name in NAMES])


def outcome(states):
    """An attempt with these states (1, T + 1, 6) and no torques."""
    n = len(states)
    T = states.shape[1] - 1
    none = np.zeros(n)
    actions, slopes = np.zeros((n, T, 3)), np.zeros((T, n, 6, 9))
    stopped = none.astype(int)
    return AttemptOutcome(none > 0, none, stopped, none, states, actions, slopes)


def column(table, name):
    return {row: cells[name].text for row, cells in table.entries.items()}


# --- films


def test_a_film_says_how_far_each_arm_ends_from_its_goal(results):
    """Equation: the distances in the key of the hero and in the enlarged slot are those
    of the recording; the still picture has two moments, the start and the end.
    """
    recorded = results[1], load_arrays(NAMES[1])
    film, closeup = draw.first_attempt(*recorded), draw.slot_at_the_end(*recorded)
    for words in ("with adaptation: ends 7 mm", "without adaptation: ends 113 mm"):
        assert words in film.alt and words in closeup.alt
    assert closeup.text_on_phone >= 11
    assert [robot.name.split(":")[0] for robot in film.robots] == [
        "slot",
        "with adaptation",
        "without adaptation",
    ]
    assert film.still().count("<text") == 2
    assert "0.0 s" in film.still() and "5.0 s" in film.still()
    assert film.still().count('<span class="rg-readout"></span>') == 3


def test_an_arm_on_its_path_is_at_no_distance_and_needs_no_steps():
    """Limit: states that follow the reference give a distance of zero, and zero control
    steps until the arm is back; an arm that hangs still never comes back.
    """
    start = np.zeros(6)
    mouth = np.array([0.5, -0.3])
    jumps = draw.JumpingPayload(None, (start, mouth), (6,), (1.0,))
    path = references(start[None], mouth[None])
    jumps.__dict__["outcomes"] = {
        "network": outcome(path),
        "network alone": outcome(np.zeros_like(path)),
    }
    assert jumps.distance("network", 6, 1.0).max() < 1e-9
    assert jumps.back_after(6, 1.0) == 0
    assert jumps.distance("network alone", 6, 1.0)[-1] > 300
    jumps.__dict__["outcomes"]["network"] = outcome(np.zeros_like(path))
    with pytest.raises(ValueError, match="not back within 2 cm: payload × 6 at 1 s"):
        jumps.back_after(6, 1.0)


def test_the_wanted_number_of_steps_is_counted_from_the_jump():
    """Equation: an arm that leaves its path after the jump at step 20 and is back at
    step 31 needs eleven steps.
    """
    start = np.zeros(6)
    mouth = np.array([0.5, -0.3])
    jumps = draw.JumpingPayload(None, (start, mouth), (6,), (1.0,))
    path = references(start[None], mouth[None])
    path[:, 22:31, 0] += 0.5
    jumps.__dict__["outcomes"] = {"network": outcome(path)}
    assert jumps.back_after(6, 1.0) == 11


def test_the_slot_is_drawn_where_the_walls_are():
    """Equation: the walls lie 6 cm above and below the middle of the slot."""
    view = films.stage_view(np.array([0.5, -0.3]), 2)
    np.testing.assert_allclose(view.z[:, :2], [[-0.24, -0.36]] * 2)
    np.testing.assert_allclose(view.x[:, :2], 0.65)


def test_the_enlarged_link_and_walls_have_the_sizes_of_the_model():
    """Equation: the outline of the link reaches from the tip to 2 cm behind the wrist
    and is 4 cm wide; the half lengths of a wall are those of the model.
    """
    outline = films.capsule_outline(np.array([0.1, 0.2]), np.array([0.35, 0.2]))
    np.testing.assert_allclose(outline.max(axis=0), [0.35, 0.22], atol=1e-4)
    np.testing.assert_allclose(outline.min(axis=0), [0.08, 0.18], atol=1e-4)
    model = SlotArm().model
    np.testing.assert_allclose(model.geom("lower_wall").size[[0, 2]], films.WALL)
    np.testing.assert_allclose(model.geom("lower_wall").pos, [0.15, 0, -0.06])


# --- local models


def test_moments_and_least_squares_have_the_same_slopes():
    """Equation: both columns of the table agree, and they are the slopes of a linear
    plant without noise.
    """
    rng = np.random.default_rng(0)
    xu = rng.standard_normal((60, 9))
    f_xu = rng.standard_normal((6, 9))
    steps = np.hstack([xu, xu @ f_xu.T + 1.0])
    table = draw.moments_and_least_squares(steps, 0.1)
    moments, squares = column(table, "running moments"), column(table, "least squares")
    assert moments == squares
    wanted = [f"{f_xu[3 + i, 6 + i]:.3f}".replace("-", "−") for i in range(3)]
    assert list(moments.values()) == wanted


def test_moments_know_one_direction_less_than_they_have_steps():
    """Equation: after t steps in general position the moments know t − 1 directions,
    and never more than nine.
    """
    steps = np.random.default_rng(0).standard_normal((14, 15))
    known = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 9]
    assert models.ranks(steps).tolist() == known


def test_an_arm_that_never_acts_knows_nothing():
    """Negative control: moments of equal steps know no direction."""
    still = transition(np.zeros((10, 6)), np.zeros((10, 3)), np.zeros((10, 6)))
    assert models.ranks(still).max() == 0


def test_stronger_motors_have_steeper_slopes():
    """Equation: with motors 2.2 times as strong, the robot's own slopes are 2.2 times
    those of an arm without dry friction; the curve of the local model has the joint's
    own entry.
    """
    still = outcome(np.zeros((1, 3, 6)))
    still.slopes[:, 0, 5, 8] = 0.7  # the wrist's velocity by the wrist's torque
    curves = [
        draw.Slopes(SlotArm().change(gain=gain, friction=0), {0: still, 0.2: still})
        for gain in (1.0, 2.2)
    ]
    weak, strong = (made.curves("wrist", 0.2) for made in curves)
    np.testing.assert_allclose(strong["robot"], 2.2 * weak["robot"], rtol=0.01)
    assert weak["robot"].min() > 0.1
    assert strong["local model"].tolist() == [0.7, 0.7]
    assert curves[0].curves("elbow", 0.2)["local model"].tolist() == [0, 0]


def test_expectations_are_those_of_the_weights(priors):
    """Limit: with N = 0 the expected states are those of the network alone, whatever
    was seen; the first expectation is that of the second step.
    """
    rng = np.random.default_rng(0)
    states, actions = rng.normal(0, 0.3, (5, 6)), rng.normal(0, 1, (4, 3))
    method = TUNED["network alone"]
    ahead = expectations.expected(priors, states, actions, method)
    assert ahead.shape == (3, 6)
    for t in (1, 3):
        x, u = states[t : t + 1], actions[t : t + 1]
        model = online.prior_model(priors.network, x, actions[t - 1 : t], SETTINGS)
        np.testing.assert_allclose(ahead[t - 1], model(x, u)[0], atol=1e-6)
    adapted = expectations.expected(priors, states, actions, TUNED["network"])
    assert np.abs(adapted - ahead).max() > 0.01


def test_the_local_model_expects_what_happens_soon_after_a_jump(priors):
    """Claim: half a second after the payload has jumped to six times, the local model's
    mean error is less than a third of the fixed network's, for every joint.
    """
    starts, mouths = draw_attempts(1, np.random.default_rng(1))
    jumps = draw.JumpingPayload(priors, (starts[0], mouths[0]), (6,), (1.0,))
    for joint in models.JOINTS:
        picture = draw.predicted_motion(jumps, 1.0, 6, joint)
        fixed, local = map(float, re.findall(r"(?:fixed|model) (\d\.\d+)", picture.alt))
        assert 3 * local < fixed, joint
        assert picture.text_on_phone >= 11


# --- the local Jacobian


def test_a_varied_force_finds_the_plant_and_a_constant_force_does_not():
    """Learning with a negative control: with quiet sensors the distance goes to zero
    before and after the kick only where the force varies.
    """
    varied = jacobian.learn_plant(0.1, "varied force")
    constant = jacobian.learn_plant(0.1, "constant force")
    assert varied[-1] < 0.01 < 0.5 < constant[-1]
    assert varied[jacobian.CHANGE] > 0.05
    asked = draw.constant_force().question
    assert asked.options[asked.answer].startswith("No")
    wrong = [jacobian.learn_plant(a, "constant force")[99] for a in (1.0, 100.0)]
    assert min(wrong) > 0.5


def test_a_small_alpha_fits_the_noise():
    """Learning with a negative control: with noisy sensors the distance at the end is
    smaller with a large α; with quiet sensors it is smaller with a small α.
    """
    ends = {
        (alpha, noise): jacobian.learn_plant(alpha, "varied force", noise)[-20:].mean()
        for alpha in (0.01, 10.0)
        for noise in (0.0, 0.3)
    }
    assert ends[10.0, 0.3] < ends[0.01, 0.3]
    assert ends[0.01, 0.0] < ends[10.0, 0.0]


def test_unknown_forces_are_refused():
    """Errors name the culprit and the alternatives."""
    with pytest.raises(ValueError, match="'wind'; known: constant force, varied force"):
        jacobian.learn_plant(1.0, "wind")


# --- results


@pytest.fixture(scope="module")
def weights():
    return load_result("online_adaptation_weights")


def test_the_table_holds_success_lead_and_distance(results, weights):
    """Equation: each row has the mean of its own cell, and *no prior* that of its tuned
    β; the lead and its interval are those of the result, and over *no prior* those of
    the arrays; what was not paired has no lead.
    """
    tuned, plain = results
    both = load_arrays(NAMES[0]), load_arrays("online_adaptation_weights")
    leads = draw.leads_over_no_prior(tuned, weights, *both)
    table = draw.comparison(tuned, plain, weights, leads, STRONG)
    success, lead = column(table, "success"), column(table, "lead")
    cells = tuned.curves["cells"]
    for name in ("network", "mixture"):
        assert success[name] == f"{100 * np.mean(cells[name][STRONG]['success']):.0f}"
    free = weights.curves["cells"][weights.curves["best"]["no prior"]][STRONG]
    assert success["no prior"] == f"{100 * np.mean(free['success']):.0f}"
    low, high = cells["network alone"][STRONG]["ahead"]
    ours = np.mean(cells["network"][STRONG]["success"])
    theirs = np.mean(cells["network alone"][STRONG]["success"])
    words = f"+{100 * (ours - theirs):.0f} [{100 * low:.0f}, {100 * high:.0f}]"
    assert lead["network, fixed"] == words
    assert lead["network"] == lead["oracle"] == "–"
    name = f"success/{weights.curves['best']['no prior']}"
    place = list(cells["network"]).index(STRONG)
    pair = [
        a[n][:, place] for a, n in zip(both, ("success/network", name), strict=True)
    ]
    apart = pair[0].astype(float) - pair[1]
    low, high = paired_interval(apart, np.zeros_like(apart), 2000)
    words = f"{100 * apart.mean():+.0f} [{100 * low:.0f}, {100 * high:.0f}]"
    assert lead["no prior"] == words.replace("-", "−")


def test_the_sweep_says_the_share_of_the_offset_that_stays(sweep):
    """Equation: at N / m = 1 half of the offset stays; the median that the alt text
    names is that of the drawn practices, and N / m is sorted.
    """
    picture = sweep.draw(1.0, HEAVY)
    middle = np.median(sweep.misses(1.0, HEAVY))
    assert "the share of the offset that stays is 50 %" in picture.alt
    assert f"the median distance is {middle:.1f} mm" in picture.alt
    assert sweep.ratios == sorted(sweep.ratios)
    assert min(sweep.ratios) < 1 < 1000 < max(sweep.ratios)
    assert "N / m = 3333" in sweep.draw(max(sweep.ratios), HEAVY).alt


@pytest.mark.usefixtures("kept")
def test_the_dashed_curve_is_the_share_of_the_fixed_distance(results, sweep):
    """Equation: at N = m the dashed curve lies at half of the distance with the fixed
    network.
    """
    (axes,) = sweep.draw(1.0, HEAVY).figure.axes
    dashed = next(line for line in axes.lines if line.get_linestyle() == "--")
    place = list(dashed.get_xdata()).index(1.0)
    fixed = np.median(results[1].curves["cells"]["network alone"][HEAVY]["miss"])
    assert 100 < fixed < 130
    assert dashed.get_ydata()[place] == pytest.approx(fixed / 2)


@pytest.mark.parametrize("made", ["idea", "differences", "predictions", "sweep"])
def test_the_text_of_figures_can_be_read_on_a_phone(made, results, sweep):
    """The smallest letters have at least 11 px at a width of 390 px."""
    tuned, plain = results
    picture = {
        "idea": draw.idea,
        "differences": lambda: draw.differences(
            tuned, load_result("online_adaptation_few")
        ),
        "predictions": lambda: draw.predictions(plain, 0.01),
        "sweep": lambda: sweep.draw(1.0, HEAVY),
    }[made]()
    assert picture.text_on_phone >= 11


# --- the figure on the tilting base


@pytest.fixture(scope="module")
def balancer():
    return load_result("balancer")


def test_the_film_says_who_falls_and_when():
    """Equation: in the recorded trials the fixed controller falls and its film ends
    there; the adaptive controller stands, except with the smallest α after a kick.
    """
    kicks = draw.Kicks((0.1, 1.0))
    film = kicks.draw(1.0, "kick")
    fallen = int(kicks.outcome("fixed", 1.0, True).fallen[0])
    assert 0 < fallen == film.robots[1].frames - 1
    assert film.robots[1].fell
    assert not film.robots[0].fell
    assert "adaptive J stands" in film.alt
    assert f"J₀, fixed falls at {0.02 * fallen:.1f} s" in film.alt
    assert "adaptive J stands" in kicks.draw(0.1, "no kick").alt
    assert "adaptive J falls" in kicks.draw(0.1, "kick").alt


def test_the_balance_table_holds_errors_and_falls(balancer):
    """Equation: each row has the means and the interval of its own controller."""
    table = draw.balance_table(balancer, "mismatch 1.5")
    for kind, name in (("fixed", "J₀, fixed"), ("PD", "PD, stiff")):
        found = balancer.curves[kind]["mismatch 1.5"]
        low, high = found["ratio"]
        cells = {key: entry.text for key, entry in table.entries[name].items()}
        assert cells["error"] == f"{1000 * np.mean(found['error']):.0f}"
        assert cells["falls"] == f"{100 * np.mean(found['fallen']):.0f}"
        assert cells["ratio"] == f"[{low:.2f}, {high:.2f}]"


def test_the_text_on_the_balancer_follows_from_the_result(balancer):
    """Claim: at the largest mismatch the fixed J₀ always falls, its error is at least
    1.5 times that of the adaptive J, which never falls; the learned offset comes close,
    and the interval of the stiff PD controller contains 1. With a delay the adaptive J
    falls at times, and not if the delay is known; with bad sensors the offset alone is
    better.
    """
    curves = balancer.curves
    worst = "mismatch 1.5"
    assert np.mean(curves["fixed"][worst]["fallen"]) == 1
    assert np.mean(curves["adaptive"][worst]["fallen"]) == 0
    assert curves["fixed"][worst]["ratio"][0] >= 1.5
    assert np.mean(curves["offset only"][worst]["fallen"]) == 0
    assert 1 < curves["offset only"][worst]["ratio"][0] < 2
    low, high = curves["PD"][worst]["ratio"]
    assert low < 1 < high
    assert np.mean(curves["adaptive"]["real"]["fallen"]) > 0
    assert np.mean(curves["executed"]["real"]["fallen"]) == 0
    assert curves["offset only"]["bad sensors"]["ratio"][1] < 1


def test_a_stiff_policy_hardly_needs_learning(balancer):
    """Claim: with the stiff policy the fixed J₀ never falls, and its interval lies
    below half of the soft adaptive J's error; at the largest mismatch the stiff
    adaptive J has about half of the error, with an interval below the
    other, and with a delay it always falls.
    """
    fixed = balancer.curves["fixed, ω = 20"]
    adaptive = balancer.curves["adaptive, ω = 20"]
    worst = "mismatch 1.5"
    assert all(max(found["fallen"]) == 0 for found in fixed.values())
    assert fixed[worst]["ratio"][1] < 0.5
    assert max(adaptive[worst]["fallen"]) == 0
    assert adaptive[worst]["ratio"][1] < fixed[worst]["ratio"][0]
    share = np.mean(adaptive[worst]["error"]) / np.mean(fixed[worst]["error"])
    assert 0.45 < share < 0.6
    assert min(adaptive["real"]["fallen"]) == 1
    assert fixed["real"]["ratio"][1] < 0.5


def test_the_balance_table_has_the_stiff_rows_where_they_were_measured(balancer):
    """Equation: at the largest mismatch the stiff rows have the errors of the result;
    under three times the motor gain they were not measured and have no row.
    """
    errors = column(draw.balance_table(balancer, "mismatch 1.5"), "error")
    assert errors["J₀ fixed, stiff"] == "13"
    assert errors["adaptive J, stiff"] == "7"
    assert "J₀ fixed, stiff" not in draw.balance_table(balancer, "gain 3").entries


def test_the_balancer_falls_on_a_base_that_swings_far_and_with_a_longer_delay(balancer):
    """Claim: with 0.8 rad more than half of the adaptive trials end in a fall, one in
    twenty with PD, none with the oracle; with a delay of two steps the adaptive J
    always falls, and the fixed J₀ never.
    """
    fallen = {
        kind: {name: np.mean(found["fallen"]) for name, found in cells.items()}
        for kind, cells in balancer.curves.items()
    }
    assert fallen["adaptive"]["tilt 0.8"] > 0.5
    assert fallen["PD"]["tilt 0.8"] == pytest.approx(1 / 20)
    assert fallen["oracle"]["tilt 0.8"] == 0
    assert fallen["adaptive"]["delay 2"] == 1
    assert fallen["fixed"]["delay 2"] == 0


def test_no_prior_needs_a_long_memory(results, weights):
    """Claim: with the β that won on the tuning seeds *no prior* succeeds in most
    attempts with the heaviest tool and in none with β = 0.2; with the strongest motors
    more than half succeed, and none with the network and an offset; where the payload
    jumps, at most one attempt in forty succeeds with any β. The network stays ahead
    with the heaviest tool, with its interval above zero. With N = m the arm ends hardly
    nearer than with the fixed network, and no attempt succeeds.
    """
    tuned, plain = results
    words = draw.numbers_of_comparison(tuned, plain, weights)
    cells = weights.curves["cells"]
    best = cells[weights.curves["best"]["no prior"]]
    assert words["no_prior"] == f"{100 * np.mean(best[HEAVY]['success']):.0f}\u202f%"
    assert np.mean(best[HEAVY]["success"]) > 0.5 < np.mean(best[STRONG]["success"])
    assert np.max(cells["no prior, β = 0.2"][HEAVY]["success"]) == 0
    jumps = [np.mean(found["payload jumps"]["success"]) for found in cells.values()]
    assert len(jumps) >= 5 and max(jumps) <= 1 / 40
    assert words["strong_offset"] == "0\u202f%"
    name = weights.curves["best"]["no prior"]
    place = list(best).index(HEAVY)
    pair = (
        load_arrays(NAMES[0])["success/network"][:, place],
        load_arrays("online_adaptation_weights")[f"success/{name}"][:, place],
    )
    assert paired_interval(*(each.astype(float) for each in pair), 2000)[0] > 0
    assert words["equal_m"] == "0\u202f%"
    assert words["equal_end"] == "115\u202fmm"
    assert words["fixed_end"] == "119\u202fmm"


def test_a_heavier_damping_needs_no_new_slopes_and_stronger_motors_do(results):
    """Claim: with slopes that stay those of the network, all attempts succeed with the
    heaviest tool and with fifteen times the damping, and none with the strongest
    motors; the question about the damping says so, and refuses a result that does not.
    """
    frozen = results[1].curves["cells"]["network, slopes frozen"]
    rates = {name: np.mean(found["success"]) for name, found in frozen.items()}
    assert rates[HEAVY] == rates["damping 15"] == 1 and rates[STRONG] == 0
    asked = draw.frozen_slopes(results[1]).question
    assert asked.options[asked.answer] == "All of them."
    assert "75 %" in asked.options[1]
    cells = dict(results[1].curves["cells"])
    cells["network, slopes frozen"] = cells["network alone"]
    curves = {**results[1].curves, "cells": cells}
    with pytest.raises(ValueError, match="frozen slopes 75 %"):
        draw.frozen_slopes(replace(results[1], curves=curves))


def test_weak_motors_need_no_new_slopes(results):
    """Claim: with motor gain × 0.4 nearly all attempts succeed with the offset alone,
    and none with the fixed network; the question refuses a result that does not.
    """
    asked = draw.weak_motors(results[0]).question
    assert "the offset adds what is missing" in asked.options[asked.answer]
    assert "98 %" in asked.question
    assert "Without the offset 0 % succeed" in asked.feedback[asked.answer]
    cells = dict(results[0].curves["cells"])
    cells["network + offset"] = cells["network alone"]
    curves = {**results[0].curves, "cells": cells}
    with pytest.raises(ValueError, match="offset 0 %"):
        draw.weak_motors(replace(results[0], curves=curves))


@pytest.mark.usefixtures("kept")
def test_the_intervals_are_those_of_the_conditions_in_the_text(results):
    """Equation: for each rival and each condition of the text, from the top down, and
    after each short practice, the figure has the interval of the lead, and its dot at
    the lead.
    """
    tuned, _ = results
    few = load_result("online_adaptation_few")
    (axes,) = draw.differences(tuned, few).figure.axes
    drawn = [line.get_xdata() for line in axes.lines[:-2]]
    rivals = ("network alone", "network + offset", "least squares", "mixture")
    expected = []
    for rival in rivals:
        for condition in (HEAVY, "payload jumps", STRONG):
            ours, theirs = (tuned.curves["cells"][m] for m in ("network", rival))
            success = [np.mean(c[condition]["success"]) for c in (ours, theirs)]
            interval = theirs[condition]["ahead"]
            expected += [interval, [success[0] - success[1]]]
        for practice in ("8 near", "60 near", "60 mixed"):
            lead, *interval = few.curves["ahead"][practice][rival]
            expected += [interval, [lead]]
    for line, numbers in zip(drawn, expected, strict=True):
        assert line == pytest.approx(100 * np.array(numbers))
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels[3:] == [f"practice: {p}" for p in ("8 near", "60 near", "60 mixed")]


def test_the_table_of_practices_holds_success_and_leads():
    """Equation: the success of each method after each practice, and the lead of the
    network over it; the network has no lead over itself.
    """
    few = load_result("online_adaptation_few")
    table = draw.by_practice(few)
    for practice in ("8 near", "60 near", "60 mixed"):
        cells = few.curves["cells"][practice]
        shown = column(table, practice)
        assert shown["mixture"] == f"{100 * np.mean(cells['mixture']['success']):.0f}"
        lead = few.curves["ahead"][practice]["mixture"][0]
        words = table.entries["mixture"][f"lead, {practice}"].text
        assert f"{abs(100 * lead):.0f} [" in words
        assert f"lead, {practice}" not in table.entries["network"]


def test_the_offset_that_stays_explains_the_second_rule_in_part(results):
    """Claim: with constant weights and N of 3.3 times m no attempt with the heaviest
    tool succeeds; the rule with ρ succeeds in half of the attempts with the strongest
    motors, where constant weights succeed in all.
    """
    cells = results[1].curves["cells"]
    assert np.mean(cells["m = 0.3, N = 1"][HEAVY]["success"]) == 0
    assert np.mean(cells["rule ratio"][STRONG]["success"]) == 0.5
    assert np.mean(cells["network"][STRONG]["success"]) == 1
    assert (online.W_BOUNDS[1], SETTINGS.m) == (0.1, 0.03)


def test_every_exercise_has_three_hints():
    """Conformance: the exercises have the numbers 1 to 5, with three hints each."""
    for number in range(1, 6):
        assert len(draw.exercise_hints(number).steps) == 3
    with pytest.raises(IndexError):
        draw.exercise_hints(6)


def test_the_jumps_are_no_better_for_the_network_than_for_its_rivals(results):
    """Claim: with a jumping payload three rivals succeed in all attempts, the network
    in 95 %, and the intervals reach zero.
    """
    cells = results[0].curves["cells"]
    assert np.mean(cells["network"]["payload jumps"]["success"]) == pytest.approx(0.95)
    for rival in ("mixture", "least squares", "network + offset"):
        found = cells[rival]["payload jumps"]
        assert np.mean(found["success"]) == 1 and found["ahead"][1] == 0


def test_mixing_two_tools_is_what_makes_the_arm_fall(priors):
    """Claim with an ablation: with moments that begin anew at the jump the largest fall
    of sixteen attempts is less than half, and the median is no smaller.
    """
    tasks = draw_attempts(16, np.random.default_rng(5))
    kept, anew = (after_jump.falls(priors, tasks, 6, a) for a in (False, True))
    assert anew.max() < 0.5 * kept.max()
    assert 0.7 < np.median(anew) / np.median(kept) < 1.5
    words = draw.falls_after_jump(priors, tasks)
    assert words["fall_kept"] == f"{kept.max():.0f}\u202fmm"
    assert words["fall_anew"] == f"{anew.max():.0f}\u202fmm"
    assert words["median_kept"] == f"{np.median(kept):.0f}\u202fmm"
    assert words["median_anew"] == f"{np.median(anew):.0f}\u202fmm"


def test_the_arm_of_the_question_falls_further_than_the_fixed_arm(priors):
    """Claim: after the jump of the question the adapting arm falls more than 200 mm,
    the fixed arm less than 100 mm, and with three times the payload it falls less than
    the fixed arm; the words behind the question say so.
    """
    starts, mouths = draw_attempts(1, np.random.default_rng(1))
    task = starts[0], mouths[0]
    jumps = draw.JumpingPayload(priors, task, (1, 2, 3, 6), (0.0, 1.0, 2.0))
    fixed, adapting = (jumps.fall(m, 6, 1.0) for m in ("network alone", "network"))
    assert fixed < 100 < 200 < adapting
    assert jumps.fall("network", 3, 1.0) < jumps.fall("network alone", 3, 1.0)
    _, words = draw.how_soon(jumps, 6, 1.0).question.then
    assert (
        f"{round(adapting, -1):.0f} mm against {round(fixed, -1):.0f} mm" in words.alt
    )


def test_gravity_misses_the_fixed_arm_high_and_low_and_never_the_adapting_arm(priors):
    """Claim, with a control: under the gravity of practice both arms succeed. Under
    less gravity the fixed arm ends too high, under more gravity too low, and the
    adapting arm succeeds under each.
    """
    starts, mouths = draw_attempts(1, np.random.default_rng(1))
    gravities = 0, 1.6, 3.7, 9.8, 15, 24.8
    planets = draw.OtherGravity(priors, (starts[0], mouths[0]), gravities)
    falls = [-c.robot.model.opt.gravity[2] for c in planets.conditions]
    np.testing.assert_allclose(falls, gravities)
    fixed, adapting = (
        planets.outcomes[m].success for m in ("network alone", "network")
    )
    assert adapting.all()
    assert fixed.tolist() == [False, False, False, True, False, False]
    ends = [tip(planets.path_at("network alone", i)[-1, :3])[1] for i in range(6)]
    too_high = 1000 * (np.array(ends) - mouths[0, 1])
    assert min(too_high[:3]) > 15 and max(too_high[4:]) < -15
    film, curves = planets.draw(24.8).parts
    assert "24.8" in film.alt and "Grey" not in curves.html()


def test_the_new_predictions_have_the_answers_of_the_results(
    results, weights, sweep, balancer, priors
):
    """Claim: with N = m none of the attempts succeeds. After a kick the figure falls
    less often the larger α is, both in the first eight trials and in all twenty; at the
    largest mismatch without a kick α = 100 nearly always falls.
    """
    words = draw.numbers_of_comparison(*results, weights)
    words |= draw.distances_without_walls(priors)
    asked = draw.how_much_prior(sweep, words).question
    assert asked.options[asked.answer] == "None" and "115" in asked.because
    kicks = draw.Kicks((0.1, 1.0, 10.0, 100.0))
    fell = [kicks.outcome("adaptive", a, True).fallen >= 0 for a in kicks.alphas]
    for first in (8, 20):
        counts = [int(trial[:first].sum()) for trial in fell]
        assert counts == sorted(counts, reverse=True) and counts[-1] < counts[-2]
    asked = draw.who_falls(kicks).question
    assert asked.options[asked.answer] == "The largest"
    assert (
        f"{counts[0]} of 20 trials with the smallest α, and in {counts[-1]} "
        in asked.because
    )
    shown = list(column(kicks.table(), "kick").values())
    assert shown == [str(count) for count in counts]
    assert set(column(kicks.table(), "no kick").values()) == {"0"}
    slow = balancer.curves["adaptive, α = 100"]
    assert np.mean(slow["mismatch 1.5"]["fallen"]) > 0.9
    with pytest.raises(ValueError, match="falls after a kick"):
        draw.who_falls(draw.Kicks((100.0, 0.1), trials=8))


def test_the_walls_hide_what_is_left_of_the_offset(results, priors):
    """Claim: with six times the payload N = m ends clearly nearer than the fixed
    network only without the walls, and still outside the 20 mm of a success; the words
    are the medians of these attempts.
    """
    words = draw.distances_without_walls(priors)
    equal, fixed = (int(words[n].split("\u202f")[0]) for n in words)
    assert 20 < equal < 0.8 * fixed
    cells = results[1].curves["cells"]
    medians = [
        np.median(cells[m][HEAVY]["miss"]) for m in ("m = 1, N = 1", "network alone")
    ]
    assert medians[0] > 0.9 * medians[1]


def test_the_table_of_limits_holds_the_falls(balancer):
    """Equation: each cell is the share of falls of its controller."""
    table = draw.limits_table(balancer)
    far = np.mean(balancer.curves["adaptive"]["tilt 0.8"]["fallen"])
    assert column(table, "0.8 rad")["adaptive J"] == f"{100 * far:.0f}"
    assert column(table, "two steps")["adaptive J"] == "100"
    assert column(table, "two steps")["J₀, fixed"] == "0"


def test_the_table_of_weights_marks_the_winners(weights):
    """Equation: a row for every setting that was tried, and a star at the largest
    success of each method.
    """
    success = {
        name: np.mean([each["success"] for each in found.values()])
        for name, found in weights.curves["tuning"].items()
    }
    table = draw.weights_table(weights)
    starred = [name for name in table.entries if name.endswith(" ★")]
    assert len(table.entries) == len(success) and len(starred) == 2
    for name, method in zip(starred, ("network", "no prior"), strict=True):
        tried = [s for n, s in success.items() if n.startswith(f"{method}, ")]
        assert success[name.removesuffix(" ★")] == max(tried)
        value = table.entries[name]["success"].value
        found = weights.curves["tuning"][name.removesuffix(" ★")]
        by_seed = np.mean([each["success"] for each in found.values()], axis=0)
        assert value == pytest.approx(100 * np.mean(by_seed))
        ends = f"{100 * by_seed.min():.0f}–{100 * by_seed.max():.0f}"
        assert table.entries[name]["seeds"].text == ends


def test_the_rule_with_probabilities_holds_N_at_three_to_thirty_three_m():
    """Equation: N = 0.01 / β, with β within its bounds, over the m of the settings."""
    bounds = np.array(online.W_BOUNDS)
    ratios = 0.01 / bounds / SETTINGS.m
    np.testing.assert_allclose(np.round(ratios), [33, 3])


def test_the_curves_over_alpha_are_those_of_the_result(balancer):
    """Equation: the alt text has the mean errors of the marked α."""
    picture = draw.by_alpha(balancer, 100.0)
    cells = balancer.curves["adaptive, α = 100"]
    names = ("mismatch 0", "mismatch 0.5", "mismatch 1", "mismatch 1.5")
    errors = [f"{1000 * np.mean(cells[name]['error']):.0f}" for name in names]
    assert f"it is {', '.join(errors)} mrad" in picture.alt
    assert picture.text_on_phone >= 11

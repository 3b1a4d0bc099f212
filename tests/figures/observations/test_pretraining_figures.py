"""What must hold of what *Pretraining without labels* draws: outlines, pokes and words
are those of the boards, and tables, pictures and numbers those of the runs.
"""

import re

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Annotation

from lecture_code.experiments import load_result
from lecture_code.experiments.observations.pretraining.arms import (
    FeatureArm,
    FeatureSettings,
)
from lecture_code.experiments.observations.pretraining.features import (
    load_feature_network,
)
from lecture_code.experiments.observations.pretraining.limits import (
    OBJECT,
    angle_error,
)
from lecture_code.experiments.observations.pretraining.probes import (
    pose_errors,
    pose_labels,
    read_poses,
)
from lecture_code.experiments.observations.pretraining.pushing import load_poke_network
from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.observations import pretraining as draw
from lecture_code.figures.observations.pretraining import (
    boards,
    guesses,
    limits,
    network,
    pokes,
    probes,
    pushes,
    runs,
    slow,
)
from lecture_code.figures.observations.pretraining.numbers import (
    GUESS_LABELS,
    GUESS_SEED,
    GUESS_TESTS,
    guessed_pose,
)
from lecture_code.observations.pusher_goals import centroids, redness
from lecture_code.observations.pusher_scenes import board_pictures, poke_triples
from lecture_code.observations.pushing import (
    BAR,
    Objects,
    Pokes,
    first_touches,
    nearest_points,
    pushed,
)
from lecture_code.show import Prose, new_figure
from lecture_code.show.figures import BLUE

pytestmark = pytest.mark.usefixtures("one_torch_thread")
RNG = np.random.default_rng
JOINED = "inverse + forward"


@pytest.fixture(scope="module")
def main():
    """The committed comparison of features."""
    return load_result("pretraining")


@pytest.fixture(scope="module")
def longer():
    """The committed comparison after a training that is three times as long."""
    return load_result("pretraining_longer")


@pytest.fixture(scope="module")
def pushing():
    """The committed comparison of pushers."""
    return load_result("pretraining_pushing")


def constant_result(places):
    """A made-up result: arm -> errors of its place in two seeds [m]."""
    curves = {
        arm: {
            "place": runs_,
            "pose": runs_,
            "angle": runs_,
            "loss of the length": runs_,
            "loss of the place": runs_,
        }
        for arm, runs_ in places.items()
    }
    return Result("pretraining", {}, [0, 1], curves, {}, {}, {}, 1.0, "")


def test_the_outline_is_the_edge_of_the_object():
    """Equation: each corner and each middle of a side lies on the object, and a point a
    little outside of it does not.
    """
    objects = Objects.drawn(20, RNG(0))
    for row in range(20):
        ring = boards.corners(objects, row) / 100
        alone = objects.rows(np.array([row]))
        for point in (ring + np.roll(ring, 1, axis=0)) / 2:
            assert nearest_points(alone, point[None])[1][0] < 1e-9
        turn = np.roll(ring, -1, axis=0) - ring
        out = np.column_stack([turn[:, 1], -turn[:, 0]])
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        for point in (ring + np.roll(ring, -1, axis=0)) / 2 + 0.005 * out:
            assert nearest_points(alone, point[None])[1][0] == pytest.approx(0.005)


def test_the_outline_lies_on_the_red_pixels():
    """Oracle: the middle of the red pixels is the middle of the outlined area."""
    bar = Objects(
        np.zeros(3, int), RNG(1).uniform(-0.2, 0.2, (3, 2)), np.ones(3), (BAR,)
    )
    middles = 100 * centroids(redness(board_pictures(bar, RNG(2))))
    for row in range(3):
        middle = boards.corners(bar, row)[[0, 1, 2, 5]].mean(axis=0)
        assert np.abs(middle - middles[row]).max() < 2


def test_a_probe_of_the_true_pose_is_right_and_one_of_nothing_guesses(monkeypatch):
    """Limit: features that do not depend on the picture give a guess, and the title has
    the error that is measured.
    """
    monkeypatch.setattr(guesses, "SCENES", 40)
    shown = draw.PoseGuesses({"nothing": lambda seen: np.zeros((len(seen), 2))}, 0)
    assert 0.12 < shown.errors("nothing").mean() < 0.3
    picture = shown.draw("nothing", 0)
    row = shown.chosen[:1]
    off = shown.told["nothing"].rows(row).places - shown.objects.rows(row).places
    assert f"place {100 * np.hypot(*off[0]):.1f} cm off, angle" in picture.alt
    with pytest.raises(ValueError, match="from 0 to 5"):
        shown.draw("nothing", 6)
    with pytest.raises(KeyError, match="nothing"):
        shown.errors("something")


def test_kept_features_know_more_than_random_ones():
    """Learning with a negative control: after 100 labels the kept networks err by less
    than half of what untrained ones and pixels do.
    """
    shown = draw.PoseGuesses(draw.known_features(), 0)
    means = {name: shown.errors(name).mean() for name in shown.told}
    assert means["inverse"] < means["random features"] / 2
    assert means["slowness"] < means["pixels"] / 2
    with pytest.raises(ValueError, match="inverse"):
        load_poke_network("slowness")
    with pytest.raises(ValueError, match="there are slowness, autoencoder"):
        load_feature_network("inverse")


def test_the_poke_viewer_tells_how_far_it_is_off():
    """Equation: chances of places have the sum 1, and the words are the distances; the
    four pokes to choose from do not tell which one is true.
    """
    viewer = draw.PokeViewer()
    assert np.allclose(viewer.places.sum(axis=(1, 2)), 1, atol=1e-5)
    for board in range(3):
        off = viewer.told.places[board] - viewer.triples.pokes.places[board]
        words = f"place {100 * np.hypot(*off):.0f} cm off"
        answer = viewer.draw(board, pokes.TRUE).alt
        assert words in answer
        assert f"true poke is {'ABCD'[viewer.offered[board][1]]}." in answer
        asked = viewer.draw(board, pokes.FOUR)
        assert "off" not in asked.alt and "true poke is" not in asked.alt
        assert asked.alt == viewer.draw(0, pokes.FOUR).alt
    with pytest.raises(ValueError, match="board"):
        viewer.draw(-1, pokes.TRUE)
    with pytest.raises(ValueError, match="'four pokes' or 'true poke'; got 'E'"):
        viewer.draw(0, "E")


def test_the_poke_question_names_the_true_poke_after_the_commitment_only():
    """Oracle: the right option is the true poke of the first board, and what is asked
    names no poke; the answer says where each wrong poke would have left the object.
    """
    viewer = draw.PokeViewer()
    asked = draw.poke_guess(viewer).question
    offered, true = viewer.offered[0]
    for row in range(4):
        start = viewer.triples.start.rows(np.array([0]))
        end, _ = pushed(start, offered.rows(np.array([row])))
        off = 100 * np.hypot(*(end.places[0] - viewer.triples.end.places[0]))
        words = f"{off:.0f} cm with {'ABCD'[row]}"
        assert (words in asked.because) == (row != true)
        assert (off > 4) == (row != true)
    assert asked.options[asked.answer] == "ABCD"[viewer.offered[0][1]]
    assert "true" not in asked.question


def test_the_true_poke_is_offered_among_others():
    """Oracle: the row that is called true is the poke of the board, all four touch its
    object, and they differ; the true one is not always at the same place.
    """
    triples = draw.PokeViewer().triples
    rows = []
    for board in range(pokes.BOARDS):
        offered, true = pokes.offered_pokes(triples, board)
        assert np.array_equal(offered.places[true], triples.pokes.places[board])
        assert offered.angles[true] == triples.pokes.angles[board]
        here = triples.start.rows(np.full(4, board))
        touches, hit = first_touches(here, offered)
        assert hit.all()
        assert np.linalg.norm(touches - offered.places, axis=1).max() < 0.03
        for row in range(4):
            others = np.delete(pokes.apart(offered, row), row)
            assert others.min() > 0.08
        rows.append(true)
    assert len(set(rows)) > 2


def test_a_short_way_is_drawn_longer():
    """By hand: a way of 2 cm is drawn as long as the least way, one of 12 cm as it is,
    and both in their direction.
    """
    short = Pokes(np.zeros((2, 2)), np.array([0.0, np.pi / 2]), np.array([0.02, 0.12]))
    ends = []
    for row in range(2):
        _, axes = new_figure()
        boards.draw_poke(axes, short, row)
        (arrow,) = (part for part in axes.patches if hasattr(part, "get_arrowstyle"))
        ends.append(arrow._posA_posB[1])
    assert np.allclose(ends, [[boards.LEAST_WAY, 0], [0, 12]])


def test_the_true_poke_lies_above_the_poke_of_the_model():
    """Limit: where both pokes are the same, the black one is seen, and its letter."""
    viewer = draw.PokeViewer()
    _, axes = new_figure()
    viewer.draw_answer(axes, 0)
    told, true = (part for part in axes.patches if hasattr(part, "get_arrowstyle"))
    assert true.get_zorder() >= told.get_zorder()
    assert [to_hex(part.get_facecolor()) for part in (told, true)] == [
        to_hex(BLUE),
        boards.DARK,
    ]
    (letter,) = axes.texts
    assert letter.get_zorder() > true.get_zorder()


def test_means_stand_behind_the_bars(main, monkeypatch):
    """Equation: behind each bar and its dots stands the mean of the seeds."""
    figure, panels = new_figure(1, 2)
    monkeypatch.setattr(probes, "new_figure", lambda *grid, height: (figure, panels))
    draw.probe_dots(main)
    place, angle = panels
    for axes, error, scale, digits in (
        (place, "place", 100, 1),
        (angle, "angle", 1, 0),
    ):
        assert len(axes.texts) == len(runs.COMPARED)
        for words, arm in zip(axes.texts, runs.COMPARED, strict=True):
            errors = scale * np.array(main.curves[arm][error])
            assert words.get_text() == f"{errors.mean():.{digits}f}"
            assert errors.max() <= words.xy[0] + 1e-9 < axes.get_xlim()[1] / 1.2


def test_the_drawing_shows_one_network_and_what_its_heads_see(monkeypatch):
    """Conformance: both pictures of a triple go through the same box; the inverse model
    sees x and x', and the forward model sees x and the poke.
    """
    figure, axes = new_figure()
    monkeypatch.setattr(network, "new_figure", lambda height: (figure, axes))
    draw.shared_network()
    triples = boards.shown_triples()
    before, after = (part.get_array() for part in axes.images)
    assert np.array_equal(before, triples.before[network.TRIPLE])
    assert np.array_equal(after, triples.after[network.TRIPLE])
    arrows = [part for part in axes.texts if isinstance(part, Annotation)]
    words = [part for part in axes.texts if part not in arrows]
    named = {part.get_text(): part.get_position() for part in words}
    assert [part.get_text() for part in words].count(r"$\psi$") == 2
    seen = {
        head: {nearest_name(named, arrow.xyann) for arrow in arrows if into(arrow, at)}
        for head, at in named.items()
        if head.endswith("model")
    }
    x, after_x, poke = "$x$", "$x$\N{PRIME}", "the poke $u$"
    assert seen == {"forward\nmodel": {x, poke}, "inverse\nmodel": {x, after_x}}


def nearest_name(named, point):
    """The name that stands nearest to a point."""
    return min(named, key=lambda name: np.hypot(*np.subtract(named[name], point)))


def into(arrow, middle):
    """Whether an arrow ends at the box of a head around its middle."""
    across, up = np.abs(np.subtract(arrow.xy, middle))
    return across < 1.4 and up < 0.6


def test_scenes_are_typical():
    """By hand: the scene in the middle of the ranks of every method comes first."""
    errors = np.array([[1.0, 2, 3, 4, 5], [50, 10, 30, 20, 40]])
    assert guesses.typical_rows(errors, 2).tolist() == [2, 3]
    assert guesses.typical_rows(errors[:, ::-1], 1).tolist() == [2]


def test_the_film_shows_the_path(monkeypatch):
    """Equation: the words are the distance to the goal; both pushers start at the same
    place; each poke leads from one board to the next; the blob pusher comes near.
    """
    monkeypatch.setattr(pushes, "TASKS", 12)
    film = draw.PushFilm()
    for name, path in film.paths.items():
        assert path[0] is film.goals.start
        for k in (0, 5):
            after, _ = pushed(path[k], film.pokes[name][k])
            assert np.array_equal(after.places, path[k + 1].places)
    off = film.paths["blob"][6].places - film.goals.goal.places
    assert np.linalg.norm(off, axis=1).mean() < 0.04
    here = 100 * np.linalg.norm(off[film.tasks[1]])
    assert f"blob place {here:.0f} cm off" in film.draw(1, 6).alt
    assert "before the first poke" in film.draw(0, 0).alt
    assert "after 1 poke," in film.draw(0, 1).alt
    assert len(set(film.tasks.tolist())) == pushes.SHOWN_TASKS
    with pytest.raises(ValueError, match="task must be from 0 to 2; got 3"):
        film.draw(3, 0)


def test_names_of_lines_stay_apart_and_in_order():
    """By hand: names of lines that end together are one gap apart, in the order of the
    ends; a name that has room stays at the end of its line.
    """
    ends = np.array([2.0, 30.0, 1.0, 2.5])
    heights = pushes.label_heights(ends, 4.0)
    assert heights.tolist() == [5.0, 30.0, 1.0, 9.0]


def test_no_features_tell_the_angle_of_a_bar():
    """Hand solution and negative control: from features that are the same after half a
    turn, a probe guesses the angle and reads twice the angle; from the pose it reads
    both.
    """
    angles = RNG(0).uniform(-np.pi, np.pi, 400)
    once, twice = (
        np.column_stack([np.cos(fold * angles), np.sin(fold * angles)])
        for fold in (1, 2)
    )
    assert angle_error(twice, angles, 1, 100) > 75
    assert angle_error(twice, angles, 2, 100) < 1
    assert angle_error(once, angles, 1, 100) < 1
    result = load_result("pretraining_limits")
    table = draw.symmetric_table(result)
    told = [float(row["off by"].text.split()[0]) for row in table.entries.values()]
    assert [*table.entries] == [*limits.ASKED]
    assert told[0] < 45 < 75 < told[1] and told[2] < 45
    mean = np.mean(result.curves["slowness"]["bar, the angle"])
    assert table.entries["bar, the angle"]["off by"].text.startswith(f"{mean:.0f} [")


def test_features_keep_what_is_slow():
    """Learning with a negative control: where the spot jumped, a probe tells the object
    and not the spot; where the spot stayed, it is the other way round. The words of the
    picture are the distances of its circles, and the table has the means of the seeds.
    """
    result = load_result("pretraining_limits")
    table = draw.spot_table(result)
    assert table.entries["spot jumps"].pop("object").text == "–"
    off = {
        row: {name: float(cell.text.split()[0]) for name, cell in cells.items()}
        for row, cells in table.entries.items()
    }
    jumps = 100 * np.mean(result.curves["slowness"][OBJECT])
    assert jumps < off["spot jumps"]["spot"] / 4
    assert off["spot stays"]["spot"] < off["spot stays"]["object"] / 4
    mean = 100 * np.mean(result.curves["slowness"]["place of the spot"])
    assert off["spot jumps"]["spot"] == pytest.approx(mean, abs=0.05)
    words = limits.draw_told(
        np.array([new_figure()[1], new_figure()[1]]),
        np.array([[3.0, 4.0], [0.0, 0.0]]),
        np.array([[0.0, 0.0], [0.0, 8.0]]),
        "spot",
    )
    assert words == "spot 5, 8 cm"
    shown = {
        name: [int(word) for word in words.split(", ")]
        for name, words in re.findall(
            r"(spot \w+, \w+) ([\d, ]+) cm", draw.spot_picture().alt
        )
    }
    assert max(shown["spot jumps, object"]) < 4 < min(shown["spot stays, object"])
    assert max(shown["spot stays, spot"]) < 8 < min(shown["spot jumps, spot"])


def test_the_quadratic_feature_is_the_hidden_wave():
    """By hand: the slowest quadratic feature is sin t with Δ = 1, no linear one is."""
    y, deltas = slow.slow_features(2)
    wave = np.sin(slow.STEP * np.arange(slow.MOMENTS))
    assert abs(np.corrcoef(y[:, 0], wave)[0, 1]) > 0.999
    assert deltas[0] == pytest.approx(1, rel=1e-3)
    assert slow.slow_features(1)[1][0] > 50
    assert "Δ is 1 per" in draw.slow_signal(2, 1).alt
    with pytest.raises(ValueError, match="feature"):
        draw.slow_signal(1, 3)


def test_pictures_and_tables_have_the_means_of_the_runs(main, longer, pushing):
    """Equation: each mean in a table, an alternative text or a sentence is the mean of
    the result's seeds.
    """
    mean = 100 * np.mean(main.curves["slowness"]["place"])
    assert f"slowness place {mean:.1f}" in draw.probe_dots(main).alt
    table = draw.probe_table(main)
    assert table.entries["slowness"]["place"].text.startswith(f"{mean:.1f} [")
    assert draw.numbers(main)["slow_place"] == f"{mean:.1f}"
    assert set(table.entries) == {*map(runs.shown_name, runs.COMPARED)}
    table = draw.longer_table(longer)
    assert set(table.entries) == set(longer.curves)
    for arm, error in (("slowness", "pose"), ("autoencoder", "place")):
        long = 100 * np.mean(longer.curves[arm][error])
        assert table.entries[arm][error].text.startswith(f"{long:.1f} [")
    best = min(
        draw.lambda_table(main).entries.items(),
        key=lambda row: float(row[1]["pose"].text.partition(" ")[0]),
    )
    assert best[0] == "λ = 10"
    places = {
        row: float(cells["place"].text.partition(" ")[0])
        for row, cells in draw.lambda_table(main).entries.items()
    }
    assert min(places, key=lambda row: places[row]) == "λ = 100"
    assert [*places][-1] == "λ = 1,000"
    control = draw.control_table(main).entries
    length = np.mean(main.curves["first picture only"][probes.LENGTH])
    told = control["first picture only"][probes.LENGTH].text
    assert told.startswith(f"{length:.2f} [")
    assert length == pytest.approx(np.log(6), abs=0.02)
    assert control["random features"][probes.LENGTH].text == "–"
    assert float(control["inverse"][probes.LENGTH].text[:4]) < length - 0.3
    few = 100 * np.mean(main.curves["inverse (1000)"]["place"])
    assert f"inverse {few:.2f}," in draw.size_curves(main).alt
    last = np.mean([run[-1] for run in pushing.curves["blob"]["anywhere: angle"]])
    curves = draw.push_curves(pushing, "anywhere").alt
    assert f"angle {last:.1f}" in curves and "told the pose place" in curves
    words = draw.push_numbers(pushing)
    joint = pushing.curves[JOINED]
    first = np.mean(joint["one poke: angle"], axis=0)
    assert words["one_start"] == f"{first[0]:.1f}"
    assert words["one_first"] == f"{first[1]:.1f}"
    end = 100 * np.mean(joint["three pokes: pose"], axis=0)[-1]
    assert words["joint_end"] == f"{end:.1f}" > words["blob_end"]
    for part in ("place", "angle"):
        ends = [
            np.mean(pushing.curves[name][f"three pokes: {part}"], axis=0)[-1]
            for name in ("blob", JOINED)
        ]
        assert ends[0] < ends[1]
    told = np.mean(pushing.curves["told the pose"]["one poke: angle"], axis=0)
    far = np.array(pushing.curves["told the pose, briefly"]["anywhere: angle"])
    assert words["brief_far"].startswith(f"{far[:, -1].mean():.0f} [")
    long = pushing.curves["inverse + forward, longer"]["three pokes: pose"]
    assert words["long_end"] == f"{100 * np.mean(long, axis=0)[-1]:.1f}"
    assert words["told_first"] == f"{told[1]:.1f}"
    assert 0 < float(words["rounded"]) < float(words["one_start"]) / 2
    ends = [
        np.mean(pushing.curves[name]["one poke: angle"], axis=0)[-1]
        for name in ("inverse + forward", "inverse + forward, rests")
    ]
    assert [words[f"one_{name}_last"] for name in ("no_rest", "rest")] == [
        f"{end:.1f}" for end in ends
    ]
    behind = [
        100 * np.mean(pushing.curves[name]["anywhere: place"], axis=0)[-1]
        for name in ("told the pose", JOINED)
    ]
    assert words["told_behind"].startswith(f"{behind[0] - behind[1]:.1f} [")


def test_the_place_of_a_poke_is_predicted_badly(pushing):
    """Limit with a negative control: the predicted place is off by more than a bin, and
    by less than half of what a poke of another board is.
    """
    off = float(draw.push_numbers(pushing)["predicted"])
    triples = poke_triples(200, RNG(0))
    other = np.roll(triples.pokes.places, 1, axis=0) - triples.pokes.places
    assert 5 < off < 100 * np.median(np.linalg.norm(other, axis=1)) / 2


def test_gains_of_the_forward_model_are_paired_differences(main):
    """Equation: a gain is the mean of inverse alone minus inverse + forward."""
    words = draw.numbers(main)
    alone, joint = (main.curves[arm] for arm in ("inverse", "inverse + forward"))
    place = 100 * np.subtract(alone["place"], joint["place"]).mean()
    angle = np.subtract(alone["angle"], joint["angle"]).mean()
    assert words["all_gain"].startswith(f"{place:.2f} [")
    assert words["joint_gain"].startswith(f"{angle:.0f} [")


def test_what_few_triples_do_is_in_the_runs(main, pushing):
    """Equation and limit: losses and ends of pushes are the means of the seeds; with
    1,000 triples the network alone is worse than a guess in new triples, and the
    forward model pushes nearer in each seed.
    """
    alone = "inverse (1000)"
    joint = f"{JOINED} (1000)"
    words = draw.numbers(main)
    losses = [main.curves[arm]["loss of the place"] for arm in (alone, joint)]
    assert words["few_loss"] == f"{np.mean(losses[0]):.1f}"
    assert words["few_joint_loss"] == f"{np.mean(losses[1]):.1f}"
    assert words["guess_loss"] == f"{np.log(20 * 20):.1f}"
    assert np.mean(losses[1]) < np.log(400) < np.mean(losses[0])
    words = draw.push_numbers(pushing)
    for error, goal, scale, digits in (
        ("place", "anywhere", 100, 1),
        ("angle", "three pokes", 1, 0),
    ):
        ends = [
            scale * np.array(pushing.curves[arm][f"{goal}: {error}"])[:, -1]
            for arm in (alone, joint)
        ]
        assert (ends[1] < ends[0]).all()
        assert words[f"few_push_{error}"] == f"{ends[0].mean():.{digits}f}"
        assert words[f"few_joint_push_{error}"] == f"{ends[1].mean():.{digits}f}"
    start = np.array(pushing.curves[joint]["three pokes: angle"])[:, 0].mean()
    assert words["few_start_angle"] == f"{start:.0f}"
    assert start < ends[1].mean()


def test_leads_of_the_longer_training_are_paired_differences(longer):
    """Equation: a lead is the mean of the worse one minus the better one."""
    words = draw.longer_numbers(longer)
    place = {arm: 100 * np.mean(longer.curves[arm]["place"]) for arm in longer.curves}
    gain = place["inverse"] - place["inverse + forward"]
    assert words["longer_gain"].startswith(f"{gain:.2f} [")
    lead = place["slowness"] - place["inverse"]
    assert words["longer_place"].startswith(f"{lead:.1f} [")
    angle = np.mean(longer.curves["autoencoder"]["angle"])
    assert words["longer_autoencoder"].startswith(f"{angle:.0f} [")


def test_leads_that_the_text_puts_in_words(main, longer):
    """Equation: leads in the place are paired differences, and the lead over the
    supervised network is below a millimetre after the longer training.
    """
    words = draw.numbers(main)
    place = {arm: 100 * np.array(main.curves[arm]["place"]) for arm in main.curves}
    lead = (place["supervised"] - place["inverse + forward"]).mean()
    gap = (place["curious heads"] - place["inverse"]).mean()
    assert words["joint_lead"].startswith(f"{lead:.1f} [")
    assert words["curious_gap"].startswith(f"{gap:.2f} [")
    after = [np.array(longer.curves[arm]["place"]) for arm in ("supervised", JOINED)]
    lead = mean_of_seeds(100 * (after[0] - after[1]))
    assert 0 < lead.low < lead.high < 0.1
    slow = 100 * np.mean(longer.curves["slowness"]["place"])
    assert draw.longer_numbers(longer)["longer_slow"] == f"{slow:.1f}"
    assert slow > place["slowness"].mean()


def test_the_guess_is_the_mean_pose_of_the_labels():
    """Oracle: the probe of nothing errs as the mean pose of all labels does."""
    rng = RNG(GUESS_SEED)
    labelled = Objects.drawn(GUESS_LABELS, rng)
    tested = Objects.drawn(GUESS_TESTS, rng)
    answers = np.tile(pose_labels(labelled).mean(axis=0), (GUESS_TESTS, 1))
    off = pose_errors(read_poses(answers, tested), tested)["pose"]
    assert guessed_pose() == f"{100 * off:.1f}"


def test_no_sentence_keeps_a_gap(main, pushing):
    """Every name in the text of the answers has its number."""
    shown = Prose("A picture.")
    for question in (
        draw.place_guess(main, shown),
        draw.push_guess(pushing, shown, shown),
    ):
        assert not re.search(r"\{\w+\}", question.html())


def test_the_answer_follows_from_the_runs():
    """Limit: other runs, another answer; with an interval around zero it is open."""
    base = {arm: [0.02, 0.021] for arm, _ in draw_places()}
    ahead = constant_result({**base, "slowness": [0.001, 0.0011]})
    level = constant_result(base)
    shown = Prose("A picture.")
    asked = draw.place_guess(ahead, shown)
    assert "lead does not contain zero" in asked.html()
    assert "spot of light" in asked.question.because
    assert "what the poke changes" in asked.question.because
    assert "other moments differ" not in asked.question.because
    assert "leave open which is best" in draw.place_guess(level, shown).html()


def draw_places():
    """The arms and errors that the text tells."""
    from lecture_code.figures.observations.pretraining.numbers import (
        PROBES,
        SINGLE,
    )

    sizes = [
        arm + mark for arm in ("inverse", JOINED) for mark in probes.SIZES.values()
    ]
    shown = (*sizes, *runs.COMPARED, *probes.CONTROLS)
    return [*PROBES.values(), *SINGLE.values(), *((arm, "") for arm in shown)]


def test_unknown_names_are_answered_by_those_that_exist(main, pushing):
    """Bad input is named, and the alternatives are listed."""
    with pytest.raises(KeyError, match="slowness"):
        runs.probe_errors(main, "clever", "place")
    with pytest.raises(KeyError, match="angle"):
        runs.probe_errors(main, "slowness", "speed")
    with pytest.raises(KeyError, match="blob"):
        runs.push_errors(pushing, "clever", "anywhere", "place")
    with pytest.raises(KeyError, match="three pokes: place"):
        runs.push_errors(pushing, "blob", "somewhere", "place")


def test_the_live_cell_shows_before_and_after():
    """Conformance: a table after each row, on a tiny setting, twice the same."""
    small = FeatureSettings(
        {"inverse": FeatureArm("inverse", 60)},
        batches=3,
        labelled=30,
        tests=20,
        labels=20,
    )
    tables = [[*probes.live_probes(0, small)] for _ in range(2)]
    assert [len(table.entries) for table in tables[0]] == [1, 2]
    assert tables[0][-1].entries == tables[1][-1].entries
    assert "after 3 batches from 60 triples" in tables[0][-1].caption


def test_passes_are_triples_seen_over_triples_that_there_are(main):
    """Hand solution: 800 batches of 32 are 1.28 times 20,000 and 25.6 times 1,000."""
    assert draw.passes(main) == {"all_passes": "1.3", "few_passes": "26"}


def test_the_control_table_has_the_means_of_the_seeds():
    """Oracle: the table of the collapse has the means of the committed runs."""
    collapse = load_result("pretraining_collapse")
    table = draw.collapse_table(collapse)
    assert set(table.entries) == set(collapse.curves)
    for arm, row in table.entries.items():
        std = np.mean(collapse.curves[arm]["feature std"])
        assert row["feature std"].text.startswith(f"{std:.3f} [")

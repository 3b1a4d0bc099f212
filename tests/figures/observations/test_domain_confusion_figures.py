"""What must hold of what *Domain confusion* draws: images, marks and words are those of
the scenes, and features those of the networks.
"""

import numpy as np
import pytest
from matplotlib.patches import Circle

from lecture_code.experiments.observations.domain_confusion.arms import hook_data
from lecture_code.experiments.observations.domain_confusion.measures import (
    domain_error,
    places,
)
from lecture_code.experiments.observations.domain_confusion.networks import (
    load_hook_network,
    load_pairs,
)
from lecture_code.figures.observations import domain_confusion as draw
from lecture_code.figures.observations.domain_confusion import (
    features,
    guesses,
    losses,
    scenes,
)
from lecture_code.observations.hook_scenes import (
    TOLERANCE,
    HookScene,
    PoseImages,
    errors,
    eye,
    mixed,
)
from lecture_code.observations.representation import hook_network, network_inputs

pytestmark = pytest.mark.usefixtures("one_torch_thread")
RNG = np.random.default_rng
METHODS = ("synthetic only", "weak pairs")


@pytest.fixture(scope="module")
def untrained():
    """Networks with random weights."""
    return {
        name: hook_network(RNG(seed)).requires_grad_(False)
        for seed, name in enumerate(METHODS)
    }


@pytest.fixture(scope="module")
def data():
    """Few images of both worlds."""
    return hook_data(40, 30, 30, 1.0, 0)


@pytest.fixture
def answers(untrained, monkeypatch):
    """Answers of untrained networks to 30 scenes."""
    monkeypatch.setattr(guesses, "SCENES", 30)
    return draw.Guesses(untrained, seed=0)


@pytest.fixture(scope="module")
def pairs(untrained, data):
    """Pairs of the first five "real" images, not in their order."""
    mined = np.array([[7, 1], [3, 0], [9, 2], [11, 4], [2, 3]])
    return draw.Pairs(untrained["weak pairs"], mined, data)


# --- scenes


@pytest.mark.parametrize("gap", [0.0, 1.0])
def test_a_place_is_marked_where_the_camera_sees_it(gap):
    """Oracle: the pixels of the hook, the reddest of the image, lie around its mark."""
    scene = HookScene.drawn(20, RNG(1))
    far = np.full((20, 2), 9.0)
    alone = HookScene(scene.hooks, far, far, far)
    images = eye(gap).look(alone.shapes(), RNG(0)).astype(float)
    red = images[..., 0] - images[..., 1:].mean(axis=-1)
    weight = np.where(red > 0.6 * red.max(axis=(1, 2), keepdims=True), 1.0, 0.0)
    rows, columns = np.mgrid[:32, :32] + 0.5
    for row in range(20):
        middle = [(weight[row] * c).sum() / weight[row].sum() for c in (columns, rows)]
        at = scenes.in_pixels(mixed(gap)[0], scene.hooks[row])
        assert np.hypot(*(at - middle)) < 2


def test_worlds_are_one_scene(drawn):
    """Conformance: five gaps of one scene; images at different gaps are different."""
    picture = draw.worlds()
    assert len(drawn[0].axes) == 5
    seen = [axes.images[0].get_array() for axes in drawn[0].axes]
    assert len({image.tobytes() for image in seen}) == 5
    titles = [axes.get_title(loc="left") for axes in drawn[0].axes]
    assert titles == ["gap 0", "gap 0.5", "gap 1", "gap 1.5", "gap 2"]
    assert "rg-phone" in picture.html()


# --- answers


def test_scenes_go_from_small_to_large_errors():
    """By hand: six scenes in three parts; the larger error of each part is shown."""
    distances = np.array([5.0, 1, 6, 2, 4, 3])
    assert guesses.spread_rows(distances, 3).tolist() == [3, 4, 2]
    assert guesses.spread_rows(distances, 6).tolist() == np.argsort(distances).tolist()


def test_every_method_shows_the_same_scenes(answers, kept):
    """Fairness: scenes are sorted by the error of the first network alone, and errors
    of this network grow from scene to scene.
    """
    far = answers.distances("synthetic only", "“real”")[answers.chosen]
    assert (np.diff(far) > 0).all()
    assert "“real” error of *synthetic only*" in answers.draw("weak pairs", 0).caption


@pytest.mark.parametrize(
    ("distance", "words"),
    [(0.029, "hit"), (0.031, "misses by 3 cm"), (0.144, "misses by 14 cm")],
)
def test_a_hit_is_within_the_tolerance(distance, words):
    """Limit: an error below 3 cm is a hit."""
    assert guesses.outcome(distance) == words


def test_the_picture_shows_the_answer_of_the_network(answers, untrained, kept):
    """Oracle: image, ring and cross are the scene, its hook and the answer in the
    camera of the world; titles and words tell the error.
    """
    picture = answers.draw(method="weak pairs", image=1)
    row = answers.chosen[1]
    for axes, (world, gap) in zip(
        picture.figure.axes, guesses.WORLD_GAPS.items(), strict=True
    ):
        image = answers.images[world].images[row : row + 1]
        seen = PoseImages(image, answers.scene.hooks[row : row + 1])
        answer = places(untrained["weak pairs"], seen)
        error = errors(answer, seen.poses)[0]
        here = guesses.outcome(error)
        far = answers.distances("weak pairs", world)
        rate = f"{100 * (far < TOLERANCE).mean():.0f} %"
        title = axes.get_title(loc="left")
        assert title == f"{world}: {rate} hits\nhere: {here}"
        assert f"{world}: {here}; hits in all scenes {rate}" in picture.alt
        camera, _ = mixed(gap)
        ring = next(patch for patch in axes.patches if isinstance(patch, Circle))
        np.testing.assert_allclose(ring.center, scenes.in_pixels(camera, seen.poses[0]))
        assert ring.radius == pytest.approx(TOLERANCE * 32 / 1.2)
        cross = axes.lines[-1].get_xydata()[0]
        wanted = np.clip(scenes.in_pixels(camera, answer[0]), 0.8, 31.2)
        np.testing.assert_allclose(cross, wanted, atol=1e-4)
        np.testing.assert_allclose(
            axes.images[0].get_array() / 255, image[0], atol=0.5 / 255 + 1e-6
        )
    assert "in 30 scenes" in picture.caption
    assert "120 cm wide" in picture.caption


def test_the_first_picture_has_seen_only_the_simulation(answers, kept):
    """Equation: it is the scene with the largest error, with the network of the
    simulation.
    """
    assert answers.first().alt == answers.draw("synthetic only", 5).alt


def test_the_committed_network_of_the_simulation_misses_real_hooks():
    """The text's claim: in the first picture the network of the simulation hits there,
    and misses in the "real" world; weak pairs hit in most of the scenes.
    """
    networks = {name: load_hook_network(name) for name in METHODS}
    shown = draw.Guesses(networks, seed=0)
    alt = shown.first().alt
    assert "simulation: hit; " in alt and "“real”: misses by" in alt
    rates = [(shown.distances(name, "“real”") < TOLERANCE).mean() for name in METHODS]
    assert rates[0] < 0.2 < 0.6 < rates[1]


def test_the_network_that_is_shown_is_the_worst_of_those_that_are_kept():
    """The text's claim: in the same scenes all other kept networks of the simulation
    hit more often, and the words are the least and the most of them.
    """
    rates = {}
    for seed in guesses.KEPT.seeds:
        network = {"synthetic only": load_hook_network("synthetic only", seed)}
        far = draw.Guesses(network, seed=0).distances("synthetic only", "“real”")
        rates[seed] = 100 * (far < TOLERANCE).mean()
    worst = rates.pop(guesses.SHOWN_SEED)
    assert worst < min(rates.values())
    assert draw.kept_numbers(seed=0) == {
        "kept_least": f"{min(rates.values()):.0f}",
        "kept_most": f"{max(rates.values()):.0f}",
    }


def test_answers_that_are_not_there_are_named(answers):
    """Bad input: the error lists methods or images."""
    with pytest.raises(KeyError, match="no network of 'oracle'; there are synthetic"):
        answers.draw("oracle", 0)
    with pytest.raises(ValueError, match="image must be from 0 to 5; got 6"):
        answers.draw("weak pairs", 6)


# --- pairs


def test_a_partner_belongs_to_its_image(pairs, data, kept):
    """Equation: the mined partner of "real" image 1 is row 7, whatever the order of the
    pairs; distances are those of the hooks and of conv1.
    """
    picture = pairs.draw(image=1, pairing="mined")
    real, partner = picture.figure.axes
    for axes, image in (
        (real, data.real.images[1]),
        (partner, data.synthetic.images[7]),
    ):
        np.testing.assert_allclose(
            axes.images[0].get_array() / 255, image, atol=0.5 / 255 + 1e-6
        )
    apart = 100 * np.hypot(*(data.real.poses[1] - data.synthetic.poses[7]))
    assert f"hooks {apart:.1f} cm apart" in picture.alt
    both = np.stack([data.real.images[1], data.synthetic.images[7]])
    seen = pairs.network.first(network_inputs(both)).detach().numpy()
    inside = np.linalg.norm(seen[0] - seen[1])
    assert f"distance in conv1 {inside:.1f}" in picture.alt
    assert pairs.conv1_distance("mined", 1) == pytest.approx(inside, rel=1e-5)
    assert "mined during the training" in picture.caption
    assert "mined during" not in pairs.draw(image=1, pairing="random").caption


def test_perfect_partners_are_nearest(pairs, data):
    """Oracle: no synthetic hook is nearer than that of the perfect partner."""
    apart = pairs.hooks_apart("perfect")
    for number in range(5):
        every = np.hypot(*(data.synthetic.poses - data.real.poses[number]).T)
        assert apart[number] == pytest.approx(100 * every.min())
    assert (pairs.hooks_apart("random") >= apart).all()


def test_perfect_pairs_that_are_shown_are_farther_apart_in_conv1():
    """Claim: in all eight images of the page the hooks of the perfect pair are nearer
    than those of the mined pair, and its distance in conv1 is larger.
    """
    mined = load_pairs("weak pairs")
    found = draw.Pairs(load_hook_network("weak pairs"), mined)
    for image in range(8):
        perfect, weak = (
            found.conv1_distance(pairing, image) for pairing in ("perfect", "mined")
        )
        assert perfect > weak
    nearer = found.hooks_apart("perfect") < found.hooks_apart("mined")
    assert nearer[:8].all()


def test_pairs_that_are_not_there_are_named(pairs):
    """Bad input: the error lists pairings or images."""
    with pytest.raises(ValueError, match="pairing must be one of mined, random, perf"):
        pairs.draw(0, "odd")
    with pytest.raises(ValueError, match="image must be from 0 to 4; got 5"):
        pairs.draw(5, "mined")


# --- features


def test_features_are_those_of_the_networks(untrained, data, drawn):
    """Equation: as many marks as images that the classifier has not seen; across, a
    mark is right of the dotted line if a new classifier of domains says "real".
    """
    found = draw.Features(untrained, data)
    picture = found.draw(method="weak pairs", colour="domain")
    wanted = domain_error(
        untrained["weak pairs"], data.checks.images, data.tests.images
    )
    assert f"wrong in {100 * wanted:.0f} %" in picture.alt
    (axes,) = drawn[0].axes
    title = axes.get_title(loc="left")
    assert title == f"weak pairs: domains told apart in {100 * (1 - wanted):.0f} %"
    marks = [patch.get_gid() for patch in axes.patches]
    assert marks == ["simulation 15", "“real” 15"]
    plane, _ = found.maps["weak pairs"]
    assert plane.shape == (2, 15, 2) and np.abs(plane).max() == 1
    wrong = np.concatenate([plane[0, :, 0] > 0, plane[1, :, 0] <= 0]).mean()
    assert wrong == pytest.approx(wanted)
    dots = axes.patches[0].get_path().vertices[::2]
    np.testing.assert_allclose(dots, plane[0])


def test_places_have_colours(untrained, data, drawn):
    """Conformance: coloured by the hook's x every image has one mark, and the legend
    has one colour for each part of the board.
    """
    draw.Features(untrained, data).draw("weak pairs", features.HOOK)
    (axes,) = drawn[0].axes
    counts = [int(patch.get_gid().split()[-1]) for patch in axes.patches]
    assert sum(counts) == 30
    _, names = axes.get_legend_handles_labels()
    assert len(names) == 2 + features.BINS


def test_features_that_are_not_there_are_named(untrained, data):
    """Bad input: the error lists methods or colours."""
    found = draw.Features(untrained, data)
    with pytest.raises(KeyError, match="no network of 'oracle'; there are synthetic"):
        found.draw("oracle", "domain")
    with pytest.raises(ValueError, match="colour must be 'domain' or"):
        found.draw("weak pairs", "red")


# --- losses


def test_gradients_are_their_closed_forms(drawn):
    """Equation: q − 1, q − ½, 1 − q and q, each in its colour."""
    draw.three_gradients()
    (axes,) = drawn[0].axes
    q = axes.lines[0].get_xdata()
    wanted = {
        "classifier": q - 1,
        "confusion": q - 0.5,
        "reversal": 1 - q,
        "flipped": q,
    }
    lines = {str(found.get_label()): found for found in axes.lines}
    for name, values in wanted.items():
        np.testing.assert_allclose(lines[name].get_ydata(), values, atol=1e-9)
        assert lines[name].get_color() == losses.LOSSES[name]


def test_equal_marginals_force_errors():
    """Bound: whatever the joint distributions of answers and labels, if the answers are
    equally frequent in both domains, the errors sum to at least the difference of the
    shares; and the bound is reached.
    """
    rng = RNG(0)
    sums = []
    for _ in range(2000):
        shares = np.array([0.5, 0.9])
        p = rng.uniform()  # share of answers "1", in both domains
        least = np.maximum(0, p + shares - 1)
        both = rng.uniform(least, np.minimum(p, shares))  # answer 1 and class 1
        sums.append((p - both + shares - both).sum())
    assert min(sums) >= draw.label_shift(0.9) - 1e-12
    p = 0.7  # errors only where the answer must differ
    assert abs(p - 0.5) + abs(p - 0.9) == pytest.approx(draw.label_shift(0.9))
    assert draw.label_shift(0.5) == 0
    assert draw.label_shift(0.2, 0.3) == pytest.approx(0.1)


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_shares_are_between_zero_and_one(share):
    """Bad input: the error names the share."""
    with pytest.raises(ValueError, match=f"share must be between 0 and 1; got {share}"):
        draw.LabelShift().draw(share)


def test_the_bar_is_the_forced_error(drawn):
    """Equation: bars are both shares and the bound, in percent."""
    picture = draw.LabelShift().draw(share=0.8)
    widths = [bar.get_width() for bar in drawn[0].axes[0].patches]
    np.testing.assert_allclose(widths, [50, 80, 30])
    assert "together at least 30 %" in picture.alt

"""What must hold of the book's figures."""

import re
import sys

import numpy as np
import pytest

from lecture_code.show import METHOD_COLOURS, PALETTE, Picture, band, new_figure
from lecture_code.show.figures import FOREGROUND, MAX_WIDTH

ALT = "A line that rises from one to three."


def figure_of(values, **options):
    figure, axes = new_figure()
    axes.plot(values, **{"marker": "o", **options})
    axes.set(
        xlabel=r"angle $\theta_0 = 3$ [rad]", ylabel="height [m]", title="Up & <down>"
    )
    return figure


def test_the_same_figure_gives_the_same_bytes():
    """Determinism: two renderings of equal figures are equal, and another figure's is
    not.
    """
    assert (
        Picture(figure_of([1, 2, 3]), ALT).html()
        == Picture(figure_of([1, 2, 3]), ALT).html()
    )
    assert (
        Picture(figure_of([1, 2, 3]), ALT).html()
        != Picture(figure_of([1, 2, 4]), ALT).html()
    )


def test_pictures_on_one_page_share_no_id_and_miss_none():
    """Every id that a picture refers to is its own, and two pictures have none in
    common.
    """
    one, other = (
        Picture(figure_of(values), ALT).html() for values in ([1, 2, 3], [1, 3, 2])
    )
    ids = [set(re.findall(r'id="([^"]+)"', html)) for html in (one, other)]
    assert ids[0] and ids[1] and not ids[0] & ids[1]
    for html, own in zip((one, other), ids):
        referred = set(re.findall(r'href="#([^"]+)"', html)) | set(
            re.findall(r"url\(#([^)]+)\)", html)
        )
        assert referred == own


def test_a_picture_takes_its_colour_and_font_from_the_page():
    """Light and dark: text and axes are currentColor on no background, no font is
    named, and no style sheet leaks into the page.
    """
    html = Picture(figure_of([1, 2, 3]), ALT).html()
    assert "currentColor" in html
    for foreign in (
        FOREGROUND,
        "#000000",
        "#ffffff",
        "font-family",
        "<style",
        "<?xml",
        "xmlns",
        "DejaVu",
    ):
        assert foreign not in html


def test_a_picture_is_an_image_with_words():
    """Accessibility: role and label are there, escaped, and the size follows the page
    up to a limit.
    """
    html = Picture(figure_of([1, 2]), 'Says "a < b" of two curves.').html()
    assert 'role="img"' in html
    assert 'aria-label="Says &quot;a &lt; b&quot; of two curves."' in html
    assert f"max-width:{MAX_WIDTH}px" in html and "width:100%" in html


def test_rounding_moves_nothing_by_more_than_a_hundredth_of_a_point():
    """Oracle: the points of the curve are matplotlib's own to 0.01 pt."""
    figure = figure_of([1, 2, 4], color="#123456", marker="")
    figure.axes[0].autoscale_view()
    pixels = (
        figure.axes[0].transData.transform([(0, 1), (1, 2), (2, 4)]) * 72 / figure.dpi
    )
    path = re.search(r'd="([^"]+)"[^>]*#123456', Picture(figure, ALT).html())[1]
    drawn = np.array(re.findall(r"[ML]([-\d.]+) ([-\d.]+)", path), dtype=float)
    drawn[:, 1] = figure.get_figheight() * 72 - drawn[:, 1]
    assert np.abs(drawn - pixels).max() <= 0.0051


def test_a_formula_keeps_all_its_letters_in_order():
    """Letters that matplotlib sets one by one become words, and none is lost."""
    words = re.findall(
        r"<tspan[^>]*>([^<]*)</tspan>", Picture(figure_of([1, 2]), ALT).html()
    )
    assert "".join("".join(words).split()) == "angleθ0=3[rad]" and len(words) < 8


@pytest.mark.parametrize(
    "alt", ["", "   ", "figure", "plot.png", "my_figure.svg", "two words"]
)
def test_a_picture_without_words_is_refused(alt):
    """An empty alt text, a file name or a single word is no description."""
    with pytest.raises(ValueError, match="alt"):
        Picture(figure_of([1, 2]), alt)


def test_a_dense_picture_can_be_webp():
    """The WebP form is an img with alt text and a reserved size, and is smaller than
    the SVG of ten thousand points.
    """
    points = np.random.default_rng(0).normal(size=10_000)
    html = Picture(figure_of(points), ALT, form="webp").html()
    assert f'alt="{ALT}"' in html and re.search(r'width="832" height="480"', html)
    assert len(html) < len(Picture(figure_of(points), ALT).html()) / 3
    with pytest.raises(ValueError, match="form"):
        Picture(figure_of([1, 2]), ALT, form="gif")


def test_a_figure_of_pyplot_is_closed():
    """A notebook does not show the same figure a second time."""
    pyplot = pytest.importorskip("matplotlib.pyplot")
    assert "matplotlib.pyplot" in sys.modules
    figure = pyplot.figure()
    Picture(figure, ALT)
    assert figure.number not in pyplot.get_fignums()


def test_the_band_holds_all_seeds():
    """Equation: the line is the median (or mean) and the band reaches from the lowest
    to the highest seed (or one deviation).
    """
    curves = np.random.default_rng(0).normal(size=(5, 7))
    _, axes = new_figure()
    band(axes, np.arange(7), curves, "EPOpt")
    band(axes, np.arange(7), curves, "mean", PALETTE[0], centre="mean")
    assert np.array_equal(axes.lines[0].get_ydata(), np.median(curves, axis=0))
    assert np.array_equal(axes.lines[1].get_ydata(), curves.mean(axis=0))
    edges = [
        collection.get_paths()[0].vertices[:, 1] for collection in axes.collections
    ]
    assert edges[0].min() == curves.min() and edges[0].max() == curves.max()
    assert edges[1].max() == pytest.approx(
        (curves.mean(axis=0) + curves.std(axis=0)).max()
    )


def test_a_band_of_the_wrong_shape_is_refused():
    """Curves must be (seeds, n): a transposed array is named, not drawn."""
    _, axes = new_figure()
    with pytest.raises(ValueError, match=r"\(7, 5\)"):
        band(axes, np.arange(7), np.zeros((7, 5)), "EPOpt")


def test_an_unknown_method_has_no_colour():
    """Asking for the colour of an unknown method lists the known ones."""
    with pytest.raises(KeyError, match=r"EPOPT.*EPOpt"):
        METHOD_COLOURS["EPOPT"]
    assert all(
        re.fullmatch("#[0-9a-f]{6}", colour) for colour in METHOD_COLOURS.values()
    )


def test_panels_stand_still():
    """Invariance: the axes' place does not depend on the width of their labels, so that
    a flipbook does not tremble.
    """
    places = []
    for top in (1, 1e6):
        figure, axes = new_figure(1, 2)
        axes[0].plot([0, top])
        Picture(figure, ALT)
        places.append([a.get_position().bounds for a in axes])
    assert places[0] == places[1]


def test_the_letters_of_a_formula_follow_one_another():
    """A power has no gap: only its first part has a place of its own, the exponent is
    raised, and the spaces around = are kept; an accent keeps its place.
    """
    figure, axes = new_figure()
    axes.set(xlabel=r"$10^{-3}$", ylabel=r"$\sigma = 3$", title=r"$\hat{x}_t$")
    html = Picture(figure, ALT).html()
    power = re.search(r"<text[^>]*>(?:(?!</text>).)*>10</tspan>.*?</text>", html)[0]
    assert power.count(' x="') == 1 and 'dy="-' in power
    equation = re.search(r"<text[^>]*>(?:(?!</text>).)*σ</tspan>.*?</text>", html)[0]
    assert (
        equation.count(' x="') == 1 and len(re.findall(r'dx="[.\d]+em"', equation)) == 2
    )
    accent = re.search(r"<text[^>]*>(?:(?!</text>).)*\u0302.*?</text>", html)[0]
    assert accent.count(' x="') > 1


def test_a_figure_of_ordinary_width_is_legible_on_a_phone():
    """Letters of 10 points reach 11 px by growing; a wide figure does not, until it has
    a variant for the phone.
    """
    assert Picture(figure_of([1, 2]), ALT).text_on_phone >= 11
    wide, _ = new_figure(1, 3, width=11.0)
    tall, _ = new_figure(3, 1)
    alone = Picture(wide, ALT)
    assert alone.text_on_phone < 9
    both = Picture(wide, ALT, phone=tall)
    assert both.text_on_phone >= 11 and "rg-phone" in both.html()
    assert "rg-phone" not in alone.html().replace("--rg-phone", "")


@pytest.mark.browser
@pytest.mark.usefixtures("building")
def test_a_phone_shows_letters_of_eleven_pixels_and_one_variant(visit):
    """In a browser of 390 px the ordinary letters of a figure are at least 11 px high,
    and of two variants the narrow one is seen; on a desk it is the wide one.
    """
    figures = [new_figure(1, 3, width=11.0)[0], new_figure(3, 1)[0]]
    shown = Picture(figures[0], ALT, phone=figures[1])
    page = visit(Picture(figure_of([1, 2, 3]), ALT), shown, width=390)
    sizes = page.evaluate(
        """() => {
          const sizes = [];
          const size = (part) => parseFloat(getComputedStyle(part).fontSize);
          for (const svg of document.querySelectorAll("svg.rg-picture")) {
            const scale = svg.clientWidth / svg.viewBox.baseVal.width;
            for (const text of scale ? svg.querySelectorAll("text") : [])
              sizes.push(scale * Math.max(...[text, ...text.children].map(size)));
          }
          return sizes;
        }"""
    )
    assert len(sizes) > 20 and min(sizes) >= 10.99
    assert page.locator(".rg-phone").is_visible()
    assert not page.locator(".rg-desk").is_visible()
    desk = visit(shown)
    assert desk.locator(".rg-desk").is_visible()
    assert not desk.locator(".rg-phone").is_visible()

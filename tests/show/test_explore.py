"""What must hold of `explore` and its two faces."""

import importlib
import re

import ipywidgets
import numpy as np
import pytest
from show_samples import draw_line, draw_replay

from lecture_code.show import Beside, Picture, explore, new_figure
from lecture_code.show.page import quantity

SLOPES = [-2, -1.5, 0.5, 1, 2]
OFFSETS = [0.0, 1.0, 2.0]


def frames_of(html):
    """The flipbook's frames by key, the visible one under 'first'."""
    frames = dict(
        re.findall(r'<template data-key="([\d,]+)">(.*?)</template>', html, re.DOTALL)
    )
    first = re.search(
        r'<div class="rg-frame">(.*?)</div>(?:<template|</flip-book>)', html, re.DOTALL
    )
    return {**frames, "first": first[1]}


def widgets():
    return set(ipywidgets.widgets.widget._instances)


@pytest.mark.usefixtures("building")
@pytest.mark.parametrize("one_at_a_time", [False, True])
def test_a_frame_of_the_flipbook_is_what_draw_gives(one_at_a_time):
    """Every combination is in the flipbook under its key, byte for byte the picture
    that `draw` gives, and there is no other.
    """
    made = explore(
        draw_line,
        slope=SLOPES,
        offset=OFFSETS,
        start={"offset": 0.0},
        one_at_a_time=one_at_a_time,
    )
    frames = frames_of(made.html())
    assert len(made.values()) == (5 + 2 if one_at_a_time else 15) == len(frames)
    for values in made.values():
        key = f"{SLOPES.index(values['slope'])},{OFFSETS.index(values['offset'])}"
        shown = frames["first"] if values == made.start else frames[key]
        assert shown == draw_line(**values).html()
    assert len(set(frames.values())) == len(frames)


@pytest.mark.usefixtures("building")
def test_building_the_book_makes_no_widget():
    """With BOOK_BUILD the output is HTML and text only, and no widget is made."""
    before = widgets()
    bundles = [
        shown._repr_mimebundle_()
        for shown in (
            explore(draw_line, slope=SLOPES),
            draw_replay(1.0),
            Beside(draw_replay(1.0)),
        )
    ]
    assert all(set(bundle) == {"text/html", "text/plain"} for bundle in bundles)
    assert widgets() == before


def test_a_live_notebook_gets_a_widget_and_html():
    """With a kernel one output carries both a widget view and HTML."""
    bundle = explore(draw_line, slope=SLOPES)._repr_mimebundle_()
    assert {
        "text/html",
        "text/plain",
        "application/vnd.jupyter.widget-view+json",
    } <= set(bundle)
    assert (
        "application/vnd.jupyter.widget-view+json"
        in draw_replay(1.0)._repr_mimebundle_()
    )


@pytest.mark.parametrize("one_at_a_time", [False, True])
def test_the_faces_agree(one_at_a_time):
    """Every value that the flipbook shows, driven through the live sliders, puts the
    same bytes on the stage.
    """
    made = explore(
        draw_line,
        slope=SLOPES,
        offset=OFFSETS,
        units={"slope": "m/s"},
        one_at_a_time=one_at_a_time,
    )
    *sliders, stage = made.widget().children
    flipbook = frames_of(made.html())
    assert stage.html == flipbook["first"]
    for values in made.values():
        sliders[0].value = SLOPES.index(values["slope"])
        sliders[1].value = OFFSETS.index(values["offset"])
        key = made.key(values)
        assert stage.html == flipbook.get(key, flipbook["first"])
        assert sliders[0].label == made.text("slope", values["slope"])
    texts = re.search(r'data-name="slope" data-texts="([^"]*)"', made.html())[1]
    assert [text for text, _ in sliders[0].options] == texts.replace(
        "&quot;", ""
    ).strip("[]").split(", ")


def test_values_are_printed_with_unit_and_true_minus():
    """What the reader sees: a true minus sign, a unit, and no digits of rounding."""
    made = explore(
        draw_line,
        slope=[-9.81, 0.1 + 0.2],
        offset=[1, 2],
        units={"slope": "m/s²", "offset": "×"},
        labels={"slope": "Slope"},
    )
    assert (
        made.text("slope", -9.81) == "−9.81 m/s²"
        and made.text("slope", 0.1 + 0.2) == "0.3 m/s²"
        and made.text("offset", 2) == "2×"
    )
    assert (
        "<span>Slope</span>" in made.html()
        and 'aria-valuetext="0.3 m/s²"' in made.html()
    )


def test_the_first_frame_is_the_start():
    """The frame in the page, the position of the sliders and the output agree with
    `start`.
    """
    html = explore(draw_line, slope=SLOPES, offset=OFFSETS, start={"slope": 2}).html()
    assert draw_line(2, 1.0).html() == frames_of(html)["first"]
    assert re.findall(r'max="(\d+)" step="1" value="(\d+)"', html) == [
        ("4", "4"),
        ("2", "1"),
    ]


@pytest.mark.usefixtures("building")
def test_an_error_in_one_frame_fails_the_cell():
    """In the book every frame is drawn when `explore` is called: an exception in the
    last one is not swallowed by the display.
    """

    def draw(x):
        return draw_line(1 / (x - 3))

    with pytest.raises(ZeroDivisionError):
        explore(draw, x=[0, 1, 2, 3], start={"x": 0})


def test_a_live_error_is_shown_and_raised():
    """Jupyter hides what a callback raises, so the stage shows it; the next good value
    mends it.
    """

    def draw(x):
        return draw_line(1 / (x - 3))

    slider, stage = explore(draw, x=[0, 1, 2, 3], start={"x": 0}).widget().children
    good = stage.html
    with pytest.raises(ZeroDivisionError):
        slider.value = 3
    assert "ZeroDivisionError" in stage.html and 'role="alert"' in stage.html
    slider.value = 0
    assert stage.html == good


def test_a_slow_draw_waits_for_release(monkeypatch):
    """Continuous update only where the first draw took less than 0.1 seconds."""
    module = importlib.import_module(
        "lecture_code.show.explore"
    )  # the function of that name hides the module
    monkeypatch.setattr(module, "AT_ONCE", np.inf)
    assert (
        explore(draw_line, slope=SLOPES).widget().children[0].continuous_update is True
    )
    monkeypatch.setattr(module, "AT_ONCE", 0.0)
    assert (
        explore(draw_line, slope=SLOPES).widget().children[0].continuous_update is False
    )


def test_too_many_frames_are_refused():
    """41 frames are refused with the number and the way out; the same choices one at a
    time fit.
    """
    choices = {"slope": list(range(7)), "offset": list(range(6))}
    with pytest.raises(
        ValueError, match=r"42 frames \(7 slope × 6 offset\).*40.*one_at_a_time"
    ):
        explore(draw_line, **choices)
    assert len(explore(draw_line, one_at_a_time=True, **choices).values()) == 12


@pytest.mark.usefixtures("building")
def test_a_heavy_flipbook_is_refused():
    """More than 400 kB are refused with the size and the way out."""

    def draw(x):
        figure, axes = new_figure()
        axes.plot(np.random.default_rng(x).normal(size=20_000), ".")
        return Picture(figure, "Twenty thousand points of noise.")

    with pytest.raises(ValueError, match=r"kB, 2 frames.*400 kB.*webp"):
        explore(draw, x=[1, 2])


@pytest.mark.parametrize(
    ("arguments", "culprit"),
    [
        ({}, "at least one choice"),
        ({"slope": [1]}, "slope needs at least two"),
        ({"slope": [1, 2, 1]}, "all different"),
        ({"slope": [1, float("nan")]}, "slope has a value that is not finite"),
        (
            {"slope": [1, 2], "units": {"slop": "m"}},
            "units names slop; the choices are slope",
        ),
        ({"slope": [1, 2], "start": {"slope": 3}}, "3 is not a value of slope"),
    ],
)
def test_bad_choices_are_named(arguments, culprit):
    """Errors name the choice and what is wrong with it."""
    with pytest.raises(ValueError, match=culprit):
        explore(draw_line, **arguments)


def test_draw_must_give_something_to_show():
    """A bare figure is refused, with the name of what would do."""
    with pytest.raises(TypeError, match=r"draw gave a Figure.*Picture"):
        explore(lambda x: new_figure()[0], x=[1, 2])


def test_a_frame_is_drawn_once():
    """Going back to a value costs nothing: `draw` is pure, and its frames are kept."""
    calls = []

    def draw(x):
        calls.append(x)
        return draw_line(x)

    slider, _ = explore(draw, x=[1, 2, 3]).widget().children
    for position in (0, 1, 2, 1, 0):
        slider.value = position
    assert sorted(calls) == [1, 2, 3]


def test_two_or_three_categories_are_buttons():
    """Words get a row of buttons, numbers and longer lists a slider; named steps read
    as their names, and a wrong number of names is refused.
    """

    def draw(**values):
        return draw_line(1)

    made = explore(
        draw, world=["simulator", "real"], slope=[1, 2, 3], step=[0, 1, 2, 3]
    )
    html = made.html()
    assert html.count('class="rg-choice"') == 1 and html.count('type="range"') == 2
    assert html.count('name="rg-') == 2 and "<legend>world</legend>" in html
    many = explore(draw, method=["CEM", "RWR", "PoWER", "PI²"]).html()
    assert 'type="range"' in many and "rg-choice" not in many
    steps = explore(draw, step=[0, 1], names={"step": ["ask", "tell"]}).html()
    assert "<span>ask</span>" in steps and "<span>tell</span>" in steps
    with pytest.raises(ValueError, match="names of step must be 2 different"):
        explore(draw, step=[0, 1], names={"step": ["ask"]})


def test_up_to_six_categories_are_buttons_if_the_author_asks():
    """Conformance with a negative control: a choice of four words is a slider, and
    buttons when it is named in `buttons`; seven values or an unknown name are refused.
    """

    def draw(method):
        return draw_line(1)

    four = ["CEM", "RWR", "PoWER", "PI²"]
    html = explore(draw, method=four, buttons=["method"]).html()
    assert html.count('type="radio"') == 4 and 'type="range"' not in html
    assert 'type="radio"' not in explore(draw, method=four).html()
    with pytest.raises(ValueError, match="at most 6 values fit on buttons; method has"):
        explore(draw, method=list("abcdefg"), buttons=["method"])
    with pytest.raises(ValueError, match="buttons names way; the choices are method"):
        explore(draw, method=four, buttons=["way"])


def test_a_link_names_the_positions_of_its_values():
    """A link holds the position of every control and a name that changes with the
    choices; an unknown value is refused.
    """
    made = explore(draw_line, slope=[1, 2, 3], offset=[0.0, 1.0])
    link = made.link(slope=3)
    assert link.startswith("#rg1=") and link.endswith(":0=2,1=1")
    other = explore(draw_line, slope=[1, 2, 4], offset=[0.0, 1.0]).link(slope=2)
    assert link.split(":")[0] != other.split(":")[0]
    with pytest.raises(ValueError, match="7 is not a value"):
        made.link(slope=7)


def test_one_step_is_singular():
    """Units in words agree with the number; symbols of units stay as they are."""
    assert [quantity(n, "control steps") for n in (0, 1, 2)] == [
        "0 control steps",
        "1 control step",
        "2 control steps",
    ]
    assert quantity(1, "s") == "1 s" and quantity(1.0, "m/s") == "1 m/s"


def test_two_views_with_the_same_choice_do_not_share_their_buttons():
    """Invariance: the rows of buttons of two views have names of their own, so that a
    press in one releases nothing in the other.
    """

    def draw(words):
        def frame(robot):
            figure, axes = new_figure()
            axes.plot([0, 1])
            return Picture(figure, alt=f"{words} of the {robot} robot.")

        return frame

    groups = [
        set(
            re.findall(
                r'type="radio" name="([^"]+)"',
                explore(draw(words), robot=["late", "heavy"]).html(),
            )
        )
        for words in ("The error", "The return")
    ]
    assert [len(group) for group in groups] == [1, 1]
    assert groups[0] != groups[1]

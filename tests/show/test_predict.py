"""What must hold of questions."""

import ipywidgets
import pytest
from show_samples import draw_line, draw_replay

from lecture_code.show import Prose, Table, explore, hints, predict, quiz

QUESTION = (
    "Steeper or *flatter*?",
    ["steeper", "flatter"],
    1,
    "The `slope` is halved.",
)


def test_the_page_holds_question_answer_and_picture():
    """Without JavaScript everything is in the page: question, options, the right answer
    with its reason, and the whole flipbook.
    """
    made = explore(draw_line, slope=[1, 2])
    html = predict(*QUESTION, then=made).html()
    for part in (
        "Steeper or <em>flatter</em>?",
        "<strong>flatter.</strong> The <code>slope</code> is halved.",
        made.html(),
        'data-answer="1"',
    ):
        assert part in html
    assert (
        html.count('type="radio"') == 2
        and html.count("<fieldset") == 1
        and html.count("<legend>") == 1
    )


@pytest.mark.usefixtures("building")
def test_building_the_book_makes_no_widget():
    """With BOOK_BUILD a question is HTML and text only."""
    before = set(ipywidgets.widgets.widget._instances)
    for shown in (
        predict(*QUESTION, then=explore(draw_line, slope=[1, 2])),
        quiz("Is it?", {"yes": "right", "no": "wrong"}, "yes"),
    ):
        assert set(shown._repr_mimebundle_()) == {"text/html", "text/plain"}
    assert set(ipywidgets.widgets.widget._instances) == before


@pytest.mark.parametrize(("guess", "verdict"), [(1, "Yes"), (0, "Not as you said")])
def test_live_it_opens_on_commitment(guess, verdict):
    """With a kernel: nothing can be committed before a choice, the commitment opens and
    judges, and the mind may be changed.
    """
    then = [explore(draw_line, slope=[1, 2]), Prose("That is all.")]
    _, radio, row, veil, behind = predict(*QUESTION, then=then).widget().children
    button, words = row.children
    assert button.disabled and behind.layout.display == "none"
    assert veil.layout.display != "none" and len(behind.children) == 3
    radio.value = guess
    assert not button.disabled
    button.click()
    assert (
        behind.layout.display != "none"
        and veil.layout.display == "none"
        and verdict in words.value
        and radio.disabled
    )
    button.click()
    assert behind.layout.display == "none" and words.value == "" and not radio.disabled


def test_a_quiz_has_a_word_on_every_answer():
    """Each option's word is in the page; an unknown answer or a silent option is
    refused.
    """
    html = quiz(
        "Is it?", {"yes": "Right, since <b>.", "no": "Look again."}, answer="yes"
    ).html()
    assert "Right, since &lt;b&gt;." in html and "Look again." in html
    with pytest.raises(ValueError, match=r"'maybe'.*yes"):
        quiz("Is it?", {"yes": "a", "no": "b"}, answer="maybe")
    with pytest.raises(ValueError, match="no"):
        quiz("Is it?", {"yes": "a", "no": " "}, answer="yes")


@pytest.mark.parametrize(
    ("change", "culprit"),
    [
        ({1: ["one"]}, "two different"),
        ({1: ["a", "a"]}, "two different"),
        ({2: 2}, "0 to 1; got 2"),
        ({2: -1}, "got -1"),
        ({3: ""}, "reason"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(change, culprit):
    """Errors name what is missing."""
    arguments = [change.get(position, value) for position, value in enumerate(QUESTION)]
    with pytest.raises(ValueError, match=culprit):
        predict(*arguments)


def test_what_opens_must_be_something_to_show():
    """A bare string is refused by name."""
    with pytest.raises(TypeError, match="then gave a str"):
        predict(*QUESTION, then="picture")


def test_several_things_stand_behind_one_question():
    """A list of figures, tables and words is held back together, in its order, and a
    part that cannot be shown is refused by name.
    """
    table = Table({"a": {"return": 1.0}, "b": {"return": 2.0}})
    made = predict(*QUESTION, then=[draw_line(1), table, Prose("A *word*.")])
    html = made.html()
    held = html[html.index("rg-held") :]
    places = [held.index(part.html()) for part in made.question.then]
    assert len(places) == 3 and places == sorted(places)
    assert made.alt.endswith("A word.") and table.alt in made.alt
    with pytest.raises(TypeError, match="then gave a str"):
        predict(*QUESTION, then=[draw_line(1), "words"])


def test_the_still_stands_before_the_answer_and_gives_nothing_else():
    """The still is in the veil, outside what is held back; of a replay it is the poster
    without the recording.
    """
    html = predict(*QUESTION, then=draw_line(1), still=draw_replay(1.0)).html()
    veil = html[html.index("rg-veil") : html.index("rg-behind")]
    assert "rg-poster" in veil and "<robot-replay" not in html
    assert draw_line(1).html() not in veil
    assert "rg-still" not in predict(*QUESTION, then=draw_line(1)).html()


def test_prose_has_paragraphs_lists_and_marks():
    """Empty lines part paragraphs, dashes make a list, all else is escaped."""
    html = Prose("One `a<b`\nline.\n\n- **x** *y*\n- z").html()
    assert "<p>One <code>a&lt;b</code> line.</p>" in html
    assert "<ul><li><strong>x</strong> <em>y</em></li><li>z</li></ul>" in html
    with pytest.raises(ValueError, match="needs words"):
        Prose(" \n ")


def test_hints_open_one_inside_the_other():
    """The second hint is inside the first, the explanation inside the last; more than
    three hints are refused.
    """
    html = hints("look", "closer", explanation="there").html()
    names = ("Hint 1 of 2", "Hint 2 of 2", "Explanation")
    places = [html.index(name) for name in names]
    assert places == sorted(places) and html.endswith("</details>" * 3 + "</div>")
    assert html.count("<details>") == 3 and "open" not in html
    with pytest.raises(ValueError, match="one to 3"):
        hints("a", "b", "c", "d")
    asked = quiz("Is it?", {"yes": "a", "no": "b"}, "yes", hints=["Look."]).html()
    assert asked.index("Look.") < asked.index("rg-commit")


def test_an_answer_that_is_a_sentence_needs_no_colon():
    """Between an answer and the word on it stands a colon, unless a full stop is there
    already.
    """
    html = quiz("Which?", {"TRPO.": "Yes.", "none": "No."}, answer="TRPO.").html()
    assert "<em>TRPO.</em> Yes." in html
    assert "<em>none:</em> No." in html

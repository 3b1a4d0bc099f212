"""What must hold of questions."""

import ipywidgets
import pytest
from show_samples import draw_line

from lecture_code.show import explore, predict, quiz

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
    _, radio, row, behind = (
        predict(*QUESTION, then=explore(draw_line, slope=[1, 2])).widget().children
    )
    button, words = row.children
    assert button.disabled and behind.layout.visibility == "hidden"
    radio.value = guess
    assert not button.disabled
    button.click()
    assert (
        behind.layout.visibility == "visible"
        and verdict in words.value
        and radio.disabled
    )
    button.click()
    assert (
        behind.layout.visibility == "hidden"
        and words.value == ""
        and not radio.disabled
    )


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

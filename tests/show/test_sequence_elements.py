"""What must hold of `<grammar-sampler>` and `<roll-out-viewer>`: their data, what is
there before the script, and what the reader can do with them.
"""

import itertools
import json
import re

import numpy as np
import pytest
from sequence_samples import (
    ARMS,
    LENGTH,
    SYMBOLS,
    a_sampler,
    a_viewer,
    first_mistake,
    rolled_out,
    samples,
)

from lecture_code.show import RolledOut, grammar_sampler, roll_out_viewer

SAMPLER = "document.querySelector('grammar-sampler')"
VIEWER = "document.querySelector('roll-out-viewer')"


def data_of(element):
    pattern = r'<script type="application/json">(.*)</script>'
    return json.loads(re.search(pattern, element.html(), re.DOTALL)[1])


# --- data and stills ---


def test_the_strings_come_out_again():
    """Round trip: every string of every arm and step is in the data, in order."""
    data = data_of(a_sampler())
    for arm, (name, by_step) in zip(data["arms"], samples().items(), strict=True):
        assert arm["name"] == name
        for text, strings in zip(arm["samples"], by_step.values(), strict=True):
            pieces = [text[at : at + LENGTH] for at in range(0, len(text), LENGTH)]
            assert pieces == list(strings)


def test_without_a_script_the_last_strings_are_seen():
    """The strings of the first arm at its end stand on the page, with their signs, the
    first mistake marked and each blank visible; the alt text counts them.
    """
    shown = a_sampler()
    lines = re.findall(r"<li>(.*?)</li>", shown.html())
    last = samples()[ARMS[0]][1000]
    assert len(lines) == len(last) == 6
    assert [line.count("✓") for line in lines] == [0, 0, 1, 1, 1, 1]
    plain = [re.sub(r"<.*?>", "", line) for line in lines]
    assert [line[1:].replace("·", " ") for line in plain] == last
    assert all(("<mark>" in line) == ("✗" in line) for line in lines)
    assert "4 of 6 strings are in the language" in shown.alt


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({}, "at least one generator"),
        ({"a": {0: ["x "]}, "b": {1: ["x "]}}, r"'b' has strings of the steps \[1\]"),
        ({"a": {0: ["x ", "x"]}}, r"one length; got the lengths \[1, 2\]"),
        ({"a": {0: ["x" * 12] * 2000}}, "24,000 characters are too many"),
    ],
)
def test_what_does_not_fit_a_sampler_is_named(given, complaint):
    """Bad input is refused with what is wrong."""
    with pytest.raises(ValueError, match=complaint):
        grammar_sampler(given, first_mistake, title="t")


def test_the_roll_outs_come_out_again():
    """Round trip: a prefix and what follows it give each roll-out again, and the
    rewards are those given, to the nearest thousandth.
    """
    data = data_of(a_viewer())["sequences"][1]
    tokens, completions, rewards = rolled_out("second", seed=1).arrays
    assert data["tokens"] == tokens.tolist()
    for t, rest in enumerate(data["rest"]):
        rebuilt = [data["tokens"][: t + 1] + row for row in rest]
        assert rebuilt == completions[t].tolist()
    np.testing.assert_allclose(np.array(data["rewards"]) / 1000, rewards, atol=5.1e-4)


def broken(change):
    tokens, completions, rewards = (np.copy(one) for one in rolled_out().arrays)
    return change(tokens, completions, rewards)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda t, c, r: (t, c[:, :, 1:], r), r"completions must be \(5, N, 5\)"),
        (lambda t, c, r: (t, c, r[:, 1:]), r"rewards must be \(5, 8\)"),
        (lambda t, c, r: (t, c, r + 1), "rewards must lie in 0 to 1"),
        (lambda t, c, r: (t + (np.arange(5) == 2), c, r), "prefix of 3"),
    ],
)
def test_roll_outs_that_do_not_fit_are_named(change, complaint):
    """Wrong shapes, a reward beyond 1, and a roll-out that changes its prefix."""
    with pytest.raises(ValueError, match=complaint):
        RolledOut("one", *broken(change))


@pytest.mark.parametrize(
    ("sequences", "vocabulary", "start", "complaint"),
    [
        ([], "abcdef", 1, "one to 4 sequences; got 0"),
        ([rolled_out(), rolled_out(T=4)], "abcdef", 1, "several shapes"),
        ([rolled_out()], "ab", 1, "beyond the vocabulary of 2"),
        ([rolled_out()], "abcdef", 6, "start must lie in 1 to 5; got 6"),
    ],
)
def test_what_does_not_fit_a_viewer_is_named(sequences, vocabulary, start, complaint):
    """Bad input is refused with what is wrong."""
    with pytest.raises(ValueError, match=complaint):
        roll_out_viewer(sequences, vocabulary, title="t", start=start)


@pytest.mark.parametrize("make", [a_sampler, a_viewer])
def test_an_element_is_the_same_every_time(make):
    """Determinism: the same input gives the same bytes."""
    assert make().html() == make().html()


# --- in the browser ---


@pytest.mark.browser
def test_the_page_parses_as_the_twin_does(visit):
    """Oracle: for every string of up to 4 symbols, and 400 longer strings, the page and
    a parser that tries all prefixes find the same first mistake.
    """
    page = visit(a_sampler())
    page.wait_for_selector("grammar-sampler[data-ready]")
    rng = np.random.default_rng(0)
    texts = [
        "".join(one) for n in range(5) for one in itertools.product(SYMBOLS, repeat=n)
    ]
    tame = "x+x-x*x/x+x "
    for _ in range(400):
        letters = list(tame)
        for at in rng.integers(LENGTH, size=2):
            letters[at] = SYMBOLS[rng.integers(len(SYMBOLS))]
        texts.append("".join(letters))
    parse = f"(texts) => texts.map((one) => {SAMPLER}.parse(one).at)"
    found = page.evaluate(parse, texts)
    wanted = [first_mistake(text) for text in texts]
    assert found == wanted
    assert {None, 0, 3, 12} <= set(wanted)


@pytest.mark.browser
def test_the_reader_chooses_and_types(visit):
    """Buttons and slider show other strings, whose count the status tells; what the
    reader types is parsed at once; a link brings the state back.
    """
    page = visit(a_sampler())
    page.wait_for_selector("grammar-sampler[data-ready]")
    element = page.locator("grammar-sampler")
    assert element.get_attribute("data-right") == "4"
    assert element.get_attribute("data-different") == "3"
    assert "4 of 6" in page.locator(".rg-status").inner_text()
    page.locator("input[data-knob=at]").press("Home")
    page.get_by_text("REINFORCE", exact=True).click()
    assert element.get_attribute("data-arm") == "1"
    first = page.locator(".rg-strings li").first.inner_text()
    wanted = samples()["REINFORCE"][0][0]
    assert "".join(first.split())[1:] == wanted.replace(" ", "·")
    box = page.get_by_label("Type a string")
    told = page.locator(".rg-typed output")
    for text, words in (
        ("x+x", "In the language."),
        ("x+", "The last operator has no x behind it."),
        ("xx", "After an x there must be an operator, or the end."),
        ("x +", "After a blank there are only blanks."),
        ("y", "This character is not in the alphabet."),
    ):
        box.fill(text)
        assert words in told.inner_text()
    state = page.evaluate(f"{SAMPLER}.linkState()")
    assert state == {"arm": 1, "at": 0}
    page.evaluate(f"{SAMPLER}.set('at', 2)")
    page.evaluate("(state) => " + SAMPLER + ".restore(state)", {"arm": 7, "at": 0})
    assert page.evaluate(f"{SAMPLER}.linkState()") == {"arm": 1, "at": 2}
    page.evaluate("(state) => " + SAMPLER + ".restore(state)", state)
    assert page.evaluate(f"{SAMPLER}.linkState()") == state


@pytest.mark.browser
def test_the_viewer_averages_the_roll_outs_that_it_lists(visit):
    """Q and its standard error are those of the first N rewards, for every place and
    every N; the list shows these N, each with its prefix; at the end Q is D itself.
    """
    page = visit(a_viewer())
    page.wait_for_selector("roll-out-viewer[data-ready]")
    element = page.locator("roll-out-viewer")
    _, completions, rewards = rolled_out("first").arrays
    counts = [1, 4, 8]
    for t, (place, N) in itertools.product(range(5), enumerate(counts)):
        page.evaluate(f"{VIEWER}.set('at', {t}); {VIEWER}.set('count', {place})")
        assert float(element.get_attribute("data-q")) == pytest.approx(
            rewards[t, :N].mean(), abs=1e-3
        )
        lines = page.locator(".rg-strings code").all_inner_texts()
        written = ["".join("x+-*/·"[code] for code in row) for row in completions[t]]
        assert lines == (written[:1] if t == 4 else written[:N])
        if N > 1 and t < 4:
            error = rewards[t, :N].std(ddof=1) / N**0.5
            told = float(element.get_attribute("data-error"))
            assert told == pytest.approx(error, abs=1e-3)
    assert "nothing is drawn" in page.locator(".rg-status").inner_text()


@pytest.mark.browser
def test_the_chart_and_reset_lead_to_a_place(visit):
    """A click on a token of the chart goes there; Reset goes back to the start."""
    page = visit(a_viewer())
    page.wait_for_selector("roll-out-viewer[data-ready]")
    element = page.locator("roll-out-viewer")
    box = page.locator(".rg-chart canvas").bounding_box()
    x = page.evaluate(f"{VIEWER}.chart.x(4)")
    page.mouse.click(box["x"] + x, box["y"] + 40)
    assert element.get_attribute("data-at") == "4"
    page.get_by_text("second", exact=True).click()
    assert element.get_attribute("data-which") == "1"
    page.get_by_role("button", name="Reset").click()
    assert element.get_attribute("data-at") == "2"
    assert element.get_attribute("data-which") == "0"


@pytest.mark.browser
@pytest.mark.parametrize("make", [a_sampler, a_viewer])
def test_a_narrow_screen_holds_the_elements(visit, make):
    """At 390 px nothing is wider than the screen."""
    page = visit(make(), width=390)
    page.wait_for_selector("[data-ready]")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

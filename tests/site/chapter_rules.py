"""The rules of a chapter's page that a program can check, from CONTRIBUTING (*The
page*): what a visit reads from the page, and one function a rule, from the survey of a
visit to complaints.
"""

import re
from typing import Any

from site_pages import Survey

VEIL = 160  # [px] the height of what stands in the place of an answer
LETTERS = 11  # [px] the text of a figure at a width of 390 px
WORDS = 2200  # in a chapter's core
NUMBERS = 3  # in a paragraph
COLUMNS = 88  # of code that a desktop shows without scrolling
DESK, PHONE = "desktop-light", "phone-light"

# A number with its sign and its decimals. The number of a figure, a table, an equation
# or a line is a name and does not count, and neither does a digit inside a word.
NUMBER = re.compile(
    r"(?<![\w.,])(?<!Algorithm )(?<!Figure )(?<!Table )(?<!Section )(?<!line )"
    r"(?<!lines )(?<!eq\. )\d+(?:[.,\u202f ]\d{3})*(?:\.\d+)?(?![\w])"
)

READ = """() => {
  const article = document.querySelector("article");
  if (!article) return null;
  const all = (query) => [...article.querySelectorAll(query)];
  const tidy = (words) => words.replace(/\\s+/g, " ").trim();
  const without = (element, query) => {
    const copy = element.cloneNode(true);
    copy.querySelectorAll(query).forEach((part) => part.remove());
    return tidy(copy.textContent);
  };
  const seen = (element) => element.checkVisibility();
  const listings = all(".highlight pre").filter(seen);
  const start = (pre) => tidy(pre.textContent).slice(0, 60);
  const lines = (pre) => pre.textContent.split("\\n").map((line) => line.length);
  const longest = (pre) => Math.max(...lines(pre));
  const held = all("predict-then-reveal:not([data-guess])")
    .filter((question) => question.querySelector(":scope > .rg-behind"));
  const asked = (question) => tidy(question.querySelector("legend").textContent);
  const room = (question) =>
    question.getBoundingClientRect().bottom
    - question.querySelector("fieldset").getBoundingClientRect().bottom;
  const text = tidy(article.innerText);
  const told = (question) => {
    const reason = without(question.querySelector(".rg-answer"), "strong:first-child");
    const sentences = reason.split(/(?<=[.?!]) /).filter((one) => one.length >= 40);
    const open = [...question.querySelectorAll(":scope > .rg-behind > *")].filter(seen);
    return [...open.map((part) => tidy(part.textContent).slice(0, 60)),
            ...sentences.filter((one) => text.includes(one))];
  };
  const size = (label) => {
    const { a, b } = label.getScreenCTM();
    const fonts = [label, ...label.querySelectorAll("tspan")]
      .map((part) => parseFloat(getComputedStyle(part).fontSize));
    return Math.max(...fonts) * Math.hypot(a, b);
  };
  const labels = all("svg text")
    .filter((label) => seen(label) && label.textContent.trim())
    .map((label) => [tidy(label.textContent), size(label)]);
  const mentions = all(".highlight").flatMap((code) =>
    [...code.textContent.matchAll(/\\beqs?\\. *(\\d+)/g)].map((match) => match[1]));
  const numberless = ".math, .katex, code, a.reference, a.headerlink, cite, sup";
  const prose = all("p")
    .filter((p) => !p.closest("table, figure, .rg-caption, .citation, .rg-replay"));
  const beyond = "details, .dropdown, .toggle, [data-kind=quiz], .citation-list, "
    + ".highlight, table, svg, figure, .math, .katex, a.headerlink, script, style, "
    + "template, noscript, button, flip-book, mujoco-playground, robot-replay, "
    + "corridor-flight, architecture-search, architecture-game, tetris-board, "
    + "choice-simplex, estimator-race, "
    + ".rg-veil, .rg-caption, .rg-note, .rg-key";
  return {
    veils: held.map((question) => [asked(question), room(question)]),
    told: held.flatMap((one) => told(one).map((part) => [asked(one), part])),
    wrapped: listings
      .filter((pre) => getComputedStyle(pre).whiteSpace !== "pre")
      .map(start),
    columns: listings.filter((pre) => pre.scrollWidth > pre.clientWidth)
      .map((pre) => [start(pre), longest(pre)]),
    labels,
    mentions,
    equations: all(".eqno").map((label) => label.textContent.replace(/\\D/g, "")),
    paragraphs: prose.map((p) => without(p, numberless)),
    words: without(article, beyond).split(" ").filter((one) => /\\w/.test(one)).length,
    printed: all(".cell_output pre")
      .filter((pre) => !pre.closest(".highlight-python"))
      .map((pre) => tidy(pre.textContent)),
  };
}"""


def read(survey: Survey, view: str) -> dict[str, Any]:
    """What a visit has read from the page in a view."""
    return survey.found[view]["chapter"]


def veils(survey: Survey) -> list[str]:
    """What stands in the place of an answer is at most 160 px high."""
    return [
        f"{view}: {height:.0f} px under {question!r}"
        for view in (DESK, PHONE)
        for question, height in read(survey, view)["veils"]
        if height > VEIL
    ]


def answers(survey: Survey) -> list[str]:
    """No part of an answer can be read before the reader has committed to one."""
    return [f"{part!r} under {ask!r}" for ask, part in read(survey, DESK)["told"]]


def wraps(survey: Survey) -> list[str]:
    """Lines of code are not broken, on a desktop and on a phone."""
    return [
        f"{view}: {start!r}"
        for view in (DESK, PHONE)
        for start in read(survey, view)["wrapped"]
    ]


def columns(survey: Survey) -> list[str]:
    """Code of 88 columns fits on a desktop."""
    return [
        f"{columns} columns: {start!r}"
        for start, columns in read(survey, DESK)["columns"]
        if columns <= COLUMNS
    ]


def letters(survey: Survey) -> list[str]:
    """The text of figures has at least 11 px on a phone; exponents may be smaller."""
    return [
        f"{size:.1f} px: {words!r}"
        for words, size in read(survey, PHONE)["labels"]
        if round(size, 1) < LETTERS
    ]


def equations(survey: Survey) -> list[str]:
    """Each equation that a listing names by number is one of the page's."""
    found = read(survey, DESK)
    known = set(found["equations"])
    wrong = [number for number in found["mentions"] if number not in known]
    return [f"a listing says eq. {number}" for number in dict.fromkeys(wrong)]


def length(survey: Survey) -> list[str]:
    """The core of a chapter has at most 2,200 words: its prose with the predictions and
    their answers, without folded sections, code, formulas, tables, captions, widgets
    and the quizzes that the reader takes after the lecture.
    """
    words = read(survey, DESK)["words"]
    return [f"{words} words"] if words > WORDS else []


def numbers(survey: Survey) -> list[str]:
    """A paragraph holds at most three numbers, those from results counted."""
    counted = [
        (len(NUMBER.findall(words)), words)
        for words in read(survey, DESK)["paragraphs"]
    ]
    return [f"{count}: {words[:100]!r}" for count, words in counted if count > NUMBERS]


def verdicts(survey: Survey) -> list[str]:
    """No cell prints True or False."""
    return [
        words[:60]
        for words in read(survey, DESK)["printed"]
        if re.search(r"\b(True|False)\b", words)
    ]


RULES = {
    rule.__name__: rule
    for rule in (
        veils,
        answers,
        wraps,
        columns,
        letters,
        equations,
        length,
        numbers,
        verdicts,
    )
}

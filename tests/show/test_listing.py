"""What must hold of listings of the lecture's code."""

import re
from pathlib import Path

import pytest

from lecture_code.experiments.dynamics.real_worlds import real_world
from lecture_code.experiments.runner import run_experiment
from lecture_code.search import PI2, CrossEntropyMethod
from lecture_code.search.gaussian import exponential_weights
from lecture_code.show import CodeListing, Excerpt

PAGES = Path(__file__).parents[2] / "book/code"


def markdown(*things):
    return CodeListing(*things)._repr_mimebundle_()["text/markdown"]


def test_a_method_stands_below_the_name_of_its_class():
    """Methods of one name are told apart; a function or class has no such line."""
    methods = CodeListing(CrossEntropyMethod.weights, PI2.weights, docstring=False)
    assert methods.text.startswith("# class CrossEntropyMethod\ndef weights(")
    assert "\n\n\n# class PI2\ndef weights(" in methods.text
    assert "# class" not in CodeListing(exponential_weights, PI2).text


def test_each_file_of_a_listing_is_named_once():
    """Below the code stands the file of every thing, an excerpt's too; a notebook has
    no link, because the book's pages are not beside it.
    """
    first = Excerpt(exponential_weights, "def", "def")
    shown = markdown(first, exponential_weights, PI2.weights)
    assert shown.count("<code>lecture_code/search/gaussian.py</code>") == 1
    assert shown.count("<code>") == 2 and "<a " not in shown


@pytest.mark.parametrize("thing", [exponential_weights, real_world, run_experiment])
def test_in_the_book_a_file_leads_to_its_code_page(thing, monkeypatch):
    """The link names the page of `book/code` that documents the module."""
    monkeypatch.setenv("BOOK_BUILD", "1")
    link = re.search(r'href="\.\./code/(\w+)\.html#module-([\w.]+)"', markdown(thing))
    assert link is not None
    page = (PAGES / f"{link[1]}.md").read_text()
    assert f"automodule:: {link[2]}\n" in page and link[2] == thing.__module__

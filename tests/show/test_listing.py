"""What must hold of listings of the lecture's code."""

from lecture_code.search import PI2, CrossEntropyMethod
from lecture_code.search.gaussian import exponential_weights
from lecture_code.show import CodeListing


def test_a_method_stands_below_the_name_of_its_class():
    """Methods of one name are told apart; a function or class has no such line."""
    methods = CodeListing(CrossEntropyMethod.weights, PI2.weights, docstring=False)
    assert methods.text.startswith("# class CrossEntropyMethod\ndef weights(")
    assert "\n\n\n# class PI2\ndef weights(" in methods.text
    assert "# class" not in CodeListing(exponential_weights, PI2).text

"""Black-box search: one file a method, one `ask`/`tell` protocol, NumPy only. Everything maximises.

Start with `protocol.py` (what a search is, and the loop that drives it), then read a method.
"""

from lecture_code.search.protocol import Generation, Search, check_told, maximise, next_generation
from lecture_code.search.random_search import AugmentedRandomSearch

__all__ = ["AugmentedRandomSearch", "Generation", "Search", "check_told", "maximise", "next_generation"]

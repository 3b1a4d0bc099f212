"""How the book shows things: figures in one style, robots from the side, sliders that
work with and without a kernel, questions first.

Start with `figures.py` and `picture.py`, then `explore.py` (a picture with sliders),
`replay.py` (robots), `playground.py` (robots that live) and `predict.py` (ask, then
show). Where a thing is shown, on the built page or in a live notebook, is decided in
`page.py` alone.
"""

from .explore import Explore, explore
from .figures import GREY, METHOD_COLOURS, PALETTE, band, new_figure
from .filming import film
from .hero import Hero
from .hints import Hints, hints
from .marked import MarkedText
from .page import Beside, Shown, static_page
from .page_policies import Network
from .picture import Picture
from .playground import Playground, playground
from .predict import Predict, predict, quiz
from .prose import Prose
from .recording import RecordedRobot
from .replay import Replay
from .source import CodeListing
from .table import Table

__all__ = [
    "GREY",
    "METHOD_COLOURS",
    "PALETTE",
    "Beside",
    "CodeListing",
    "Explore",
    "Hero",
    "Hints",
    "MarkedText",
    "Network",
    "Picture",
    "Playground",
    "Predict",
    "Prose",
    "RecordedRobot",
    "Replay",
    "Shown",
    "Table",
    "band",
    "explore",
    "film",
    "hints",
    "new_figure",
    "playground",
    "predict",
    "quiz",
    "static_page",
]

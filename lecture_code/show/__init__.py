"""How the book shows things: figures in one style, robots from the side, sliders that
work with and without a kernel, questions first.

Where a thing is shown, on the built page or in a live notebook, is decided in `page.py`
alone. The scripts and style sheets of the page are in `book/web`.

Figures and text
    figures                one style, one palette, one colour for each method
    picture                a figure on the page, with alt text
    table                  results with units, spread, and the best marked
    svg                    matplotlib's SVG, made small
    svg_text               and its text in the page's font
    prose                  paragraphs that a question holds back
    marked                 text with marked characters
    source                 code of the package, shown on a page
Sliders and questions
    explore                a picture with a slider or buttons for each choice
    choices                the checks of those choices
    sliders                their controls on the page
    live_explore           their controls in a notebook
    predict                the reader answers, then sees
    question               a question, its answers, and what it holds back
    live_question          a question in a notebook
    hints                  help in steps
Robots
    filming                from a rollout to a recorded robot
    recorded_robot         a recorded robot, packed for the page
    replay                 recorded robots that move
    poster                 their still picture
    hero                   the first picture of the book
    board                  a game of Tetris that moves
    playground             live MuJoCo in the page
    playground_settings    what a playground shows, checked
    playground_setup       and as JSON
    playground_controls    its sliders, buttons and menu
    page_policies          policies as JSON
Corridors
    corridor_flight        a robot in corridors, flown in the page
    flight_setup           where it starts, and how its world looks
    flight_still           its still pictures
    packed_networks        its networks, small enough for a page
Architectures
    architecture_search    a search that the reader can change
    architecture_game      a search by the reader
    searched_space         the strings of both, and what they are worth
Discrete choices
    choice_simplex         a choice among three tokens, and estimates of its gradient
    estimator_race         six learners that follow such estimates
    seeded_sliders         the sliders of both, and of the search
Sequences
    grammar_sampler        strings of a grammar, parsed in the page
    roll_out_viewer        roll-outs of a sequence, and the reward of each token
Machinery
    page                   page or notebook?
    live                   widgets that show HTML
    assets                 the sources in `book/web`
"""

from .architecture_game import ArchitectureGame, architecture_game
from .architecture_search import ArchitectureSearch, architecture_search
from .choice_simplex import ChoiceSimplex, choice_simplex
from .corridor_flight import CorridorFlight, corridor_flight
from .estimator_race import EstimatorRace, estimator_race
from .explore import Explore, explore
from .figures import GREY, METHOD_COLOURS, PALETTE, band, new_figure
from .filming import film
from .grammar_sampler import GrammarSampler, grammar_sampler
from .hero import Hero
from .hints import Hints, hints
from .marked import MarkedText
from .page import Beside, Shown, static_page
from .page_policies import Network
from .picture import Picture
from .playground import Playground, playground
from .predict import Predict, predict, quiz
from .prose import Prose
from .recorded_robot import RecordedRobot
from .replay import Replay
from .roll_out_viewer import RolledOut, RollOutViewer, roll_out_viewer
from .source import CodeListing, Excerpt
from .table import Table

__all__ = [
    "GREY",
    "METHOD_COLOURS",
    "PALETTE",
    "ArchitectureGame",
    "ArchitectureSearch",
    "Beside",
    "ChoiceSimplex",
    "CodeListing",
    "CorridorFlight",
    "EstimatorRace",
    "Excerpt",
    "Explore",
    "GrammarSampler",
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
    "RollOutViewer",
    "RolledOut",
    "Shown",
    "Table",
    "architecture_game",
    "architecture_search",
    "band",
    "choice_simplex",
    "corridor_flight",
    "estimator_race",
    "explore",
    "film",
    "grammar_sampler",
    "hints",
    "new_figure",
    "playground",
    "predict",
    "quiz",
    "roll_out_viewer",
    "static_page",
]

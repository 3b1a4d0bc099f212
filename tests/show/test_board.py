"""What must hold of a recorded game of Tetris, and of the element that plays it."""

import json
import re
from base64 import b64decode

import numpy as np
import pytest

from lecture_code.show import explore
from lecture_code.show.board import BoardReplay
from lecture_code.tetris import BCTS, DELLACHERIE, PIECES, first_moves

BERTSEKAS = np.array([-1.0] * 10 + [-2.0] * 9 + [-1.0, -8.0, 0.0])
NOWHERE = np.zeros(
    22
)  # every board is as good: the first placement is taken, and the game is soon over
RUBBLE = np.random.default_rng(1).random((20, 10)) < np.linspace(1.1, -0.6, 20)[:, None]
RUBBLE[RUBBLE.all(axis=1), 3] = False


def a_replay(weights=BERTSEKAS, moves=60, title="a game", **options):
    return BoardReplay(first_moves(weights, 5, moves, **options), weights, title)


def encoded(replay):
    return json.loads(
        re.search(r'<script type="application/json">(.*)</script>', replay.html())[1]
    )


def boards_of(data):
    """A plain reading of the format: boards (m + 1, height + 4, width), from the moves
    alone.
    """
    rows = data["height"] + 4
    width = data["width"]
    board = np.zeros(rows * width, dtype=bool)
    board[data["start"]] = True
    boards = [board.reshape(rows, width)]
    for _, *cells in np.frombuffer(b64decode(data["moves"]), "<u2").reshape(-1, 5):
        board = np.append(
            boards[-1].ravel(), np.zeros(4 * width, dtype=bool)
        )  # a last piece may stick out of what is recorded
        board[cells] = True
        left = board.reshape(-1, width)[~board.reshape(-1, width).all(axis=1)]
        boards.append(np.pad(left, ((0, 8), (0, 0)))[:rows])
    return np.array(boards)


@pytest.mark.parametrize(
    "options",
    [
        {"weights": NOWHERE, "moves": 500},
        {"start": RUBBLE},
        {"moves": 300},
        {"width": 6, "weights": np.zeros(14)},
    ],
)
def test_the_boards_follow_from_the_moves(options):
    """Every board of the game comes out again from its moves, at the end of a
    game, from rubble, and for a narrow board.
    """
    replay = a_replay(**options)
    assert np.array_equal(boards_of(encoded(replay)), replay.moves.boards)


def test_what_the_player_saw_is_kept_exactly():
    """Features are whole or half numbers, so twice their value is exact; the values of
    V are w·φ.
    """
    moves = first_moves(DELLACHERIE, 5, 40, features="dellacherie")
    replay = BoardReplay(moves, DELLACHERIE, "an expert", features="dellacherie")
    data = encoded(replay)
    seen = np.frombuffer(b64decode(data["seen"]), "<i2").reshape(-1, 6) / 2
    assert np.array_equal(seen, moves.features) and (seen % 1 == 0.5).any()
    assert [float(value.replace("−", "-")) for value in data["values"]] == np.round(
        moves.features @ DELLACHERIE
    ).tolist()


def test_the_words_are_made_from_the_data():
    """Pieces, lines, height and the end of the game are told, in the alt text and
    without JavaScript; the still is the board at move 0, as the slider says.
    """
    going, over = a_replay(start=RUBBLE), a_replay(NOWHERE, 500)
    first = int(np.flatnonzero(RUBBLE.any(axis=1)).max()) + 1
    assert f"Before the first piece the highest column stands at {first}" in going.alt
    highest = going.moves.features[-1, 19]
    assert (
        f"after 60 pieces and {going.moves.lines.sum()} lines the highest column "
        f"stands at {highest:.0f} of 20" in going.alt
    )
    assert (
        f"after {len(over.moves)} pieces and 0 lines the game is over" in over.html()
        and len(over.moves) < 500
    )
    boards = going.moves.boards
    assert going.html().count("h.9v.9h-.9z") == boards[0].sum() != boards[-1].sum()


def test_the_same_game_gives_the_same_bytes_and_few():
    """Determinism; and 120 moves with 22 features are less than 12 kB."""
    assert a_replay(moves=120).html() == a_replay(moves=120).html()
    assert len(a_replay(moves=120).html()) < 12_000


def test_weights_that_do_not_fit_are_named():
    """Other features than those recorded, or other weights, are refused; and text
    cannot break out of the page.
    """
    with pytest.raises(
        ValueError,
        match=r"'bcts' has 8 features; got weights of shape \(8,\) and moves with "
        "22",
    ):
        BoardReplay(first_moves(BERTSEKAS, 5, 3), BCTS, "a game", features="bcts")
    with pytest.raises(ValueError, match=r"weights of shape \(6,\)"):
        BoardReplay(first_moves(BERTSEKAS, 5, 3), DELLACHERIE, "a game")
    assert "</script><b>" not in a_replay(title="</script><b>").html()


# --- the element ---


def told(page, name):
    return float(page.locator("tetris-board").first.get_attribute(f"data-{name}"))


@pytest.mark.browser
@pytest.mark.parametrize(
    "options", [{"weights": NOWHERE, "moves": 500}, {"start": RUBBLE}, {"moves": 200}]
)
def test_the_element_plays_the_recorded_boards(visit, options):
    """Every board in the browser is the engine's, and so are the lines and the features
    beside it.
    """
    replay = a_replay(**options)
    page = visit(replay)
    moves = replay.moves
    boards = page.evaluate(
        "document.querySelector('tetris-board').recording.boards.map((board) => "
        "[...board].map((cell) => +(cell > 0)))"
    )
    assert np.array_equal(
        np.array(boards, dtype=bool).reshape(moves.boards.shape), moves.boards
    )
    for move in (0, 7, len(moves) - 1, len(moves)):
        page.evaluate(
            "(move) => document.querySelector('tetris-board').seek(move)", move
        )
        assert (told(page, "frame"), told(page, "lines")) == (
            move,
            moves.lines[:move].sum(),
        )
        seen = page.locator(".rg-seen tbody td:nth-child(2)").all_inner_texts()
        assert [float(value) for value in seen] == moves.features[
            min(move, len(moves) - 1)
        ].tolist()
        shares = page.locator(".rg-seen tbody td:nth-child(4)").all_inner_texts()
        by_hand = replay.weights * moves.features[min(move, len(moves) - 1)]
        assert np.abs(
            [float(share.replace("−", "-")) for share in shares] - by_hand
        ) == pytest.approx(0, abs=0.51)
    assert ("game over" in page.locator(".rg-told").inner_text()) == moves.over


@pytest.mark.browser
def test_a_game_is_stepped_by_button_and_by_key(visit):
    """Step makes one move; arrows go one back and forth and End to the last; Play runs
    and Pause holds; the board replaces the picture.
    """
    page = visit(a_replay())
    assert (
        page.locator(".rg-poster").is_visible()
        and not page.locator("canvas").is_visible()
    )
    page.get_by_role("button", name="Step").click()
    assert told(page, "frame") == 1 and page.locator("canvas").is_visible()
    scrub = page.get_by_role("slider", name="Move")
    for key, frame in (
        ("ArrowRight", 2),
        ("ArrowLeft", 1),
        ("PageUp", 11),
        ("End", 60),
        ("Home", 0),
        ("ArrowLeft", 0),
    ):
        scrub.press(key)
        assert (
            told(page, "frame") == frame
            and scrub.get_attribute("aria-valuetext") == f"move {frame} of 60"
        )
    page.get_by_label("Moves a second").select_option("20/s")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("+document.querySelector('tetris-board').dataset.frame >= 3")
    page.get_by_role("button", name="Pause").click()
    assert (
        f"piece {PIECES[a_replay().moves.pieces[int(told(page, 'frame'))]]}"
        in page.locator(".rg-told").inner_text()
    )


@pytest.mark.browser
def test_a_piece_is_drawn_where_it_goes(visit):
    """Before its move a piece is above its place, which is outlined; at the end of the
    move it is there, and full rows stand out.
    """
    replay = a_replay(moves=200)
    page = visit(replay)
    clearing = int(np.flatnonzero(replay.moves.lines)[0])
    moment = """(t) => {
      const game = document.querySelector("tetris-board");
      game.seekTime(t);
      return game.moment;
    }"""
    before = page.evaluate(moment, clearing)
    after = page.evaluate(moment, clearing + 0.9)
    tops = [cell // 10 for cell in before["goal"]]
    assert (
        max(tops) + before["piece"]["raised"] == 23
        and before["piece"]["cells"] == before["goal"]
        and before["full"] == []
    )
    assert len(after["full"]) == replay.moves.lines[clearing] and "piece" not in after


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_turning_the_page_goes_on_with_the_game(visit, scheme):
    """In a flip-book the next player goes on at the same move; at phone width nothing
    sticks out.
    """
    book = explore(
        lambda holes: a_replay(
            BERTSEKAS * np.where(np.arange(22) == 20, holes, 1), title=f"holes {holes}"
        ),
        holes=[0.5, 1.0, 2.0],
    )
    page = visit(book, width=390, scheme=scheme)
    page.evaluate("document.querySelector('tetris-board').seek(17)")
    page.get_by_role("slider", name="holes").press("End")
    assert (
        page.locator(".rg-title").inner_text() == "holes 2.0"
        and told(page, "frame") == 17
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

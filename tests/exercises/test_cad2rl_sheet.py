"""The sheet *(CAD)²RL* with many students: right answers in other styles pass for all
of them, wrong ones are told what is wrong, and no β passes for everybody.
"""

import numpy as np
import pytest

from tests.exercises.conftest import (
    BOOK_SHEETS,
    cell_of,
    check_answer,
    needs_book_sheets,
    scope_of,
)
from tools.grading.sheets import find_sheets

pytestmark = needs_book_sheets
SHEET = find_sheets(BOOK_SHEETS)["cad2rl"] if BOOK_SHEETS.is_dir() else None
STUDENTS = [f"student {number}" for number in range(12)]

OTHER_STYLES = {
    "q1, a loop over rays and cells": """
def ways(walls, sides, x, y, angles, reach):
    w, h = sides
    answer = []
    for angle in angles:
        dx, dy = np.cos(angle), np.sin(angle)
        column, row, length = int(x / w), int(y / h), 0.0
        while True:
            exits = []  # (length, change of column, change of row)
            if dx > 1e-12:
                exits.append((((column + 1) * w - x) / dx, 1, 0))
            elif dx < -1e-12:
                exits.append(((column * w - x) / dx, -1, 0))
            if dy > 1e-12:
                exits.append((((row + 1) * h - y) / dy, 0, 1))
            elif dy < -1e-12:
                exits.append(((row * h - y) / dy, 0, -1))
            length, right, up = min(exits)
            column, row = column + right, row + up
            outside = min(row, column) < 0
            if outside or row >= len(walls) or column >= len(walls[0]):
                length = reach
            if length >= reach or walls[row][column]:
                break
        answer.append(min(length, reach))
    return answer
""",
    "q1, one ray calls itself": """
def ways(walls, sides, x, y, angles, reach):
    def on(row, column, length, d):
        if not (row in range(walls.shape[0]) and column in range(walls.shape[1])):
            return reach
        if walls[row, column] or length >= reach:
            return min(length, reach)
        low = np.array([column, row]) * sides
        far = np.where(d > 0, low + sides, low)
        with np.errstate(divide="ignore"):
            t = np.where(abs(d) > 1e-12, (far - (x, y)) / d, np.inf)
        k = int(t.argmin())
        move = int(np.sign(d[k]))
        return on(row + k * move, column + (1 - k) * move, float(t[k]), d)

    start = int(y // sides[1]), int(x // sides[0])
    both = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.array([on(*start, 0.0, d) for d in both])
""",
    "q1, every ray against every side of a wall": """
def ways(walls, sides, x, y, angles, reach):
    rows, columns = np.nonzero(walls)
    if not len(rows):
        return np.full(len(angles), reach)
    with np.errstate(all="ignore"):
        dx, dy = np.cos(angles)[:, None], np.sin(angles)[:, None]
        candidates = []
        for face in (columns, columns + 1):
            t = (face * sides[0] - x) / dx
            at = (y + t * dy) / sides[1]
            candidates.append(np.where((at > rows) & (at < rows + 1), t, np.inf))
        for face in (rows, rows + 1):
            t = (face * sides[1] - y) / dy
            at = (x + t * dx) / sides[0]
            inside = (at > columns) & (at < columns + 1)
            candidates.append(np.where(inside, t, np.inf))
    t = np.concatenate(candidates, axis=1)
    return np.where(t > 0, t, np.inf).min(axis=1, initial=reach)
""",
    "q2, what follows calls itself": """
def labels(sim, state, policy, H, gamma):
    def value(action, left):
        if left == 0 or sim.step(action):
            return 0.0
        return 1.0 + gamma * value(policy(sim.look()), left - 1)

    def first(action):
        sim.reset(state)
        return value(action, H)

    whole = H if gamma == 1 else (1 - gamma**H) / (1 - gamma)
    return [first(action) / whole for action in range(sim.actions)]
""",
    "q2, a table of who lives": """
def labels(sim, state, policy, H, gamma):
    free = np.empty((H, sim.actions), dtype=bool)
    for first in range(sim.actions):
        action = first
        sim.reset(state)
        for t in range(H):
            free[t, first] = not sim.step(action)
            action = policy(sim.look())
    alive = np.logical_and.accumulate(free)
    return np.average(alive, axis=0, weights=gamma ** np.arange(H))
""",
    "q2, until the crash": """
def labels(sim, state, policy, H, gamma):
    steps = []
    for action in range(sim.actions):
        sim.reset(state)
        flown = 0
        while flown < H and not sim.step(action):
            flown, action = flown + 1, policy(sim.look())
        steps.append(flown)
    gained = np.append(0.0, np.cumsum([gamma**t for t in range(H)]))
    return gained[steps] / gained[-1]
""",
    "q3, complex numbers": """
def choose(Q, aims, bearing, beta):
    towards = np.exp(1j * np.asarray(bearing))
    fans = np.exp(-1j * np.asarray(aims))
    return np.argmax(Q + beta * np.einsum("n,k->nk", towards, fans).real, 1)


my_beta = 0.35 * span
""",
    "q3, a loop": """
def choose(Q, aims, bearing, beta):
    def value(n, k):
        return Q[n][k] + beta * float(np.cos(bearing[n] - aims[k]))

    return [
        max(range(len(aims)), key=lambda k: value(n, k)) for n in range(len(Q))
    ]


my_beta = np.float64(0.2 * span)
""",
    "q3, the sum of products": """
def choose(Q, aims, bearing, beta):
    c = np.cos(bearing)[:, None] * np.cos(aims)
    s = np.sin(bearing)[:, None] * np.sin(aims)
    best = np.zeros(len(Q), dtype=int)
    for k in range(1, len(aims)):
        total = Q + beta * (c + s)
        rows = np.arange(len(Q))
        best = np.where(total[:, k] > total[rows, best], k, best)
    return best


my_beta = 0.25 * (1 - (1 - 1.5 * span)) / 1.5
""",
    "q4, the first crash": """
lines = {7, 9}
w = np.array([gamma**t for t in range(H)])
hers = np.average(long_enough, weights=w)
right = np.average(np.logical_and.accumulate(long_enough), weights=w)


def roll_out(poses, distance, policy, H, gamma):
    states = np.repeat(poses, len(AIMS), axis=0)
    turns = np.tile(AIMS, len(poses))
    ways = []
    for _ in range(H):
        ways.append(distance(states, turns))
        heading = states[:, 2] + turns
        x = states[:, 0] + STEP * np.cos(heading)
        y = states[:, 1] + STEP * np.sin(heading)
        states = np.stack([x, y, heading], axis=1)
        turns = policy(states)
    alive = np.minimum.accumulate(ways) > STEP + RADIUS
    y = np.average(alive, axis=0, weights=gamma ** np.arange(H))
    return y.reshape(len(poses), len(AIMS))
""",
    "q4, one robot after the other, which calls itself": """
lines = [8, 7]
hers = right = below = 0.0
lives = 1
for t, free in enumerate(long_enough):
    lives *= free
    hers, right = hers + free * gamma**t, right + lives * gamma**t
    below += gamma**t
hers, right = hers / below, right / below


def roll_out(poses, distance, policy, H, gamma):
    def gain(state, turn, left):
        if left == 0 or distance(state[None], turn)[0] <= STEP + RADIUS:
            return 0.0
        heading = state[2] + turn[0]
        forward = STEP * np.array([np.cos(heading), np.sin(heading)])
        after = np.append(state[:2] + forward, heading)
        return 1 + gamma * gain(after, policy(after[None]), left - 1)

    whole = sum(gamma**t for t in range(H))
    return [
        [gain(pose, np.array([aim]), H) / whole for aim in AIMS] for pose in poses
    ]
""",
    "q4, crashed robots leave": """
lines = np.array([7, 8])
weights = gamma ** np.arange(H)
total = weights.sum()
hers = (weights * np.where(long_enough, 1, 0)).sum() / total
stop = int(np.argmin(long_enough))
right = (1 - gamma**stop) / (1 - gamma**H)


def roll_out(poses, distance, policy, H, gamma):
    n, K = len(poses), len(AIMS)
    states = np.repeat(poses, K, axis=0)
    turns = np.tile(AIMS, n)
    who = np.arange(n * K)
    survived = np.zeros(n * K)
    for t in range(H):
        stays = distance(states, turns) > STEP + RADIUS
        states, turns, who = states[stays], turns[stays], who[stays]
        survived[who] += gamma**t
        states[:, 2] += turns
        states[:, 0] += STEP * np.cos(states[:, 2])
        states[:, 1] += STEP * np.sin(states[:, 2])
        turns = policy(states)
    return survived.reshape(n, K) / sum(gamma**t for t in range(H))
""",
}

MESSAGES = {
    "every cell is as high as it is wide": "cells are higher than wide",
    "rays to the left begin at the right side of their cell": "goes to the left",
    "the last row stands below the first": "walls.-1. is the last row",
    "steps of a centimetre": "without fixed steps",
    "a wall beyond reach": "the example with reach 4",
    "the border counts as wall": "the example with reach 20",
    "a robot that lives again behind the wall": "alive again",
    "alive before the step, not after it": "the third ends in the wall",
    "the first action again and again": "the policy chooses",
    "the policy is asked in the first state": "in the state that the robot is in then",
    "the mean over the steps that were survived": "a number of steps divided by H",
    "the best next action in place of the policy": "the policy chooses",
    "a product in place of the sum": "next to the goal",
    "the chance of a collision": "takes the largest Q",
    "a Q that is squeezed into 0 to 1 first": "not a product",
    "straight to the goal": "β is too large",
    "a goal that is lost in the noise": "β is too small",
    "only the fish-eye correction is mended": "alive again",
    "only the immortal robot is mended": "as it is, is longer",
    "the cosine on the other side": "as it is, is longer",
    "a crashed robot waits, turns, and lives again": "may turn away",
    "the wrong lines": "belongs into a picture",
    "the line of the distance alone, twice": "in which line does a robot live again",
    "both labels after the mending": "hers: she counts every step",
    "the weights of the survived steps below the line": "all weights stay",
}


@pytest.mark.parametrize("question", ["q1", "q2", "q3", "q4"])
def test_the_reference_passes_for_every_student(question: str) -> None:
    """The reference passes, whatever the numbers."""
    assert SHEET is not None
    for student in STUDENTS:
        check_answer(SHEET, question, cell_of(SHEET.notebook, question).source, student)


@pytest.mark.parametrize("style", OTHER_STYLES)
def test_right_answers_in_other_styles_pass(style: str) -> None:
    """A right answer in another style passes: loops, recursion, whole arrays."""
    for student in STUDENTS[:3]:
        check_answer(SHEET, style[:2], OTHER_STYLES[style], student)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_wrong_answer_is_told_what_is_wrong(name: str) -> None:
    """The message of a lost question names the mistake, whatever the numbers."""
    assert SHEET is not None
    mistake = next(m for m in SHEET.listed() if m.name == name)
    for student in STUDENTS[:3]:
        with pytest.raises(AssertionError, match=MESSAGES[name]):
            check_answer(SHEET, mistake.cell, mistake.source, student)


def test_no_weight_of_the_goal_passes_for_everybody() -> None:
    """A β of question 3 that suits one student is too large or too small for others."""
    assert SHEET is not None
    spans = {student: scope_of(SHEET, student, "q3")["span"] for student in STUDENTS}
    small, *_, large = sorted(STUDENTS, key=lambda student: spans[student])
    assert spans[large] > 20 * spans[small]
    answer = OTHER_STYLES["q3, complex numbers"]
    for own, other, message in ((small, large, "small"), (large, small, "large")):
        copied = answer.replace("span", str(float(spans[own])))
        check_answer(SHEET, "q3", copied, own)
        with pytest.raises(AssertionError, match=f"β is too {message}"):
            check_answer(SHEET, "q3", copied, other)


def test_the_colleagues_labels_are_wrong_as_the_sheet_says() -> None:
    """Her lines are numbered; with H = 1 a few labels are too low and none is too high;
    with H = 5 many are too high.
    """
    assert SHEET is not None
    text = next(c.source for c in SHEET.notebook.cells if c.id == "q4-text")
    listing = text.split("```python\n")[1].split("```")[0]
    for number, line in enumerate(listing.splitlines(), start=1):
        assert line.split("# ")[1].split(":")[0] == str(number)
    scope = scope_of(SHEET, "ann", "q4")
    exec(listing, scope)
    colleague = scope["roll_out"]
    exec(cell_of(SHEET.notebook, "q4").source, scope)
    exec(cell_of(SHEET.notebook, "q4_test").source, scope)
    poses = np.random.default_rng(0).uniform((-5, -5, -3), (5, 5, 3), (60, 3))
    for H, low, high in ((1, (0.01, 0.1), (0, 0)), (5, (0, 0.1), (0.1, 0.7))):
        world = scope["way_to_screens"], scope["ahead"], H, 1.0
        apart = colleague(poses, *world) - scope["roll_out"](poses, *world)
        assert low[0] <= (apart < -1e-9).mean() <= low[1]
        assert high[0] <= (apart > 1e-9).mean() <= high[1]


def test_every_mistake_with_a_message_is_listed() -> None:
    """The mistakes named above are those of the sheet, at least five a question, and
    three styles of right answers a question are tried.
    """
    assert SHEET is not None
    cells = {m.name: m.cell for m in SHEET.mistakes()}
    assert set(MESSAGES) <= set(cells)
    for question in ("q1", "q2", "q3", "q4"):
        assert sum(cells[name] == question for name in MESSAGES) >= 5
        assert sum(style[:2] == question for style in OTHER_STYLES) >= 3

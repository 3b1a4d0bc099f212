"""The sheet *Inverse-dynamics transfer* with many students: right answers in another
style pass for all of them, and no guess passes for many.
"""

from itertools import permutations

import nbformat
import pytest

from lecture_code.exercises import QUICK_VARIABLE
from tests.exercises.conftest import BOOK_SHEETS, needs_book_sheets
from tools.grading.cells import grade_id

pytestmark = needs_book_sheets
STUDENTS = [f"student {number}" for number in range(24)]

OTHER_STYLES = {
    "q1": """
G = np.zeros((2, 3))
for column in range(3):
    e = np.eye(3)[column]
    miss = A @ e + B @ (K @ e) - A_robot @ e
    G[:, column] = np.linalg.solve(B_robot.T @ B_robot, B_robot.T @ miss)
action = G @ o
left = (A @ o + B @ (K @ o)) - (A_robot @ o + B_robot @ action)
grows = max(abs(x) for x in np.linalg.eigvals(A_robot + B_robot @ G))
""",
    "q2": """
def rows(o, a, k):
    x, y = [], []
    for episode in range(len(o)):
        for t in range(k - 1, a.shape[1]):
            back = [o[episode, t] - o[episode, t - i] for i in range(1, k)]
            said = [a[episode, t - i] for i in range(1, k)]
            x.append([o[episode, t], o[episode, t + 1] - o[episode, t], *back, *said])
            y.append(a[episode, t])
    return np.array(x), np.array(y)


smallest = {}
for name in o:
    smallest[name] = 0
    for k in (5, 4, 3, 2, 1):
        x, y = rows(o[name], a[name], k)
        x = np.c_[x, np.ones(len(x))]
        w = np.linalg.pinv(x) @ y
        if np.sqrt(np.mean((x @ w - y) ** 2)) < 1e-8:
            smallest[name] = k
""",
    "q3": """
def collect(robot, policy, episodes, steps):
    rows = []
    for _ in range(episodes):
        seen, said = [robot.start()], [0.0]
        for _ in range(steps):
            said.append(policy(seen[-1]))
            seen.append(robot.move(said[-1]))
        for t in range(steps):
            back = seen[t] - seen[max(t - 1, 0)]
            rows.append([seen[t], seen[t + 1] - seen[t], back, said[t], said[t + 1]])
    rows = np.array(rows)
    return rows[:, :4], rows[:, 4]
""",
    "q4": """
def simulate(sigma, c):
    rng = np.random.default_rng(0)
    before = sigma * rng.normal(size=1_000_000)
    now = c * before + np.sqrt(1 - c**2) * sigma * rng.normal(size=before.size)
    m = before + s * rng.normal(size=before.size) - s * rng.normal(size=before.size)
    f = np.mean(now * m) / np.mean(m * m)
    return f, np.std(now - f * m) / sigma


f, remains = simulate(sigma, c)
worth = [simulate(*pair)[1] <= 0.9 for pair in cases]
""",
}


@pytest.fixture(scope="module")
def cells():
    """Source of each named cell."""
    path = BOOK_SHEETS / "inverse_dynamics" / "sheet.ipynb"
    notebook = nbformat.read(path, as_version=4)
    return {grade_id(cell): cell.source for cell in notebook.cells}


def passes(cells, question, answer, student, monkeypatch):
    """Whether the answer passes the question's test for the student."""
    monkeypatch.setenv(QUICK_VARIABLE, "1")
    scope = {"STUDENT": student, "print": lambda *words: None}
    for source in (cells["setup"], cells.get(f"{question}_numbers", ""), answer):
        exec(source, scope)
    try:
        exec(cells[f"{question}_test"], scope)
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize("question", OTHER_STYLES)
def test_right_answers_pass_for_every_student(cells, question, monkeypatch):
    """The reference and a right answer in another style pass, whatever the numbers."""
    students = STUDENTS[:6] if question == "q4" else STUDENTS
    for student in students:
        for answer in (cells[question], OTHER_STYLES[question]):
            assert passes(cells, question, answer, student, monkeypatch), student


def test_no_guess_of_the_histories_passes_for_many(cells, monkeypatch):
    """Three guessed sizes of the history pass for few students, whatever the guess."""
    right = cells["q2"].split("### BEGIN SOLUTION\ndef error")[0]
    asked = []
    for student in STUDENTS:
        scope = {"STUDENT": student, "print": lambda *words: None}
        for name in ("setup", "q2_numbers", "q2"):
            exec(cells[name], scope)
        asked.append(tuple(scope["smallest"][robot] for robot in "ABC"))
    guesses = list(permutations([1, 2, 3, 4, 0], 3))
    assert set(asked) <= set(guesses)
    assert max(asked.count(guess) for guess in guesses) <= 3
    guess = "smallest = dict(zip('ABC', (2, 3, 4), strict=True))"
    passed = [
        passes(cells, "q2", f"{right}\n{guess}", student, monkeypatch)
        for student in STUDENTS
    ]
    assert sum(passed) == asked.count((2, 3, 4))

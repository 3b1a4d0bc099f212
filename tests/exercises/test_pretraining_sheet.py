"""The sheet *Pretraining without labels* with many students: right answers in other
styles pass for all of them, wrong ones are told what is wrong, and its answers agree
with the chapter.
"""

import numpy as np
import pytest
import torch

from lecture_code.observations.inverse_models import PokeBins, forward_loss
from lecture_code.observations.pushing import LENGTHS, Pokes
from lecture_code.observations.slowness import SlowFeatures
from tests.exercises.conftest import (
    BOOK_SHEETS,
    cell_of,
    check_answer,
    needs_book_sheets,
    scope_of,
)
from tools.grading.sheets import find_sheets

pytestmark = needs_book_sheets
SHEET = find_sheets(BOOK_SHEETS)["pretraining"] if BOOK_SHEETS.is_dir() else None
STUDENTS = [f"student {number}" for number in range(10)]
QUESTIONS = ("q1", "q2", "q3")

OTHER_STYLES = {
    "q1, the Cholesky factor in PyTorch": """
def slow(x, next_x, K):
    now = torch.tensor(x)
    centred = now - now.mean(dim=0)
    change = torch.tensor(next_x) - now
    B = centred.T @ centred / len(now)
    L = torch.linalg.cholesky(B)
    white = torch.linalg.solve_triangular(L, change.T, upper=False)
    turn = torch.linalg.eigh(white @ white.T / len(now))[1]
    W = torch.linalg.solve_triangular(L.T, turn, upper=True)
    return -(centred @ W[:, :K])
""",
    "q1, principal directions first": """
def slow(x, next_x, K):
    centred = x - x.mean(0)
    U, s, V = np.linalg.svd(centred, full_matrices=False)
    sphere = V.T / s * len(x) ** 0.5
    change = (next_x - x) @ sphere
    values, turn = np.linalg.eigh(np.einsum("ni,nj->ij", change, change))
    order = np.argsort(values)
    return (centred @ sphere @ turn)[:, order[:K]].tolist()
""",
    "q1, the inverse of B": """
from scipy.linalg import eig


def slow(x, next_x, K):
    centred = x - np.mean(x, axis=0)
    A = sum(np.outer(d, d) for d in next_x - x)
    B = sum(np.outer(c, c) for c in centred)
    values, W = eig(np.linalg.inv(B) @ A)
    y = centred @ W.real[:, np.argsort(values.real)][:, :K]
    return y / y.std(axis=0)
""",
    "q2, digitize and arctan2": """
def bins(angles, n):
    turn = np.arctan2(np.sin(angles), np.cos(angles)) % (2 * np.pi)
    return np.digitize(turn, 2 * np.pi * np.arange(1, n) / n)


def apart(j, k, n):
    way = 2 * np.pi * (np.asarray(j) - k) / n
    way = np.arccos(np.clip(np.cos(way), -1, 1)) * n / 2 / np.pi
    return np.rint(way).astype(int)
""",
    "q2, loops": """
def bins(angles, n):
    found = []
    for angle in angles:
        while angle < 0:
            angle += 2 * np.pi
        while angle >= 2 * np.pi:
            angle -= 2 * np.pi
        found.append(int(angle / (2 * np.pi / n)))
    return found


def apart(j, k, n):
    return [min(abs(a - b), n - abs(a - b)) for a, b in zip(j, k)]
""",
    "q3, the leak by autograd": """
there = torch.tensor(w, dtype=torch.float64, requires_grad=True)
kept = there.detach()
leak = torch.autograd.grad((kept * I + a * u - there * I_next) ** 2, there)[0]


def loss(w, a, I, u, I_next):
    target = w.detach() * I_next
    return torch.mean(torch.square(w * I + a * u - target))
""",
    "q3, the leak by differences": """
def hers(x_next):
    return (w * I + a * u - x_next) ** 2


step = 1e-5
leak = (hers((w + step) * I_next) - hers((w - step) * I_next)) / (2 * step)


def loss(w, a, I, u, I_next):
    rest = w * I + a * u - torch.tensor((w * I_next).tolist(), dtype=I.dtype)
    return rest @ rest / len(rest)
""",
}

WRONG = {
    "q1, the variance over N − 1": (
        """
def slow(x, next_x, K):
    centred = x - x.mean(axis=0)
    change = next_x - x
    return centred @ eigh(change.T @ change / len(x), np.cov(x.T))[1][:, :K]
""",
        "variance 1",
    ),
    "q1, both means are taken off": (
        """
def slow(x, next_x, K):
    centred = x - x.mean(axis=0)
    change = next_x - next_x.mean(axis=0) - centred
    B = centred.T @ centred / len(x)
    return centred @ eigh(change.T @ change / len(x), B)[1][:, :K]
""",
        "do not centre the change",
    ),
    "q1, np.diff of x": (
        """
def slow(x, next_x, K):
    centred = x - x.mean(axis=0)
    change = np.diff(x, axis=0)
    B = centred.T @ centred / len(x)
    return centred @ eigh(change.T @ change / len(x), B)[1][:, :K]
""",
        "subspace|eigenvalue",
    ),
    "q1, the fastest first": (
        """
def slow(x, next_x, K):
    centred = x - x.mean(axis=0)
    change = next_x - x
    B = centred.T @ centred / len(x)
    W = eigh(change.T @ change / len(x), B)[1][:, :K]
    return centred @ W[:, ::-1]
""",
        "the slowest feature comes first",
    ),
    "q2, fmod": (
        """
def bins(angles, n):
    return np.floor(np.fmod(angles, 2 * np.pi) / (2 * np.pi) * n).astype(int)


def apart(j, k, n):
    return np.minimum((j - k) % n, (k - j) % n)
""",
        "bins are from 0 to n − 1",
    ),
    "q2, the line again": (
        """
def bins(angles, n):
    return np.floor(angles % (2 * np.pi) / (2 * np.pi) * n).astype(int)


def apart(j, k, n):
    way = np.abs(j - k)
    return np.where(way == n - 1, 1, way)
""",
        "the shorter way around",
    ),
    "q3, the leak with I": (
        """
leak = -2 * (w * I + a * u - w * I_next) * I


def loss(w, a, I, u, I_next):
    return ((w * I + a * u - (w * I_next).detach()) ** 2).mean()
""",
        "leak: the derivative",
    ),
    "q3, w is cut twice": (
        """
leak = -2 * (w * I + a * u - w * I_next) * I_next


def loss(w, a, I, u, I_next):
    return ((w.detach() * I + a * u - w.detach() * I_next) ** 2).mean()
""",
        "w still learns by x",
    ),
}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("student", STUDENTS)
def test_the_reference_passes_for_every_student(student, question):
    """Learning's positive control: the reference is right whatever the numbers."""
    check_answer(SHEET, question, cell_of(SHEET.notebook, question).source, student)


@pytest.mark.parametrize("name", OTHER_STYLES)
def test_another_style_passes_for_every_student(name):
    """Invariance: a right answer in another style passes for all students."""
    for student in STUDENTS:
        check_answer(SHEET, name[:2], OTHER_STYLES[name], student)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_is_told_what_is_wrong(name):
    """Negative control: a wrong answer fails for all students, with a message."""
    answer, message = WRONG[name]
    for student in STUDENTS:
        with pytest.raises(AssertionError, match=message):
            check_answer(SHEET, name[:2], answer, student)


def test_two_students_have_different_numbers():
    """Independence: the leak of one student is not that of another."""
    leaks = set()
    for student in STUDENTS:
        scope = scope_of(SHEET, student, "q3")
        exec(cell_of(SHEET.notebook, "q3").source, scope)
        leaks.add(round(scope["leak"], 6))
    assert len(leaks) == len(STUDENTS)


def test_the_sheet_agrees_with_the_chapter():
    """Oracle: the reference's slow features are those of the chapter up to a sign, its
    bins are the chapter's, and its loss stops the gradient where the chapter's does.
    """
    scope = scope_of(SHEET, "ann", "q3")
    for question in QUESTIONS:
        exec(cell_of(SHEET.notebook, question).source, scope)
    rng = np.random.default_rng(0)
    x, next_x = rng.normal(size=(2, 200, 4)) @ rng.normal(size=(4, 4))
    ours = SlowFeatures.fit(x, next_x, 3)(x)
    theirs = scope["slow"](x, next_x, 3)
    np.testing.assert_allclose(np.abs((ours * theirs).mean(axis=0)), 1, rtol=1e-8)
    angles = rng.uniform(-9, 9, 200)
    pokes = Pokes(np.zeros((200, 2)), angles, np.full(200, LENGTHS[0]))
    assert np.array_equal(
        scope["bins"](angles, 24), PokeBins(angles=24).indices(pokes)[:, 1]
    )
    w = torch.tensor(0.7, requires_grad=True)
    one = torch.ones(3)
    scope["loss"](w, torch.tensor(0.2), one, one, 3 * one).backward()
    theirs = w.grad
    w.grad = None
    forward_loss(w * one + 0.2, 3 * w * one).backward()
    assert np.sign(theirs.item()) == np.sign(w.grad.item()) == -1

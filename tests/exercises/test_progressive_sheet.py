"""The sheet *Progressive nets* with many students: right answers in another style pass
for all of them, wrong ones are told what is wrong, and no guess passes for many.
"""

from itertools import permutations

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
SHEET = find_sheets(BOOK_SHEETS)["progressive_nets"] if BOOK_SHEETS.is_dir() else None
STUDENTS = [f"student {number}" for number in range(24)]
FEW = {"q2": 5}  # the numbers of a test that builds whole nets

OTHER_STYLES = {
    "q1": """
import torch.nn.functional as F


def f(x):
    return F.threshold(x, 0.0, 0.0)


def layer(own, old, W, b, laterals):
    parts = [F.linear(f(own), W, b)]
    for a, side in zip(old, laterals):
        h = f(a)
        parts.append(F.linear(f(F.linear(h, side[2] * side[1])), side[0]))
    return f(torch.stack(parts).sum(0))
""",
    "q2": """
def number(*shape):
    return int(np.prod(shape))


def count(old, new, image, windows, outputs, m):
    q, w = image, []
    for width, stride in windows:
        q = len(range(0, q - width + 1, stride))
        w.append(width)
    shapes = {
        "own": [(new[0], 3, w[0], w[0]), (new[1], new[0], w[1], w[1])],
        "bias": [new[0], new[1], new[2], outputs],
        "old": [(m, old[0]), (new[1], m, w[1], w[1]), (m, old[1])],
    }
    shapes["own"].append((new[2], new[1], q, q))
    shapes["old"].append((new[2], m, q, q))
    last, before = new[2], old[2]
    if new[3] > 0:
        for _ in ("input", "forget", "cell", "output"):
            shapes["own"] += [(new[3], new[2]), (new[3], new[3])]
            shapes["old"] += [(new[3], old[2]), (new[3], old[3])]
            shapes["bias"].append(new[3])
        last, before = new[3], old[3]
    shapes["own"].append((outputs, last))
    shapes["old"].append((outputs, before))
    weights = sum(number(*shape) for shape in shapes["own"] + shapes["old"])
    return float(weights + sum(shapes["bias"]))


def total(own, lateral, K):
    return sum(own + k * lateral for k in range(K))


few, many = total(1, 1, 10**4), total(1, 1, 10**5)
power = round(np.log10(many / few))
""",
    "q3": """
def second_head(W_old, b_old, n):
    U = torch.empty_like(W_old).copy_(W_old).requires_grad_()
    W = torch.nn.Parameter(W_old.new_zeros((W_old.shape[0], n)))
    return U, W, torch.nn.Parameter(b_old * 1.0)


moves, again = {}, student_rng(STUDENT, "q3")
for letter, start in zip("ABC", again.permutation(STARTS)):
    kind = "small" in start, "never" not in start
    parts = ["W_out", "b_out"]
    if kind[0]:
        parts += ["W_1", "W_2", "U_2"]
    if kind[1]:
        parts += ["U_out"]
    moves[letter] = tuple(parts)
step_W_1 = np.int64(2)
for why, reason in enumerate(again.permutation(REASONS), start=1):
    if "W_out is zero" in reason:
        break
""",
    "q4": """
after = torch.tensor(w)
for _ in range(steps):
    after = after * (1 - rate * decay) - rate * g


def train_beside(old, new, batches, probe, rate, decay):
    old.zero_grad()
    with torch.no_grad():
        features = old(probe).clone()
    sgd = torch.optim.SGD(list(new.parameters()), lr=rate, weight_decay=decay)
    for x, y in batches:
        with torch.no_grad():
            h = old(x)
        error = new(torch.cat([x, h], dim=-1)) - y
        sgd.zero_grad()
        (error**2).mean().backward()
        sgd.step()
    with torch.no_grad():
        return (old(probe) - features).abs().max().item()
""",
}

MESSAGES = {
    "laterals are added after f": "added before the last f",
    "laterals are taken before f": "what stands inside which f",
    "α outside the adapter's f": "α is negative here",
    "only the latest old column": "two old columns",
    "α as a number, which has no gradient": "no gradient reaches α",
    "f works in place": "relu_ or .= work in place",
    "laterals with a bias": r"your count differs by \+40",
    "the channels of the new column instead of those of the adapter": "another m",
    "maps of six by six, whatever the image": "how wide are the maps",
    "LSTM and dense layer are equally wide": "LSTM of different widths",
    "every column has laterals from every column, itself included": "a single column",
    "laterals from the latest old column alone": "3 columns have 3 pairs",
    "the old bias is forgotten": "begins with another policy",
    "the copy shares its numbers with the old column": "they share numbers",
    "everything that learns moves at once": "Does the part learn",
    "one layer a step": "still zero after the first step",
    "the frozen column stops the gradient": "which factor between the loss and W_1",
    "an honest measurement of a column that still learns": "optimiser change",
    "a frozen column that is compared with itself": "with what do you compare",
    "a shallow copy, which shares its weights": "with what do you compare",
    "no gradient is not a gradient of zero": "a weight of the old column has changed",
    "the old column is put back at the end": "beside an old column that stands still",
    "mended, but without an explanation": "which g does the old weight hold",
}


@pytest.mark.parametrize("question", OTHER_STYLES)
def test_right_answers_pass_for_every_student(question: str) -> None:
    """The reference and a right answer in another style pass, whatever the numbers."""
    assert SHEET is not None
    reference = cell_of(SHEET.notebook, question).source
    for student in STUDENTS[: FEW.get(question)]:
        for answer in (reference, OTHER_STYLES[question]):
            check_answer(SHEET, question, answer, student)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_wrong_answer_is_told_what_is_wrong(name: str) -> None:
    """The message of a lost question names the mistake, whatever the numbers."""
    assert SHEET is not None
    mistake = next(m for m in SHEET.listed() if m.name == name)
    for student in STUDENTS[:3]:
        with pytest.raises(AssertionError, match=MESSAGES[name]):
            check_answer(SHEET, mistake.cell, mistake.source, student)


def test_no_guess_of_the_first_step_passes_for_many() -> None:
    """A neighbour's letters and numbers for question 3 pass for few students."""
    assert SHEET is not None
    reference = cell_of(SHEET.notebook, "q3").source
    right = []
    for student in STUDENTS:
        scope = scope_of(SHEET, student, "q3")
        exec(reference, scope)
        sets = [frozenset(scope["moves"][letter]) for letter in "ABC"]
        right.append((*sets, int(scope["why"])))
    guesses = [
        (*order, why) for order in permutations(right[0][:3]) for why in range(1, 5)
    ]
    assert set(right) <= set(guesses)
    assert len(set(right)) > 10
    assert max(right.count(guess) for guess in guesses) <= 4


def test_every_mistake_with_a_message_is_listed() -> None:
    """The mistakes named above are those of the sheet, at least four a question."""
    assert SHEET is not None
    cells = {m.name: m.cell for m in SHEET.mistakes()}
    assert set(MESSAGES) <= set(cells)
    for question in OTHER_STYLES:
        assert sum(cells[name] == question for name in MESSAGES) >= 4

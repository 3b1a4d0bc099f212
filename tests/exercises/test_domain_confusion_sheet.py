"""The sheet *Domain confusion* with many students: right answers in other styles pass
for all of them, wrong ones are told what is wrong, and her curve looks right.
"""

import numpy as np
import pytest
import torch

from tests.exercises.conftest import (
    BOOK_SHEETS,
    cell_of,
    check_answer,
    needs_book_sheets,
    scope_of,
)
from tools.grading.sheets import find_sheets

pytestmark = needs_book_sheets
SHEET = find_sheets(BOOK_SHEETS)["domain_confusion"] if BOOK_SHEETS.is_dir() else None
STUDENTS = [f"student {number}" for number in range(10)]

OTHER_STYLES = {
    "q1, loops": """
from math import exp, log


def confusion(logits, counts):
    total = sum(counts)
    gradient, loss = [], 0.0
    for row in logits.tolist():
        top = max(row)
        whole = top + log(sum(exp(z - top) for z in row))
        p = [n / total for n in counts]
        loss += sum(share * (whole - z) for share, z in zip(p, row)) / len(logits)
        slopes = [exp(z - whole) - share for share, z in zip(p, row)]
        gradient.append([slope / len(logits) for slope in slopes])
    return loss, gradient


def least(counts):
    total = sum(counts)
    return sum(-n / total * log(n / total) for n in counts if n)
""",
    "q1, SciPy": """
from scipy.special import entr, log_softmax, softmax


def confusion(logits, counts):
    p = np.array(counts) / sum(counts)
    loss = -np.einsum("nd,d->", log_softmax(logits, axis=1), p) / len(logits)
    return loss, (softmax(logits, axis=1) - p) / logits.shape[0]


def least(counts):
    return entr(np.divide(counts, sum(counts))).sum()
""",
    "q1, log of the sum less the mean logit": """
def confusion(logits, counts):
    p = np.divide(counts, np.sum(counts))
    whole = np.logaddexp.reduce(logits, axis=1)
    loss = np.mean(whole - logits @ p)
    return loss, (np.exp(logits - whole[:, None]) - p) / len(whole)


def least(counts):
    n = np.asarray(counts)[np.asarray(counts) > 0].astype(float)
    return np.log(n.sum()) - np.average(np.log(n), weights=n)
""",
    "q2, loops": """
def mine(source, target):
    channels = [
        c for c in range(source.shape[1])
        if np.ptp(source[:, c]) > 0 and np.ptp(target[:, c]) > 0
    ]

    def scaled(x):
        x = x[:, channels]
        return (x - np.mean(x, axis=0)) / np.sqrt(np.var(x, axis=0))

    first, second = scaled(source), scaled(target)
    back = [int(((second - row) ** 2).sum(1).argmin()) for row in first]
    pairs = []
    for j in reversed(range(len(second))):
        i = int(((first - second[j]) ** 2).sum(1).argmin())
        if back[i] == j:
            pairs.append([i, j])
    return pairs
""",
    "q2, where both minima meet": """
def mine(source, target):
    keep = np.ptp(source, axis=0) * np.ptp(target, axis=0) > 0
    z = [
        np.divide(x - x.mean(0), x.std(0), out=np.zeros_like(x), where=keep)
        for x in (source.astype(float), target.astype(float))
    ]
    table = np.linalg.norm(z[0][:, None] - z[1][None], axis=-1)
    rows, columns = (np.zeros(table.shape, dtype=bool) for _ in range(2))
    rows[np.arange(len(source)), table.argmin(1)] = True
    columns[table.argmin(0), np.arange(len(target))] = True
    return np.argwhere(rows & columns)
""",
    "q2, SciPy": """
from scipy.spatial.distance import cdist
from scipy.stats import zscore


def mine(source, target):
    varies = np.minimum(source.std(0), target.std(0)) > 1e-9
    table = cdist(zscore(source[:, varies]), zscore(target[:, varies]))
    best = table.argmin(axis=1)
    i = np.arange(len(source))
    good = table.argmin(axis=0)[best] == i
    return np.stack([i[good], best[good]], axis=1)
""",
    "q3, one class after the other": """
def forced(p_S, p_T, error_S):
    lost = 0.0
    for before, after in zip(p_S, p_T):
        lost += before - after if after < before else 0.0
    return lost - error_S if lost > error_S else 0.0


def shift(p_S, x, floor):
    p_T = [float(p) for p in p_S]
    rarest = p_T.index(min(p_T))
    left = x
    for k in range(len(p_T)):
        if k != rarest:
            taken = min(left, p_T[k] - floor)
            p_T[k], p_T[rarest] = p_T[k] - taken, p_T[rarest] + taken
            left -= taken
    return p_T


on_line = 1.0
for k in range(3):
    low = max(p_S[:k].sum(), p_T[:k].sum())
    high = min(p_S[: k + 1].sum(), p_T[: k + 1].sum())
    on_line -= max(high - low, 0)
""",
    "q3, what stays, and drawn features": """
def forced(p_S, p_T, error_S):
    return np.clip(1 - np.minimum(p_S, p_T).sum() - error_S, 0, None)


def shift(p_S, x, floor):
    most = np.full(len(p_S), floor)
    most[np.argmin(p_S)] += 1 - floor * len(p_S)
    weight = x / forced(p_S, most, 0)
    return (1 - weight) * np.asarray(p_S) + weight * most


rng = np.random.default_rng(0)
of_source = np.sort(rng.choice(3, 400_000, p=p_S))
of_target = np.sort(rng.choice(3, 400_000, p=p_T))
on_line = np.mean(of_source != of_target)
""",
    "q3, all that is possible": """
def forced(p_S, p_T, error_S):
    apart = np.linalg.norm(np.array(p_S) - np.array(p_T), ord=1) / 2
    return float(max(apart, error_S) - error_S)


def shift(p_S, x, floor):
    return [
        1 - floor * (len(p_S) - 1) if k == np.argmin(p_S) else floor
        for k in range(len(p_S))
    ]


moved_ends = np.abs(np.cumsum(p_S) - np.cumsum(p_T))
on_line = moved_ends.sum()
""",
    "q4, features once more": """
lines = (7, 8)
z = torch.tensor(w * f + b)
push = float((torch.softmax(z, 0) - 0.5) @ torch.tensor(w))
leak = f * (1 / (1 + np.exp(-float(z[0] - z[1]))) - 0.5)


def step(features, head, D, x_S, y_S, x_T, lam, rate):
    x = torch.cat([x_S, x_T])
    domains = (torch.arange(len(x)) >= len(x_S)).long()
    with torch.no_grad():
        seen = features(x)
    descend([D], cross_entropy(D(seen), domains), rate)
    f = features(x)
    L_task = (head(f[: len(x_S)]) - y_S).pow(2).mean()
    L_conf = -0.5 * log_softmax(D(f), dim=1).sum(dim=1).mean()
    descend([features, head], L_task + lam * L_conf, rate)
    return L_task.item(), L_conf.item()
""",
    "q4, backward and no optimiser": """
lines = np.array([8, 7])
q = np.exp(w * f + b - np.logaddexp(*(w * f + b)))
push, leak = np.dot(q - 0.5, w), (q[0] - 0.5) * f


def step(features, head, D, x_S, y_S, x_T, lam, rate):
    def down(modules, loss):
        for module in (features, head, D):
            module.zero_grad()
        loss.backward()
        with torch.no_grad():
            for module in modules:
                for weight in module.parameters():
                    weight.sub_(weight.grad, alpha=rate)

    f = features(torch.cat([x_S, x_T]))
    domains = torch.tensor([0] * len(x_S) + [1] * len(x_T))
    down([D], cross_entropy(D(f.detach()), domains))
    L_task = ((head(f[: len(x_S)]) - y_S) ** 2).mean()
    L_conf = -log_softmax(D(f), dim=1).mean()
    down([features, head], L_task + lam * L_conf)
    return L_task.item(), L_conf.item()
""",
    "q4, a copy of D that nobody moves": """
from copy import deepcopy

lines = {7, 8}
slopes = torch.softmax(torch.tensor(w * f + b), 0).numpy() - 1 / 2
push = sum(slope * weight for slope, weight in zip(slopes, w))
leak = slopes[0] * f


def step(features, head, D, x_S, y_S, x_T, lam, rate):
    f_S, f_T = features(x_S), features(x_T)
    logits = torch.cat([D(f_S.detach()), D(f_T.detach())])
    domains = torch.tensor([0] * len(x_S) + [1] * len(x_T))
    descend([D], cross_entropy(logits, domains), rate)
    judge = deepcopy(D)
    L_task = torch.nn.functional.mse_loss(head(f_S), y_S)
    L_conf = -log_softmax(judge(torch.cat([f_S, f_T])), dim=1).mean()
    descend([features, head, judge], L_task + lam * L_conf, rate)
    return L_task.item(), L_conf.item()
""",
}

MESSAGES = {
    "the uniform target of the chapter": "the example gives the gradient",
    "counts in place of shares": "the example gives L = 0.693",
    "the sum over images": "a mean over images, not their sum",
    "the gradient of the sum over images": "differs from finite differences",
    "softmax first, log afterwards": "is not stable",
    "one shift for all images": "each image needs its own shift",
    "a small number inside the log": "still has a logarithm",
    "the logits are shifted in place": "were changed",
    "least is log D": "least: with q = p",
    "least without care for empty domains": "adds nothing to the sum",
    "each target image takes its nearest, as in the chapter": "take each other",
    "activations as they are": "standardised on their own",
    "the deviation of a sample": "divides by N, not by N − 1",
    "one spread for all channels": "its own brightness and contrast",
    "a constant channel becomes 0 and stays in": "left out in both",
    "only the source's constant channels are left out": "left out in both",
    "the last of equally near images": "the smallest number is taken",
    "all equally near images": "the smallest number is taken",
    "one to one with the smallest sum": "only if both take each other",
    "the whole sum of differences": "gives 0.3, yours 0.600",
    "the largest difference": "half of the sum of all differences",
    "the error in the source does not count": "gives 0.2, yours 0.300",
    "an error below zero": "never negative",
    "the largest class gains": "Which class should gain",
    "only the largest class loses": "how much can each class lose",
    "the floor is forgotten": "smaller than the floor",
    "the bound in place of the error on the line": "has moved along the line",
    "the sum of all differences on the line": "has moved along the line",
    "only the cut is mended": "confusion moves θ_D",
    "only the leak is mended": "does not reach θ_repr",
    "D never learns": "D does not learn at all",
    "L_D moves the features, too": "down no other loss",
    "the head is confused, too": "confusion moves θ_φ",
    "confusion with the D before its step": "the D that has just learnt",
    "confusion for source images only": "of all images",
    "the cut alone, and a right line": "does L_conf move θ_D",
    "the lines of D's own step": "is the way to θ_repr cut",
    "push through one logit only": "two products are added",
    "leak without the feature": "grows by f",
}


@pytest.mark.parametrize("question", ["q1", "q2", "q3", "q4"])
def test_the_reference_passes_for_every_student(question: str) -> None:
    """The reference passes, whatever the numbers."""
    assert SHEET is not None
    for student in STUDENTS:
        check_answer(SHEET, question, cell_of(SHEET.notebook, question).source, student)


@pytest.mark.parametrize("style", OTHER_STYLES)
def test_right_answers_in_other_styles_pass(style: str) -> None:
    """A right answer in another style passes: loops, whole arrays, other libraries."""
    for student in STUDENTS[:3]:
        check_answer(SHEET, style[:2], OTHER_STYLES[style], student)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_wrong_answer_is_told_what_is_wrong(name: str) -> None:
    """The message of a lost question names the mistake, whatever the numbers."""
    assert SHEET is not None
    mistake = next(m for m in SHEET.listed() if m.name == name)
    students = STUDENTS if name == "the deviation of a sample" else STUDENTS[:3]
    for student in students:
        with pytest.raises(AssertionError, match=MESSAGES[name]):
            check_answer(SHEET, mistake.cell, mistake.source, student)


def test_pairs_that_both_sides_agree_on_are_much_closer() -> None:
    """In the sheet's own activations many target images take the same source image, and
    the hooks of mutual pairs are at most a third as far apart.
    """
    assert SHEET is not None
    for student in STUDENTS[:4]:
        scope = scope_of(SHEET, student, "q2")
        exec(cell_of(SHEET.notebook, "q2").source, scope)
        i, j = scope["mine"](scope["source"], scope["target"]).T
        offset = scope["source_hooks"][i] - scope["target_hooks"][j]
        assert len(j) >= 40
        assert np.linalg.norm(offset, axis=1).mean() < scope["apart"] / 3
        assert len(set(scope["taken"])) < 0.7 * len(scope["target"])


def test_no_copied_number_passes_for_everybody() -> None:
    """The errors on the line and the slopes of one student are wrong for another."""
    assert SHEET is not None
    seen = []
    for student in STUDENTS[:2]:
        names = {}
        for question in ("q3", "q4"):
            scope = scope_of(SHEET, student, question)
            exec(cell_of(SHEET.notebook, question).source, scope)
            names.update(scope)
        seen.append(names)
    for question, name in (("q3", "on_line"), ("q4", "push"), ("q4", "leak")):
        answer = cell_of(SHEET.notebook, question).source
        answer += f"\n{name} = {float(seen[0][name])}\n"
        with pytest.raises(AssertionError, match=name):
            check_answer(SHEET, question, answer, STUDENTS[1])


def test_the_colleagues_confusion_falls_to_log_2_and_does_nothing() -> None:
    """Her lines are numbered; in her step L_conf comes near to log 2, but features and
    head are, to the last bit, those of λ = 0; only D is another one.
    """
    assert SHEET is not None
    text = next(c.source for c in SHEET.notebook.cells if c.id == "q4-text")
    listing = text.split("```python\n")[1].split("```")[0]
    for number, line in enumerate(listing.splitlines(), start=1):
        assert line.split("# ")[-1] == str(number)
    scope = scope_of(SHEET, "ann", "q4")
    exec(cell_of(SHEET.notebook, "q4").source, scope)
    exec(cell_of(SHEET.notebook, "q4_test").source, scope)
    exec(listing, scope)
    hashes, losses = [], []
    for lam in (0.0, 10.0):
        parts, batch = scope["three_parts"](seed=0)
        for _ in range(100):
            _, confusion = scope["step"](*parts, *batch, lam, 0.1)
        hashes.append([scope["fingerprint"](part) for part in parts])
        losses.append(confusion)
    assert hashes[0][:2] == hashes[1][:2]
    assert hashes[0][2] != hashes[1][2]
    assert losses[1] == pytest.approx(np.log(2), abs=0.02) and losses[0] > 0.75
    assert torch.get_num_threads() == 1


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

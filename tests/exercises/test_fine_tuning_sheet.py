"""The sheet *Fine-tuning* with many students: right answers in other styles pass for
all of them, wrong ones are told what is wrong, and its answers agree with the chapter.
"""

import numpy as np
import pytest
import torch

from lecture_code.observations.fine_tuning import FineTuningSettings, rates_at
from lecture_code.observations.layered_network import LayeredNetwork, five_layers
from lecture_code.observations.penalties import EWC, copied_parameters, expected_fisher
from tests.exercises.conftest import (
    BOOK_SHEETS,
    cell_of,
    check_answer,
    needs_book_sheets,
    scope_of,
)
from tools.grading.sheets import find_sheets

pytestmark = needs_book_sheets
SHEET = find_sheets(BOOK_SHEETS)["fine_tuning"] if BOOK_SHEETS.is_dir() else None
STUDENTS = [f"student {number}" for number in range(10)]
QUESTIONS = ("q1", "q2", "q3", "q4", "q5")

OTHER_STYLES = {
    "q1, groups by rate": """
def groups(layers, k, rate, decay):
    with_parameters = [m for m in layers if sum(1 for _ in m.parameters())]
    if k < 0 or k > len(with_parameters):
        raise ValueError(f"k = {k}, layers: {len(with_parameters)}")
    for module in layers:
        module.requires_grad_(False)
    seen, found = [], []
    for place, module in enumerate(with_parameters):
        depth = len(with_parameters) - 1 - place
        mine = []
        for w in module.parameters():
            if all(w is not other for other in seen):
                seen.append(w)
                mine.append(w)
        if depth < k:
            for w in mine:
                w.requires_grad = True
            found.append(dict(params=mine, lr=rate * decay**depth))
    return found
""",
    "q1, one parameter a group, rates multiplied": """
def groups(layers, k, rate, decay):
    chain = [list(m.parameters()) for m in layers]
    chain = [parameters for parameters in chain if parameters]
    if not (0 <= k and k <= len(chain)):
        raise ValueError("no such number of layers")
    rates = {}
    for number, parameters in enumerate(chain[::-1]):
        for w in parameters:
            rates[w] = rate if number < k else None
        rate = rate * decay
    for w, own in rates.items():
        w.requires_grad_(own is not None)
    return tuple(
        {"params": (w,), "lr": torch.tensor(own, dtype=torch.float64)}
        for w, own in rates.items()
        if own is not None
    )
""",
    "q1, frozen first, then a look at what is above": """
def groups(layers, k, rate, decay):
    counted = list(filter(lambda m: next(m.parameters(), None) is not None, layers))
    if k not in range(len(counted) + 1):
        raise ValueError(k)
    cut = len(counted) - k
    below = {id(w) for m in counted[:cut] for w in m.parameters()}
    result = []
    for depth, m in zip(range(k - 1, -1, -1), counted[cut:]):
        taken = [w for w in m.parameters() if id(w) not in below]
        below |= {id(w) for w in taken}
        result += [{"params": taken, "lr": rate * decay**depth}] if taken else []
    learning = {id(w) for group in result for w in group["params"]}
    for w in (w for m in layers for w in m.parameters()):
        w.requires_grad_(id(w) in learning)
    return result
""",
    "q2, all draws at once": """
def drawn(W, b, X, y, draws, rng):
    p = probabilities(W, b, X)
    counts = rng.multinomial(draws, p) / draws  # how often each label was drawn
    squares = counts * (1 - p) ** 2 + (1 - counts) * p**2
    return np.einsum("nc,nj->cj", squares, X**2) / len(X), squares.mean(0)


def exact(W, b, X):
    p = probabilities(W, b, X)
    squares = p - p**2
    return np.mean(squares[:, :, None] * X[:, None] ** 2, axis=0), np.mean(squares, 0)


ratio = 1 / (1 / p - 1)
""",
    "q2, derivatives of PyTorch": """
def squares(W, b, x, label):
    parts = torch.tensor(W, requires_grad=True), torch.tensor(b, requires_grad=True)
    logits = parts[0] @ torch.tensor(x) + parts[1]
    loss = cross_entropy(logits[None], torch.tensor([label]))
    return [g.numpy() ** 2 for g in torch.autograd.grad(loss, parts)]


def drawn(W, b, X, y, draws, rng):
    p = probabilities(W, b, X)
    F = [np.zeros(W.shape), np.zeros(b.shape)]
    for x, row in zip(X, p):
        labels, counts = np.unique(
            rng.choice(len(row), draws, p=row), return_counts=True
        )
        for label, count in zip(labels.tolist(), counts):
            for total, part in zip(F, squares(W, b, x, label)):
                total += part * count / draws / len(X)
    return F


def exact(W, b, X):
    p = probabilities(W, b, X)
    F = [np.zeros(W.shape), np.zeros(b.shape)]
    for x, row in zip(X, p):
        for label, share in enumerate(row):
            for total, part in zip(F, squares(W, b, x, label)):
                total += share * part / len(X)
    return F


ratio = (p * (1 - p) ** 2 + (1 - p) * p**2) / (1 - p) ** 2
""",
    "q2, the largest of logits with Gumbel noise": """
def drawn(W, b, X, y, draws, rng):
    many = np.tile(X, (draws, 1))
    q = probabilities(W, b, many)
    noise = rng.gumbel(size=q.shape)
    labels = (many @ W.T + b + noise).argmax(axis=1)
    slopes = (labels[:, None] == np.arange(len(b))) - q
    return (slopes**2).T @ many**2 / len(many), (slopes**2).mean(axis=0)


def exact(W, b, X):
    q = probabilities(W, b, X)
    F_b = sum(row * (1 - row) for row in q) / len(q)
    F_W = sum(np.outer(row * (1 - row), x * x) for row, x in zip(q, X)) / len(q)
    return F_W, F_b


ratio = np.divide(p, 1 - p)
""",
    "q3, PyTorch for the gradient": """
def penalty(theta, anchors, fishers, lam):
    there = torch.tensor(theta, dtype=torch.float64, requires_grad=True)
    ways = there - torch.tensor(anchors, dtype=torch.float64)
    value = lam / 2 * (torch.tensor(fishers) * ways.pow(2)).sum()
    value.backward()
    return value.item(), there.grad.numpy()


def merged(anchors, fishers):
    whole = np.add.reduce(fishers)
    weights = fishers / np.where(whole, whole, 1)
    weights[-1] += whole == 0
    return np.einsum("sp,sp->p", weights, anchors), whole


strengths = np.logspace(-3, 4, 2_000_001)
growth = 0
for i in range(6):
    left = h[i] / (h[i] + strengths * fisher[i])
    growth = growth + fisher[i] * (left * (best[i] - start[i])) ** 2 / 2
lam = strengths[np.abs(growth - budget).argmin()]
""",
    "q3, gradient descent and halves of an interval": """
def penalty(theta, anchors, fishers, lam):
    total, slopes = 0, np.zeros_like(theta)
    for s in range(len(anchors)):
        for i in range(len(theta)):
            total += fishers[s, i] * (theta[i] - anchors[s, i]) ** 2
            slopes[i] += lam * fishers[s, i] * (theta[i] - anchors[s, i])
    return 0.5 * lam * total, slopes


def merged(anchors, fishers):
    F, anchor = fishers[0].copy(), anchors[0].copy()
    for a, f in zip(anchors[1:], fishers[1:]):
        both = F + f
        for i in range(len(F)):
            if both[i] > 0:
                anchor[i] = (F[i] * anchor[i] + f[i] * a[i]) / both[i]
            else:
                anchor[i] = a[i]
        F = both
    return anchor, F


def too_weak(lam):
    theta = best.copy()
    for _ in range(4000):
        slope = h * (theta - best) + lam * fisher * (theta - start)
        theta = theta - slope / (h.max() + lam * fisher.max())
    return penalty(theta, start[None], fisher[None], 1)[0] > budget


low, high = 1e-3, 1e3
for _ in range(40):
    middle = np.sqrt(low * high)
    if too_weak(middle):
        low = middle
    else:
        high = middle
lam = low
""",
    "q3, SciPy": """
from scipy.optimize import root_scalar


def penalty(theta, anchors, fishers, lam):
    ways = np.subtract(theta, anchors)
    forces = lam * fishers * ways
    return np.vdot(forces, ways) / 2, forces.sum(0)


def merged(anchors, fishers):
    F = fishers.sum(0)
    anchor = anchors[-1].copy()
    some = F != 0
    anchor[some] = (fishers * anchors).sum(0)[some] / F[some]
    return anchor, F


def excess(lam):
    theta = np.linalg.solve(np.diag(h + lam * fisher), h * best + lam * fisher * start)
    return np.sum(fisher / 2 * (theta - start) ** 2) - budget


lam = root_scalar(excess, bracket=(0, 1e5)).root
""",
    "q4, features computed without gradients": """
line = int("6")
glide = -eta * v * mu * (1 - mu**T) / (1 - mu)
drift = 0.9**T * (r - m) + m - r


def go_on(features, head, optimiser, batches):
    features.eval()
    for w in features.parameters():
        w.requires_grad, w.grad = False, None
    head.train()

    def one(x, y):
        loss = cross_entropy(head(features(x).detach()), y)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        return loss.item()

    return [one(x, y) for x, y in batches]
""",
    "q4, a new optimiser that gets the velocities": """
line = 6.0
places = [0.0]
speed = v
for _ in range(T):
    speed = mu * speed
    places.append(places[-1] - eta * speed)
glide = places[-1]
mean = r
for _ in range(T):
    mean = 0.9 * mean + 0.1 * m
drift = mean - r


def go_on(features, head, optimiser, batches):
    group = optimiser.param_groups[0]
    only = torch.optim.SGD(
        head.parameters(), lr=group["lr"], momentum=group["momentum"]
    )
    for w in head.parameters():
        velocity = optimiser.state[w]["momentum_buffer"]
        only.state[w]["momentum_buffer"] = velocity.clone()
    losses = []
    for x, y in batches:
        with torch.no_grad():
            seen = features.eval()(x)
        only.zero_grad()
        loss = cross_entropy(head.train()(seen), y)
        loss.backward()
        only.step()
        losses.append(loss.item())
    return np.array(losses)
""",
    "q4, a frozen copy of the features sees the batches": """
from copy import deepcopy

line = 6
glide = sum(-eta * v * mu**t for t in range(1, T + 1))
drift = 0.1 * (m - r) * sum(0.9**t for t in range(T))


def go_on(features, head, optimiser, batches):
    calm = deepcopy(features).requires_grad_(False).eval()
    optimiser.zero_grad()
    losses = []
    for x, y in batches:
        loss = cross_entropy(head.train()(calm(x)), y)
        for w in head.parameters():
            w.grad = None
        loss.backward()
        optimiser.step()
        losses.append(loss.detach())
    return losses
""",
    "q5, loops": """
def choose(tables, budget):
    target, source = tables["target_val"], tables["source_val"]
    seeds, layers, checkpoints = target.shape
    best, pair = None, None
    for k in range(layers):
        for t in range(checkpoints):
            F = sum(source[s, k, 0] - source[s, k, t] for s in range(seeds)) / seeds
            mean = sum(target[s, k, t] for s in range(seeds)) / seeds
            if F <= budget and (best is None or mean > best):
                best, pair = mean, [k + 1, t]
    return pair


def report(tables, pair):
    k, t = pair[0] - 1, pair[1]
    source = tables["source_test"]
    return [
        np.mean([run[k, t] for run in tables["target_test"]]),
        np.mean([run[k, 0] - run[k, t] for run in source]),
    ]


every = [report(tables, (k, t))[0] for k in range(1, 6) for t in range(7)]
optimism = max(every) - report(tables, choose(tables, 1))[0]
""",
    "q5, a masked array": """
def choose(tables, budget):
    means = {name: table.mean(0) for name, table in tables.items()}
    forgotten = means["source_val"][:, [0]] - means["source_val"]
    good = np.ma.masked_array(means["target_val"], forgotten > budget)
    place = np.ma.argmax(good)
    return 1 + place // good.shape[1], place % good.shape[1]


def report(tables, pair):
    target, source = (
        tables[name].mean(axis=0)[pair[0] - 1]
        for name in ("target_test", "source_test")
    )
    return target[pair[1]], source[0] - source[pair[1]]


swapped = {
    "target_val": tables["target_test"],
    "source_val": tables["source_test"],
}
dishonest = choose(swapped, 1)
optimism = (
    tables["target_test"][:, dishonest[0] - 1, dishonest[1]].mean()
    - report(tables, choose(tables, 1))[0]
)
""",
    "q5, sorted pairs": """
def choose(tables, budget):
    target, source = tables["target_val"], tables["source_val"]
    pairs = [(k, t) for k in range(target.shape[1]) for t in range(target.shape[2])]
    pairs = [
        (k, t)
        for k, t in pairs
        if np.mean(source[:, k, 0]) - np.mean(source[:, k, t]) <= budget
    ]
    k, t = sorted(pairs, key=lambda pair: -target[:, pair[0], pair[1]].mean())[0]
    return k + 1, t


def report(tables, pair):
    k, t = pair[0] - 1, pair[1]
    F = tables["source_test"][:, k, 0] - tables["source_test"][:, k, t]
    return tables["target_test"][:, k, t].mean(), F.mean()


honest = report(tables, choose(tables, 1))[0]
optimism = float(np.max(np.mean(tables["target_test"], axis=0)) - honest)
""",
}

REPORT = "of the same seed and the same k minus this checkpoint"
MESSAGES = {
    "layers without parameters count": "a ReLU does not count",
    "only dense layers have parameters": "blocks with a normalisation have parameters",
    "the first k layers learn": "gives the rates 0, 0.05 and 0.1",
    "lower layers learn faster": "gives the rates 0, 0.05 and 0.1",
    "the rate falls from the inputs to the head": "gives the rates 0, 0.05 and 0.1",
    "the lowest layer that learns has the full rate": "gives the rates 0, 0.05 and 0.1",
    "one rate for all": "gives the rates 0, 0.05 and 0.1",
    "frozen layers are in a group with the rate 0": "should be frozen: in no group",
    "no flag is set": "has requires_grad = True",
    "flags are only taken away": "all flags were False before the call",
    "a frozen parameter by its flag, as it was found": "should learn|has requires_grad",
    "k = 0 gives all layers": "with k = 0 nothing learns",
    "a shared tensor is in two groups": "is in two groups",
    "a shared tensor belongs to the upper layer": "two layers share a tensor",
    "equal tensors are taken for the same tensor": "not the same tensor",
    "a layer whose tensors are all shared does not count": "it still counts",
    "too many layers are accepted": "raise a ValueError",
    "a negative number of layers is accepted": "k = -1",
    "labels of the data": "always the label of the data",
    "the most probable label": "not only its most probable label",
    "all labels equally often": "answers label 0 with the probability 0.7",
    "one draw is used again": "each draw is a new label",
    "one random number for all inputs": "each input has a draw of its own",
    "the square of the mean derivative": "square first, then take the mean",
    "the square of the mean over an input's draws": "square first, then take the mean",
    "the sum over inputs": "a mean over inputs, and not their sum",
    "the sum over inputs, exact": "It is a mean over inputs",
    "the sum over draws": "drawn: in the example F of each bias is 0.25",
    "the input is not squared": "the input 2 is squared, too",
    "F of a single label, (1 − p)²": "each label counts as often",
    "all labels count the same in exact": "as often as the network answers it",
    "drawn returns the exact value": "is the squared derivative of log p",
    "a generator of its own": "draw from rng only",
    "ratio upside down": "above stands the mean",
    "ratio with the label itself only": "above stands the mean",
    "the half is forgotten": "gives the penalty 4.5, yours 9.000",
    "a gradient that is twice as large": "gives the gradient 3, yours 6.000",
    "the gradient without λ": "λ times F times the way",
    "the penalty without λ": "λ/2 times the sum",
    "the gradient points the other way": "gives the gradient 3, yours -3",
    "the last source only": "gives the penalty 4.5",
    "one slope for all parameters": "the gradient has the shape of theta",
    "theta is changed": "changed its arguments",
    "the mean of all F": "the example gives F = 3, yours 1.500",
    "the mean of all anchors": "gives the anchor 1, yours 1.500",
    "the anchor of the last source": "gives the anchor 1, yours 3.000",
    "one weight for each source": "anchors count as much as their F",
    "nothing divided by nothing": "an anchor that is no number",
    "a small number below the line": "its anchor is that of the last source",
    "lam with λ in the budget": "but no λ",
    "lam without the half": "the budget is",
    "lam of L2-SP": "the budget is",
    "nothing is mended": "parameters .* still move",
    "the head keeps the mode in which it came": "head comes with training = False",
    "only the gradients are mended": "buffers .* still drift",
    "only the mode is mended": "does their velocity carry them on",
    "eval before the loop, and train in it": "buffers .* still drift",
    "features without gradients, but in training mode": "buffers .* still drift",
    "the head in evaluation mode, too": "(head|is) in training mode",
    "copied back at the end": "features in evaluation mode|put back is not frozen",
    "copied back after each batch": "features in evaluation mode",
    "a new optimiser without velocity": "the rate, the momentum and the velocity",
    "momentum is switched off for all": "keeps its rate and its momentum",
    "the rate is 0 for all": "of the target are right, it should be",
    "features get gradients": "does a gradient reach",
    "the head is frozen at the end": "the head was frozen, too",
    "losses after the step": "the first loss is",
    "the head sees each batch twice": "once in each batch",
    "gradients add up": "the gradient of this batch alone|it should be",
    "the line of the flags": "Which line puts the features",
    "the line of zero_grad": "Which line puts the features",
    "glide with the full velocity first": "glide: after one batch it is",
    "glide for ever": "glide: after one batch it is",
    "the mean in place of its change": "the change is asked for",
    "drift until the mean is reached": "drift: after one batch it is",
    "chosen on the test split": "the test split may have no influence",
    "the target's test split chooses": "the test split may have no influence",
    "forgetting on the test split": "forgetting is measured on the validation split",
    "both splits together choose": "no influence",
    "the budget does not count": "forgets too much",
    "layers from 0": "layers are counted from 1",
    "k and t exchanged": r"The pair \(k, t\) is \(2, 3\), yours \(4, 1\)",
    "forgetting as a distance": "F is negative where",
    "forgetting from one start for all": "of the same seed and the same k",
    "forgetting since the best checkpoint": "not since the best",
    "less than the budget": "exactly the budget is allowed",
    "the last of equally good pairs": "all others are equally good",
    "fewer batches before fewer layers": "fewer layers, then fewer batches",
    "the best seed": "not a single seed",
    "reported on validation": "on which nothing was chosen",
    "forgetting reported on validation": "on the test split",
    "report of forgetting of the other sign": REPORT,
    "optimism of the validation split": "optimism: both accuracies",
    "optimism, chosen anew for each seed": "optimism: both accuracies",
    "the median of the losses over the seeds": "forgetting is a mean over the seeds",
    "report: the start of one layer for every k": REPORT,
    "report: the start is the mean of all k": REPORT,
    "report: the start of the first seed for all seeds": REPORT,
    "report: the fall since the best checkpoint": REPORT,
    "report: forgetting of a seed is never negative": REPORT,
    "report: forgetting without its sign": REPORT,
    "report: the start on validation, the end on the test split": REPORT,
    "report: the fall since the checkpoint before": REPORT,
    "report: the median of the losses over the seeds": REPORT,
}


def answered(question: str, student: str = "ann") -> dict:
    """The names that are known after the reference of a question."""
    assert SHEET is not None
    scope = scope_of(SHEET, student, question)
    exec(cell_of(SHEET.notebook, question).source, scope)
    return scope


@pytest.mark.parametrize("question", QUESTIONS)
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
    for student in STUDENTS[:3]:
        with pytest.raises(AssertionError, match=MESSAGES[name]):
            check_answer(SHEET, mistake.cell, mistake.source, student)


def test_groups_have_the_rates_of_the_chapter() -> None:
    """Where each layer has parameters of its own, the groups are those of eq. 1 of the
    module, for every number of layers.
    """
    groups = answered("q1")["groups"]
    network = five_layers(np.random.default_rng(0), normalised=True)
    for k in range(6):
        settings = FineTuningSettings(layers=k, rate=0.03, decay=0.4)
        rates = {
            id(w): rate
            for layer, rate in zip(
                network.layers, rates_at(settings, 0, 5), strict=True
            )
            for w in layer.parameters()
            if rate > 0
        }
        found = groups(list(network.layers), k, 0.03, 0.4)
        assert {id(w): g["lr"] for g in found for w in g["params"]} == rates
        assert len(rates) == sum(w.requires_grad for w in network.parameters())


def test_the_exact_fisher_is_that_of_the_chapter() -> None:
    """The closed form for a softmax regression agrees with the module's mean over all
    labels, which differentiates the network.
    """
    exact = answered("q2")["exact"]
    rng = np.random.default_rng(0)
    W, b, X = rng.normal(size=(4, 3)), rng.normal(size=4), rng.normal(size=(9, 3))
    head = torch.nn.Linear(3, 4).double()
    with torch.no_grad():
        head.weight.copy_(torch.from_numpy(W))
        head.bias.copy_(torch.from_numpy(b))
    network = LayeredNetwork([torch.nn.Identity(), head])
    F = expected_fisher(network, torch.from_numpy(X))
    for mine, name in zip(exact(W, b, X), ("weight", "bias"), strict=True):
        assert np.allclose(mine, F[f"layers.1.{name}"].numpy(), rtol=1e-6)


def test_the_penalty_of_one_source_is_that_of_the_chapter() -> None:
    """With one source, penalty and gradient agree with the module's EWC."""
    penalty = answered("q3")["penalty"]
    rng = np.random.default_rng(0)
    anchor = rng.normal(size=5)
    F = rng.gamma(1, 1, 5)
    theta = rng.normal(size=5)
    network = LayeredNetwork(
        [torch.nn.Identity(), torch.nn.Linear(5, 1, bias=False).double()]
    )
    (name,) = copied_parameters(network)
    start, fisher = ({name: torch.from_numpy(x)[None]} for x in (anchor, F))
    with torch.no_grad():
        network.get_parameter(name).copy_(torch.from_numpy(theta)[None])
    value = 3.0 * EWC(start, fisher)(network, rng)
    value.backward()
    mine, slope = penalty(theta, anchor[None], F[None], 3.0)
    assert mine == pytest.approx(value.item())
    assert np.allclose(slope, network.get_parameter(name).grad[0].numpy())


def test_more_strength_forgets_less() -> None:
    """Without a penalty the source's loss grows by more than the budget, and twice the
    student's λ keeps it below.
    """
    for student in STUDENTS:
        scope = answered("q3", student)
        lam, budget = scope["lam"], scope["budget"]
        assert scope["grown"](0.0) > 3 * budget
        assert scope["grown"](2 * lam) < budget < scope["grown"](lam / 2)


def test_no_copied_number_passes_for_everybody() -> None:
    """The numbers of one student are wrong for another."""
    assert SHEET is not None
    for question, name in (
        ("q2", "ratio"),
        ("q3", "lam"),
        ("q4", "glide"),
        ("q4", "drift"),
        ("q5", "optimism"),
    ):
        own, *others = (float(answered(question, s)[name]) for s in STUDENTS[:3])
        copied = next(x for x in others if abs(x - own) > 1e-3 * abs(own))
        answer = cell_of(SHEET.notebook, question).source + f"\n{name} = {copied}\n"
        with pytest.raises(AssertionError, match=name):
            check_answer(SHEET, question, answer, STUDENTS[0])


def test_the_dishonest_choice_always_brings_something() -> None:
    """In the table of every student the choice on the test split is another one."""
    values = [float(answered("q5", student)["optimism"]) for student in STUDENTS]
    assert min(values) > 0.004 and len(set(values)) >= 3


def test_the_colleagues_features_glide_and_drift() -> None:
    """Her lines are numbered; her loss falls, but parameters and buffers of her
    features move, the old head loses the source, and half a repair is not enough.
    """
    assert SHEET is not None
    text = next(c.source for c in SHEET.notebook.cells if c.id == "q4-text")
    listing = text.split("```python\n")[1].split("```")[0]
    for number, line in enumerate(listing.splitlines(), start=1):
        assert line.split("# ")[-1] == str(number)
    scope = answered("q4")
    exec(cell_of(SHEET.notebook, "q4_test").source, scope)
    falls = []
    for seed in range(6):
        moved, losses, fall = her_run(scope, listing, seed)
        assert losses[-1] < 0.5 * losses[0]
        assert {"0.weight", "1.running_mean", "1.running_var"} <= moved
        falls.append(fall)
    assert np.mean(falls) > 0.1
    kinder = listing.replace("features.train()", "features.eval()")
    gliding = her_run(scope, kinder, 0)[0]
    assert "0.weight" in gliding and not any("running" in name for name in gliding)
    lighter = listing.replace("set_to_none=False", "")
    assert "0.weight" not in (drifting := her_run(scope, lighter, 0)[0])
    assert "1.running_mean" in drifting


def her_run(
    scope: dict, listing: str, seed: int
) -> tuple[set[str], list[float], float]:
    """Her function on a target: what has moved in her features, her losses, and how
    much the old head loses in the source.
    """
    scope = dict(scope)
    exec(listing, scope)
    source, target = scope["worlds"](seed)
    features, head, optimiser = scope["trained"](seed, source)
    old_head = scope["deepcopy"](head)
    before = scope["deepcopy"](features.state_dict())
    right = scope["share_4"](features, old_head, source)
    losses = scope["go_on"](features, head, optimiser, target)
    moved = {n for n, p in features.state_dict().items() if not p.equal(before[n])}
    return moved, losses, right - scope["share_4"](features, old_head, source)


def test_every_mistake_with_a_message_is_listed() -> None:
    """Every wrong answer of the list has a message, at least five a question, and three
    styles of right answers a question are tried.
    """
    assert SHEET is not None
    wrong = {m.name: m.cell for m in SHEET.mistakes()}
    assert set(MESSAGES) == {name for name in wrong if not name.startswith("right")}
    for question in QUESTIONS:
        assert sum(wrong[name] == question for name in MESSAGES) >= 5
        assert sum(style[:2] == question for style in OTHER_STYLES) >= 3

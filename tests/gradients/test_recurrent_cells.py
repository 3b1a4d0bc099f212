"""What must hold of recurrent cells that a string describes."""

import numpy as np
import pytest
import torch
from torch import nn

from lecture_code.gradients.cell_formulas import KNOWN_CELLS, describe_cell
from lecture_code.gradients.recurrent_cells import (
    CellNode,
    CellTree,
    RecurrentCell,
    cell_space,
)

pytestmark = pytest.mark.usefixtures("one_torch_thread")
WORKED = KNOWN_CELLS["worked example"]


def cell_of(tree, inputs=3, width=4, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return RecurrentCell(tree, inputs, width, generator=generator).double()


def normal(*shape, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def start(seed=2):
    return normal(2, 4, seed=seed), normal(2, 4, seed=seed + 1)


# --- strings ---


def test_the_number_of_cells():
    """Equation: eight choices for each node and for the cell inject, and any node for
    each cell index. With base 8 these are the paper's 6 · 10¹⁶, with base 2 36,864.
    """
    assert cell_space(2).count == 8**4 * 3**2 == 36_864
    assert cell_space(8).count == 8**16 * 15**2
    assert f"{cell_space(8).count:.0e}" == "6e+16"


@pytest.mark.parametrize("base", [2, 3, 4, 8])
def test_a_string_and_its_cell(base):
    """Invariance: string → cell → string gives the string back, for random strings."""
    strings = cell_space(base).uniform(50, np.random.default_rng(0))
    for string in strings:
        tree = CellTree.from_string(string, base)
        assert tree.base == base
        assert tree.string().tolist() == string.tolist()


@pytest.mark.parametrize("base", [2, 3, 4, 8])
def test_each_node_but_the_root_has_one_parent(base):
    """Invariance: the nodes are one tree: each is the child of exactly one later node,
    and the root of none.
    """
    tree = CellTree.from_string(np.zeros(4 * base + 2, dtype=np.int64), base)
    parents = [j for j in range(2 * base - 1) if tree.children(j) is not None]
    children = [child for j in parents for child in tree.children(j)]
    assert sorted(children) == list(range(2 * base - 2))
    assert all(child < j for j in parents for child in tree.children(j))


def test_the_worked_example_has_the_papers_string():
    """Equation: the paper's tokens in the paper's order: (Add, Tanh), (ElemMult, ReLU),
    (ElemMult, Sigmoid), inject (Add, ReLU), indices 1 and 0.
    """
    assert WORKED.string().tolist() == [0, 1, 1, 3, 1, 2, 0, 3, 1, 0]


# --- what a cell computes ---


def test_the_worked_example_by_hand():
    """Oracle: three steps of the lecture's five equations, written out."""
    cell = cell_of(WORKED)
    x = normal(3, 2, 3)
    h, c = start()
    outputs, state = cell(x, (h, c))
    (W1, W3), (W2, W4) = cell.W, cell.V
    for t in range(3):
        a0 = torch.tanh(x[t] @ W1 + h @ W2)
        product = (x[t] @ W3) * (h @ W4)
        a1 = torch.relu(product)
        a0_new = torch.relu(a0 + c)
        h = torch.sigmoid(a0_new * a1)
        c = product
        torch.testing.assert_close(outputs[t], h, atol=1e-6, rtol=0)
    torch.testing.assert_close(state, (h, c), atol=1e-6, rtol=0)


def test_without_its_second_leaf_the_tanh_cell_is_the_plain_recurrent_net():
    """Limit: all identity, tanh at the root, and zero weights of leaf 1 give torch's
    RNN without biases; with other weights they do not.
    """
    cell = cell_of(KNOWN_CELLS["tanh RNN"])
    x = normal(5, 2, 3)
    plain = nn.RNN(3, 4, bias=False).double()
    with torch.no_grad():
        plain.weight_ih_l0.copy_(cell.W[0].T)
        plain.weight_hh_l0.copy_(cell.V[0].T)
        expected = plain(x)[0]
        assert (cell(x)[0] - expected).abs().max() > 0.01
        cell.W[1] = 0
        cell.V[1] = 0
        torch.testing.assert_close(cell(x)[0], expected, atol=1e-12, rtol=0)


def test_the_lstm_is_a_cell_of_base_8():
    """Limit: with the redundant leaves at zero, the tree of the LSTM is torch's LSTM
    without biases, outputs and both states.
    """
    cell = cell_of(KNOWN_CELLS["LSTM"])
    x = normal(6, 2, 3)
    h, c = start()
    lstm = nn.LSTM(3, 4, bias=False).double()
    gates = [2, 0, 3, 4]  # torch's order: input, forget, candidate, output
    with torch.no_grad():
        for leaf in (1, 5, 6, 7):
            cell.W[leaf] = 0
            cell.V[leaf] = 0
        lstm.weight_ih_l0.copy_(torch.cat([cell.W[leaf].T for leaf in gates]))
        lstm.weight_hh_l0.copy_(torch.cat([cell.V[leaf].T for leaf in gates]))
        expected, (h_end, c_end) = lstm(x, (h[None], c[None]))
        outputs, state = cell(x, (h, c))
    torch.testing.assert_close(outputs, expected, atol=1e-12, rtol=0)
    torch.testing.assert_close(state, (h_end[0], c_end[0]), atol=1e-12, rtol=0)


def test_the_one_gate_keeps_what_an_open_gate_lets_through():
    """Equation: c_t = σ(z_0) ⊙ c_{t−1} + tanh(z_1) and h_t = tanh(c_t)."""
    cell = cell_of(KNOWN_CELLS["one gate"])
    x = normal(1, 2, 3)
    h, c = start()
    outputs, (_, c_new) = cell(x, (h, c))
    gate = torch.sigmoid(x[0] @ cell.W[0] + h @ cell.V[0])
    expected = gate * c + torch.tanh(x[0] @ cell.W[1] + h @ cell.V[1])
    torch.testing.assert_close(c_new, expected, atol=1e-12, rtol=0)
    torch.testing.assert_close(outputs[0], torch.tanh(expected), atol=1e-12, rtol=0)


def plain_step(tree, cell, x, h, c):
    """Lines 1 to 4 by recursion from the root, one sequence, one node at a time."""
    functions = {
        "identity": lambda z: z,
        "tanh": np.tanh,
        "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
        "relu": lambda z: np.maximum(z, 0),
    }
    W, V = cell.W.detach().numpy(), cell.V.detach().numpy()

    def combine(how, a, b):
        return a + b if how == "add" else a * b

    def before(j):
        node = tree.nodes[j]
        if j < tree.base:
            return combine(node.combine, W[j].T @ x, V[j].T @ h)
        left = 2 * (j - tree.base)
        return combine(node.combine, after(left), after(left + 1))

    def after(j):
        a = functions[tree.nodes[j].activate](before(j))
        if j != tree.cell_to:
            return a
        inject = tree.inject
        return functions[inject.activate](combine(inject.combine, a, c))

    return after(len(tree.nodes) - 1), before(tree.cell_from)


@pytest.mark.parametrize("base", [2, 3, 8])
def test_random_cells_by_recursion(base):
    """Oracle: for random strings, one step agrees with a plain recursion from the root;
    the strings use every token.
    """
    strings = cell_space(base).uniform(30, np.random.default_rng(base))
    for string in strings:
        tree = CellTree.from_string(string, base)
        cell = cell_of(tree)
        x = normal(1, 2, 3)
        h, c = start()
        outputs, (_, c_new) = cell(x, (h, c))
        step = plain_step(tree, cell, x[0, 1].numpy(), h[1].numpy(), c[1].numpy())
        np.testing.assert_allclose(outputs[0, 1].detach(), step[0], atol=1e-10)
        np.testing.assert_allclose(c_new[1].detach(), step[1], atol=1e-10)
    sizes = cell_space(base).sizes
    assert [len(set(column)) for column in strings.T[:6]] == list(sizes[:6])


def test_a_text_in_two_parts_is_the_whole_text():
    """Invariance: to go on from the state after four steps gives bitwise the outputs of
    seven steps at once; equal seeds give equal weights, other seeds others.
    """
    x = normal(7, 2, 3)
    outputs, _ = cell_of(WORKED)(x)
    first, state = cell_of(WORKED)(x[:4])
    second, _ = cell_of(WORKED)(x[4:], state)
    assert torch.equal(torch.cat([first, second]), outputs)
    assert not torch.equal(cell_of(WORKED, seed=1).W, cell_of(WORKED).W)


def test_the_gradient_goes_through_all_steps():
    """Equation: derivatives of the last output by the first input and by all weights
    agree with finite differences.
    """
    cell = cell_of(KNOWN_CELLS["one gate"])
    x = normal(4, 2, 3).requires_grad_()
    W, V = (weights.detach().requires_grad_() for weights in (cell.W, cell.V))

    def last(x, W, V):
        return torch.func.functional_call(cell, {"W": W, "V": V}, (x,))[0][-1]

    assert torch.autograd.gradcheck(last, (x, W, V))
    gradient = torch.autograd.grad(last(x, W, V).sum(), x)[0]
    assert gradient[0].abs().max() > 1e-4


# --- words ---


def test_the_worked_example_in_formulas():
    """Equation: node by node the lecture's five equations, with the paper's numbers of
    the weights.
    """
    assert [formula.latex for formula in describe_cell(WORKED.string())] == [
        r"a_{0} = \tanh(W_{1} x_t + W_{2} h_{t-1})",
        r"a_{0}^{\mathrm{new}} = \mathrm{ReLU}(a_{0} + c_{t-1})",
        r"a_{1} = \mathrm{ReLU}((W_{3} x_t) \odot (W_{4} h_{t-1}))",
        r"a_{2} = \sigma(a_{0}^{\mathrm{new}} \odot a_{1})",
        "h_t = a_{2}",
        r"c_t = (W_{3} x_t) \odot (W_{4} h_{t-1})",
    ]


FUNCTIONS = {r"\tanh": "np.tanh", r"\sigma": "sigmoid", r"\mathrm{ReLU}": "relu"}


def test_the_formulas_compute_the_cell():
    """Oracle: the formulas of random strings, evaluated as Python, give h_t and c_t of
    the running cell.
    """
    for string in cell_space(4).uniform(20, np.random.default_rng(5)):
        cell = cell_of(CellTree.from_string(string, 4))
        x = normal(1, 2, 3)
        h, c = start()
        outputs, (_, c_new) = cell(x, (h, c))
        names = {
            "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
            "relu": lambda z: np.maximum(z, 0),
            "np": np,
            "x": x[0, 0].numpy(),
            "h": h[0].numpy(),
            "c": c[0].numpy(),
        }
        for leaf in range(4):
            names[f"W{2 * leaf + 1}"] = cell.W[leaf].detach().numpy().T
            names[f"W{2 * leaf + 2}"] = cell.V[leaf].detach().numpy().T
        for formula in describe_cell(string, 4):
            code = formula.latex.replace("h_{t-1}", "h").replace("c_{t-1}", "c")
            code = code.replace(r"^{\mathrm{new}}", "new").replace(r"\odot", "*")
            for latex, python in FUNCTIONS.items():
                code = code.replace(latex, python)
            code = code.replace("W_{", "W").replace("a_{", "a").replace("}", "")
            code = code.replace(" x_t", " @ x").replace(" h", " @ h")
            code = code.replace("h_t =", "h_out =").replace("c_t =", "c_out =")
            exec(code.replace("= @ h", "= h"), names)
        np.testing.assert_allclose(names["h_out"], outputs[0, 0].detach(), atol=1e-10)
        np.testing.assert_allclose(names["c_out"], c_new[0].detach(), atol=1e-10)


def test_the_worked_example_in_words():
    """Conformance: each formula has a sentence; a product is not called a sum."""
    words = [formula.words for formula in describe_cell(WORKED.string())]
    assert words[0] == (
        "Node 0 is the tanh of the sum of the weighted input x and the weighted state "
        "h."
    )
    assert words[3] == "Node 2 is the sigmoid of the product of nodes 0 and 1."
    assert all(sentence.endswith(".") for sentence in words)


# --- errors ---


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: cell_space(1), "base of at least 2 leaves; got 1"),
        (lambda: CellNode("minus", "tanh"), "'minus'; there are: add, elem_mult"),
        (lambda: CellNode("add", "sin"), "'sin'; there are: identity, tanh"),
        (lambda: CellTree((), CellNode("add", "tanh"), 0, 0), "got 0 of them"),
        (
            lambda: CellTree(WORKED.nodes, WORKED.inject, 3, 0),
            "cell_from must be a node from 0 to 2; got 3",
        ),
        (
            lambda: CellTree(WORKED.nodes, WORKED.inject, 0, -1),
            "cell_to must be a node from 0 to 2; got -1",
        ),
        (lambda: cell_of(WORKED, inputs=0), "at least 1; got 0 and 4"),
        (lambda: cell_of(WORKED)(normal(5, 3)), r"\(T, B, 3\).* got \(5, 3\)"),
        (lambda: cell_of(WORKED)(normal(0, 2, 3)), r"T at least 1; got \(0, 2, 3\)"),
        (
            lambda: CellTree.from_string(np.full(10, 9)),
            "string 0 has 9 for combine_0",
        ),
    ],
)
def test_bad_input_is_named(make, message):
    """Errors name the culprit and the alternatives."""
    with pytest.raises(ValueError, match=message):
        make()

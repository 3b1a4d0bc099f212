"""A recurrent cell as equations, and cells that have a name.

Zoph & Le (2017), arXiv:1611.01578, section 3.4. `recurrent_cells.py` holds the language
of cells and runs them. Here `describe_cell` writes what a string says, node by node,
and `KNOWN_CELLS` has strings that a reader can check by hand:

* *worked example*: the paper's, and the lecture's, with base 2;
* *tanh RNN*: all identity, and a tanh at the root: h_t = tanh(a_0 + c_{t−1} + a_1). It
  is the plain recurrent network if the weights of leaf 1 are zero: then c_t is zero;
* *one gate*: c_t = σ(…) ⊙ c_{t−1} + tanh(…) and h_t = tanh(c_t), an LSTM whose only
  gate is the forget gate, with base 2;
* *LSTM*: the LSTM, with base 8. Three sums of two leaves are one leaf too many: the
  second has the first's form, and its weights may be zero.

Read `formulas_of`.
"""

from __future__ import annotations

from dataclasses import dataclass

from lecture_code.gradients.recurrent_cells import CellNode, CellTree
from lecture_code.gradients.token_space import Strings

_SIGNS = {"add": "+", "elem_mult": r"\odot"}
_WORDS = {"add": "sum", "elem_mult": "product"}
_LATEX = {"tanh": r"\tanh", "sigmoid": r"\sigma", "relu": r"\mathrm{ReLU}"}
_SPOKEN = {"tanh": "tanh", "sigmoid": "sigmoid", "relu": "ReLU"}


@dataclass(frozen=True)
class CellFormula:
    """One equation of a cell.

    Args:
        node: where it is computed.
        latex: the equation, without dollar signs.
        words: the same in a sentence.
    """

    node: int
    latex: str
    words: str


def describe_cell(string: Strings, base: int = 2) -> tuple[CellFormula, ...]:
    """The equations of a string (T,) of `cell_space(base)`: see `formulas_of`."""
    return formulas_of(CellTree.from_string(string, base))


def formulas_of(tree: CellTree) -> tuple[CellFormula, ...]:
    """The equations of a cell in the order in which it computes, then h_t and c_t.

    Leaf i has the weights W_{2i+1} for x_t and W_{2i+2} for h_{t−1}, as in the paper.
    """
    formulas = []
    for j, node in enumerate(tree.nodes):
        z, spoken = _combined(tree, j)
        latex = f"a_{{{j}}} = {_activated(node.activate, z)}"
        formulas.append(CellFormula(j, latex, f"Node {j} is the {spoken}."))
        if j == tree.cell_to:
            inject = tree.inject
            inner = rf"a_{{{j}}} {_SIGNS[inject.combine]} c_{{t-1}}"
            latex = rf"{_name(tree, j)} = {_activated(inject.activate, inner)}"
            spoken = _spoken(inject, "itself and the cell state c of step t − 1")
            formulas.append(CellFormula(j, latex, f"Node {j} becomes the {spoken}."))
    root = len(tree.nodes) - 1
    words = f"The output is node {root}."
    formulas.append(CellFormula(root, f"h_t = {_name(tree, root)}", words))
    i = tree.cell_from
    words = f"The new cell state is what node {i} has before its activation."
    formulas.append(CellFormula(i, f"c_t = {_combined(tree, i)[0]}", words))
    return tuple(formulas)


def _combined(tree: CellTree, j: int) -> tuple[str, str]:
    """z of a node in LaTeX, and a(z) in words."""
    node = tree.nodes[j]
    sign = _SIGNS[node.combine]
    children = tree.children(j)
    if children is None:
        left, right = rf"W_{{{2 * j + 1}}} x_t", rf"W_{{{2 * j + 2}}} h_{{t-1}}"
        if node.combine == "elem_mult":
            left, right = f"({left})", f"({right})"
        operands = "the weighted input x and the weighted state h"
    else:
        left, right = (_name(tree, child) for child in children)
        operands = f"nodes {children[0]} and {children[1]}"
    return f"{left} {sign} {right}", _spoken(node, operands)


def _name(tree: CellTree, j: int) -> str:
    """a_j as it is used by others: after c_{t−1} has entered."""
    new = r"^{\mathrm{new}}" if j == tree.cell_to else ""
    return f"a_{{{j}}}{new}"


def _activated(activate: str, z: str) -> str:
    """f(z) in LaTeX."""
    return z if activate == "identity" else f"{_LATEX[activate]}({z})"


def _spoken(node: CellNode, operands: str) -> str:
    """f(z) in words."""
    value = f"{_WORDS[node.combine]} of {operands}"
    return (
        value
        if node.activate == "identity"
        else f"{_SPOKEN[node.activate]} of the {value}"
    )


def _tree(text: str, inject: str, cell_from: int, cell_to: int) -> CellTree:
    """A cell in shorthand: "+tanh *relu +" is three nodes, * a product, + a sum."""
    return CellTree(tuple(map(_node, text.split())), _node(inject), cell_from, cell_to)


def _node(text: str) -> CellNode:
    combine = {"+": "add", "*": "elem_mult"}[text[0]]
    return CellNode(combine, text[1:] or "identity")


KNOWN_CELLS = {
    "worked example": _tree("+tanh *relu *sigmoid", "+relu", cell_from=1, cell_to=0),
    "tanh RNN": _tree("+ + +tanh", "+", cell_from=1, cell_to=0),
    "one gate": _tree("+sigmoid +tanh +tanh", "*", cell_from=2, cell_to=0),
    "LSTM": _tree(
        "+ + +sigmoid +tanh + + + + +sigmoid * + + +tanh +sigmoid *",
        "*",
        cell_from=12,
        cell_to=8,
    ),
}
"""Cells by name; all have base 2 except the LSTM, which has base 8."""

"""Recurrent cells as trees: a string of tokens says how a cell computes.

Zoph & Le, "Neural Architecture Search with Reinforcement Learning" (2017),
arXiv:1611.01578, section 3.4; the lecture's "Recurrent Cell Prediction Method". For
each step t, a cell turns the input x_t and its own state (h_{t−1}, c_{t−1}) into
(h_t, c_t), and h_t is also its output. A tree with `base` leaves says how:

     1  leaf i:   z_i = (W_i x_t) ∘_i (V_i h_{t−1}),       a_i = f_i(z_i)
     2  inner j:  z_j = a_l ∘_j a_r, with children l and r,  a_j = f_j(z_j)
     3  at one node k, as soon as a_k is known:  a_k ← f(a_k ∘ c_{t−1})
     4  h_t = a of the root, and c_t = z of one node

Idea. Each ∘ is a sum or a product of entries, and each f is one of four activations.
So a cell is a string of tokens: ∘ and f of each node, ∘ and f of line 3 (the *cell
inject*), which node's z becomes c_t (`cell_from`), and which node gets c_{t−1}
(`cell_to`; the paper predicts these two *cell indices* last). Only leaves have weights.

Nodes are numbered as in the paper: the leaves 0 … base − 1, then the inner nodes, level
by level, and the root last. The children of inner node base + i are 2 i and 2 i + 1.
With base 2 there are two leaves and a root; the paper searches with base 8.

Read `RecurrentCell.cell_step` beside the four lines. `cell_formulas.py` writes a cell
as equations, and holds cells that have a name.

What the language can say. With base 8 it contains the LSTM exactly, and
with base 2 a cell with the LSTM's forget gate only. It does not contain the GRU: there
is no 1 − z, and h_{t−1} enters only through a matrix.

Deviations from the paper:
* Every base of at least 2 is allowed. The paper has powers of two.
* The paper tells neither the first weights nor whether there are biases. Here the first
  weights are uniform, as those of torch's cells, and there are no biases.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lecture_code.gradients.token_space import Strings, Token, TokenSpace

COMBINATIONS = ("add", "elem_mult")
ACTIVATIONS = ("identity", "tanh", "sigmoid", "relu")
CellState = tuple[Tensor, Tensor]  # h and c of B sequences, (B, H) each


def cell_space(base: int = 2) -> TokenSpace:
    """All cells with `base` leaves: 8^(2 base) (2 base − 1)² strings.

    Tokens in the paper's order: `combine_0`, `activate_0`, … for each node,
    `inject_combine`, `inject_activate`, `cell_from`, `cell_to`.

    Raises:
        ValueError: a base below 2.
    """
    if base < 2:
        raise ValueError(f"a tree needs a base of at least 2 leaves; got {base}")
    nodes = [str(node) for node in range(2 * base - 1)]
    tokens = []
    for part in nodes:
        tokens.append(Token(f"combine_{part}", COMBINATIONS))
        tokens.append(Token(f"activate_{part}", ACTIVATIONS))
    tokens.append(Token("inject_combine", COMBINATIONS))
    tokens.append(Token("inject_activate", ACTIVATIONS))
    tokens.append(Token("cell_from", tuple(range(len(nodes)))))
    tokens.append(Token("cell_to", tuple(range(len(nodes)))))
    return TokenSpace(tuple(tokens))


@dataclass(frozen=True)
class CellNode:
    """What happens at a node: two values are combined, and then activated."""

    combine: str
    activate: str

    def __post_init__(self) -> None:
        if self.combine not in COMBINATIONS:
            raise ValueError(
                f"no combination {self.combine!r}; there are: {', '.join(COMBINATIONS)}"
            )
        if self.activate not in ACTIVATIONS:
            raise ValueError(
                f"no activation {self.activate!r}; there are: {', '.join(ACTIVATIONS)}"
            )

    def combined(self, left: Tensor, right: Tensor) -> Tensor:
        """z, the sum or the product of two values of one shape."""
        return left + right if self.combine == "add" else left * right

    def activated(self, z: Tensor) -> Tensor:
        """f(z), of the same shape."""
        if self.activate == "identity":
            return z
        function: Tensor = getattr(torch, self.activate)(z)
        return function


@dataclass(frozen=True)
class CellTree:
    """A cell without its weights.

    Args:
        nodes: leaves first, root last; 2 base − 1 of them.
        inject: how c_{t−1} enters.
        cell_from: the node whose z becomes c_t.
        cell_to: the node that c_{t−1} enters.

    Raises:
        ValueError: an even number of nodes, or a cell index that is no node.
    """

    nodes: tuple[CellNode, ...]
    inject: CellNode
    cell_from: int
    cell_to: int

    def __post_init__(self) -> None:
        if len(self.nodes) < 3 or len(self.nodes) % 2 == 0:
            raise ValueError(
                f"a tree has 3, 5, 7, … nodes; got {len(self.nodes)} of them"
            )
        for name in ("cell_from", "cell_to"):
            if not 0 <= getattr(self, name) < len(self.nodes):
                raise ValueError(
                    f"{name} must be a node from 0 to {len(self.nodes) - 1}; "
                    f"got {getattr(self, name)}"
                )

    @property
    def base(self) -> int:
        """The number of leaves."""
        return (len(self.nodes) + 1) // 2

    def children(self, node: int) -> tuple[int, int] | None:
        """Left and right child of an inner node; None for a leaf."""
        first = 2 * (node - self.base)
        return (first, first + 1) if first >= 0 else None

    @staticmethod
    def from_string(string: Strings, base: int = 2) -> CellTree:
        """The cell that a string (T,) of `cell_space(base)` describes."""
        values = cell_space(base).values(string)

        def node(combine: str, activate: str) -> CellNode:
            return CellNode(str(values[combine]), str(values[activate]))

        return CellTree(
            tuple(node(f"combine_{i}", f"activate_{i}") for i in range(2 * base - 1)),
            node("inject_combine", "inject_activate"),
            int(values["cell_from"]),
            int(values["cell_to"]),
        )

    def string(self) -> Strings:
        """The string (T,) of this cell; the inverse of `from_string`."""
        indices = {"cell_from": self.cell_from, "cell_to": self.cell_to}
        words = {}
        for i, node in enumerate(self.nodes):
            words[f"combine_{i}"] = node.combine
            words[f"activate_{i}"] = node.activate
        words["inject_combine"] = self.inject.combine
        words["inject_activate"] = self.inject.activate
        return cell_space(self.base).string(**words, **indices)


class RecurrentCell(nn.Module):
    """A tree with weights; it runs over T steps of B sequences.

        cell = RecurrentCell(tree, 32, 64, generator=generator)
        outputs, state = cell(x)            # x (T, B, 32), outputs (T, B, 64)

    Args:
        tree: how the cell computes.
        inputs: d, the number of features of x_t.
        width: H, the number of entries of h_t and of c_t.
        generator: draws the first weights, uniform up to 1/√H.
    """

    def __init__(
        self, tree: CellTree, inputs: int, width: int, *, generator: torch.Generator
    ) -> None:
        super().__init__()
        if min(inputs, width) < 1:
            raise ValueError(
                f"inputs and width must be at least 1; got {inputs} and {width}"
            )
        self.tree = tree
        self.W = nn.Parameter(torch.empty(tree.base, inputs, width))
        self.V = nn.Parameter(torch.empty(tree.base, width, width))
        bound = width**-0.5
        for weights in (self.W, self.V):  # ~ U(−1/√H, 1/√H)
            nn.init.uniform_(weights, -bound, bound, generator=generator)

    def forward(
        self, x: Tensor, state: CellState | None = None
    ) -> tuple[Tensor, CellState]:
        """h of all steps, (T, B, H), and the state after the last step.

        Args:
            x: inputs, (T, B, d).
            state: h and c before the first step; None for zeros.

        Raises:
            ValueError: x has another shape, or no step.
        """
        if x.ndim != 3 or x.shape[2] != self.W.shape[1] or not len(x):
            raise ValueError(
                f"x must have shape (T, B, {self.W.shape[1]}) with T at least 1; "
                f"got {tuple(x.shape)}"
            )
        if state is None:
            zeros = x.new_zeros(x.shape[1], self.W.shape[2])
            state = (zeros, zeros)
        V = self.V.unbind()
        from_x = [(x @ W).unbind() for W in self.W.unbind()]  # all steps at once
        outputs = []
        for parts in zip(*from_x, strict=True):
            state = self.cell_step(parts, state, V)
            outputs.append(state[0])
        return torch.stack(outputs), state

    def cell_step(
        self, from_x: tuple[Tensor, ...], state: CellState, V: tuple[Tensor, ...]
    ) -> CellState:
        """One step: lines 1 to 4.

        Args:
            from_x: W_i x_t of each leaf, (B, H) each.
            state: h_{t−1} and c_{t−1}, (B, H) each.
            V: V_i of each leaf, (H, H) each.
        """
        tree = self.tree
        h, c = state
        a = list[Tensor]()
        for j, node in enumerate(tree.nodes):
            children = tree.children(j)
            if children is None:
                z = node.combined(from_x[j], h @ V[j])  # line 1
            else:
                z = node.combined(a[children[0]], a[children[1]])  # line 2
            a.append(node.activated(z))
            if j == tree.cell_to:
                a[j] = tree.inject.activated(tree.inject.combined(a[j], c))  # line 3
            if j == tree.cell_from:
                c_new = z
        return a[-1], c_new  # line 4

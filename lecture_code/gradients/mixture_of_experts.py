"""The sparsely-gated mixture of experts: a layer with n networks of which each example
pays for k.

Shazeer, Mirhoseini, Maziarz, Davis, Le, Hinton & Dean, "Outrageously Large Neural
Networks: The Sparsely-Gated Mixture-of-Experts Layer" (2017), arXiv:1701.06538,
section 2. The gate, with equations (2) to (11), is `noisy_gate.py`. Equations (2) to
(5) are the lecture's; its "Per example routing" is what they do.

     (1)  y = Σ_i G(x)_i E_i(x),  where only experts with G(x)_i ≠ 0 are asked

`Experts.forward` is (1) with the work of k experts. It gets the gate's choice (line 1):

     1  choose k experts for each example and their weights
     2  sort the T k pairs (example, expert) by expert
     3  gather the examples in that order
     4  send each piece through its expert, all pieces in one call
     5  multiply each answer with its weight, and add it to its example's y

Idea. A large network has room for much knowledge, but each example needs only a part of
it. So a gate chooses k experts for each example, the examples are sorted by expert, and
the arithmetic of the experts is that of k experts, whatever n is. Only the gate's own
arithmetic, 2 d n products for each example, grows with n.

Read `MixtureOfExperts.forward`, then `noisy_gate.py` for the choice, then
`Experts.forward` for lines 1 to 5.

Deviations from the paper:
* Experts have one hidden layer with ReLU and no biases; no dropout, and no sigmoid on
  the layer's output.
* One machine: no all-to-all exchange between devices, and no capacity beyond which
  examples are dropped.

Under `torch.autocast` the experts' products are taken in its precision, the gate and
the weighted sum in the precision of the parameters, which is also that of the answers.

Not for `torch.compile` in one graph: how many examples an expert gets is known only
while it runs. It compiles with breaks, and gives the same.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lecture_code.gradients.noisy_gate import (
    NoisyTopKGate,
    Routing,
    at_precision_of,
    balance_loss,
    cv_squared,
    kth_excluding,
    noisy_top_k,
    prob_in_top_k,
)
from lecture_code.learning.grouped import BACKENDS, can_group, grouped_network

__all__ = [
    "Experts",
    "MixtureOfExperts",
    "NoisyTopKGate",
    "Routing",
    "as_rows",
    "at_precision_of",
    "balance_loss",
    "cv_squared",
    "dense_mixture",
    "kth_excluding",
    "noisy_top_k",
    "prob_in_top_k",
]


class Experts(nn.Module):
    """n networks of the same shape: `width` → `hidden`, ReLU → `out`.

    Args:
        experts: n, the number of networks.
        width: d, the number of features of an example.
        hidden: h, the width of the hidden layer.
        out: width of the answer.
        generator: draws the first weights.
        backend: see `grouped_network`.
    """

    def __init__(
        self,
        experts: int,
        width: int,
        hidden: int,
        out: int,
        *,
        generator: torch.Generator,
        backend: str = "auto",
        device: torch.device | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        if min(experts, width, hidden, out) < 1:
            raise ValueError(
                f"experts, width, hidden and out must be at least 1; got {experts}, "
                f"{width}, {hidden} and {out}"
            )
        if backend not in BACKENDS:
            raise ValueError(
                f"there is no backend {backend!r}; there are: {', '.join(BACKENDS)}"
            )
        self.backend = backend
        W_in = torch.empty(experts, width, hidden, device=device, dtype=dtype)
        W_out = torch.empty(experts, hidden, out, device=device, dtype=dtype)
        # ~ N(0, 2/d) and N(0, 1/h): the size of a signal survives ReLU
        nn.init.normal_(W_in, std=(2 / width) ** 0.5, generator=generator)
        nn.init.normal_(W_out, std=(1 / hidden) ** 0.5, generator=generator)
        self.W_in, self.W_out = nn.Parameter(W_in), nn.Parameter(W_out)

    def forward(self, x: Tensor, chosen: Tensor, weights: Tensor) -> Tensor:
        """y of (1), (T, out): the work of k experts, whatever n is.

        Args:
            x: examples, (T, d).
            chosen: the experts of each example, (T, k).
            weights: G(x) of these experts, (T, k).
        """
        k = chosen.shape[1]
        expert = chosen.flatten()  # line 1: k entries for each example
        order = expert.argsort(stable=True)  # line 2: expert 0, then expert 1, …
        example = order // k
        rows = x.index_select(0, example)  # line 3, (T k, d)
        counts = torch.bincount(expert, minlength=len(self.W_in))
        answers = self._answers(rows, counts)  # line 4, (T k, out)
        weighted = answers * weights.flatten().index_select(0, order)[:, None]
        y = weighted.new_zeros(len(x), answers.shape[1])
        return y.index_add_(0, example, weighted)  # line 5 and eq. 1

    def _answers(self, rows: Tensor, counts: Tensor) -> Tensor:
        """E_i(x) for rows x sorted by expert i; inside `torch.autocast` in its
        precision, unless the chosen backend cannot take that.
        """
        device = rows.device.type
        weights: list[Tensor] = [self.W_in, self.W_out]
        rows = at_precision_of(self.W_in, rows)
        if torch.is_autocast_enabled(device) and rows.dtype != torch.float64:
            precision = torch.get_autocast_dtype(device)
            low_rows = rows.to(precision)
            low_weights = [W.to(precision) for W in weights]
            if self.backend != "grouped" or can_group(low_rows, low_weights):
                rows, weights = low_rows, low_weights
        with torch.autocast(device, enabled=False):
            return grouped_network(rows, counts, weights, self.backend)

    def everyone(self, x: Tensor) -> Tensor:
        """The answers of all experts to all examples x (T, d), shape (T, n, out): n / k
        times the work.
        """
        hidden = torch.einsum("td,ndh->tnh", x, self.W_in).relu()
        return torch.einsum("tnh,nho->tno", hidden, self.W_out)


def dense_mixture(experts: Experts, x: Tensor, G: Tensor) -> Tensor:
    """(1) to the letter, for x (T, d) and G (T, n): every expert is asked, and most
    answers are multiplied by zero. The oracle of `Experts.forward`.
    """
    return torch.einsum("tn,tno->to", G, experts.everyone(x))  # eq. 1


class MixtureOfExperts(nn.Module):
    """The layer: a gate, and the experts behind it.

        generator = torch.Generator().manual_seed(0)
        layer = MixtureOfExperts(64, 256, k=2, hidden=128, generator=generator)
        y, routing = layer(x, generator)
        loss = task(y) + balance_loss(routing)

    Args:
        width: d, the number of features of an example.
        experts: n, the number of experts.
        k: number of experts that answer each example.
        hidden: width of each expert's hidden layer.
        out: width of the answer; d if None.
        noise: see `NoisyTopKGate`.
        generator: draws the experts' first weights.
        backend: see `grouped_network`.

    Raises:
        ValueError: a size that is out of range, named.
    """

    def __init__(
        self,
        width: int,
        experts: int,
        k: int,
        hidden: int,
        out: int | None = None,
        *,
        generator: torch.Generator,
        noise: bool = True,
        backend: str = "auto",
        device: torch.device | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.gate = NoisyTopKGate(
            width, experts, k, noise=noise, device=device, dtype=dtype
        )
        self.experts = Experts(
            experts,
            width,
            hidden,
            width if out is None else out,
            generator=generator,
            backend=backend,
            device=device,
            dtype=dtype,
        )

    def forward(
        self, x: Tensor, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Routing]:
        """Answers (…, out) to examples x (…, d), and how the T examples, flattened,
        were routed.

        Raises:
            ValueError: examples of another width, none at all, or values that are not
                finite; while training with noise, no generator.
        """
        rows = as_rows(x, len(self.gate.W_g))
        routing = self.gate(rows, generator)
        y = self.experts(rows, routing.chosen, routing.weights)
        return y.view(*x.shape[:-1], -1), routing


def as_rows(x: Tensor, width: int) -> Tensor:
    """Examples (…, d) as rows (T, d).

    Raises:
        ValueError: the width is not d, there is no example, or a value is not finite.
    """
    if x.ndim < 1 or x.shape[-1] != width:
        raise ValueError(f"examples must have shape (…, {width}); got {tuple(x.shape)}")
    if x.numel() == 0:
        raise ValueError(
            f"there must be at least one example; got shape {tuple(x.shape)}"
        )
    if not x.isfinite().all():
        raise ValueError(
            f"examples must be finite; {int((~x.isfinite()).sum())} of {x.numel()} "
            "values are not"
        )
    return x.reshape(-1, width)

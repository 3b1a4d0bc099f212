"""Domain confusion with weak pairs: features that cannot tell where they are.

Tzeng, Devin, Hoffman, Finn, Abbeel, Levine, Saenko and Darrell, "Adapting Deep
Visuomotor Representations with Weak Pairwise Constraints", WAFR 2016, arXiv:1511.07111.
Labelled images come from a simulation (the source), unlabelled ones from the robot (the
target). Features f shall be alike in both, so that a head which has learnt from the
source also answers in the target. q = softmax(D(f)) is a classifier of domains.

    (1)  L_D    = −log q_y                     y: the true domain; trains θ_D only
    (2)  L_conf = −Σ_d (1/|D|) log q_d         trains θ_repr only; least at q = 1/|D|
    (3)  L_pair = |f(x_S) − f(x_T)|² / F       mean over pairs (x_S, x_T) and features
    (4)  L      = L_φ + λ L_conf + ν L_pair    L_φ: the task's loss on the source

    Algorithm 1   1  collect images of the source, with labels
                  2  collect images of the target
                  3  minimise L_φ + λ L_conf                      `minimise`
                  4  for each image of the target:
                  5      find the source image that is nearest in conv1
                  6      add both to the pairs P                  `mined_pairs`
                  7  end for
                  8  minimise L                                   `minimise`

Two other losses can take the place of (2). They want the classifier to be *wrong*:

    (5)  −L_D                                  gradient reversal, see
    (6)  −log q of the other domain            flipped labels    `gradient_reversal.py`

Deviations: the classifier has a hidden layer. Optimisers are Adam, and the rate falls
to zero in the second half, that of the classifier does not; λ can fall with it
(`falling`). λ, ν and the paper's layer sizes are not known to us. Features may be
standardised (`representation.py`); for the hook they are not.

Start with the losses, then `learn_aligned`, then `alignment_step`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lecture_code.observations.gradient_reversal import flipped_loss, reversal_loss
from lecture_code.observations.representation import Representation, draw_weights
from lecture_code.observations.two_domains import TwoDomains, check_pairs

Ints = NDArray[np.int64]
DOMAINS = 2  # source and target
CHUNK = 500  # images whose conv1 is compared at once
HIDDEN = 64  # units of the classifier of domains


def classifier_loss(logits: Tensor, domains: Tensor) -> Tensor:
    """L_D, eq. 1: mean cross-entropy of logits (N, |D|) for domains (N,)."""
    return cross_entropy(logits, domains)  # eq. 1


def confusion_loss(logits: Tensor) -> Tensor:
    """L_conf, eq. 2: mean cross-entropy of logits (N, |D|) for a uniform target."""
    return -torch.log_softmax(logits, dim=1).mean()  # eq. 2


def pair_loss(first: Tensor, second: Tensor) -> Tensor:
    """L_pair, eq. 3: mean squared difference of the features (N, F) of pairs."""
    return ((first - second) ** 2).mean()  # eq. 3


ALIGNMENTS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "confusion": lambda logits, domains: confusion_loss(logits),
    "reversal": reversal_loss,
    "flipped": flipped_loss,
}
"""Name -> what features minimise, a function of logits (N, |D|) and domains (N,)."""


PairChoice = Callable[[Representation, Tensor, Tensor], Ints]  # rows (K, 2)


@dataclass(frozen=True)
class AlignmentSettings:
    """How features are aligned.

    Args:
        confusion: λ.
        pairs: ν.
        alignment: of `ALIGNMENTS`, the loss that λ weighs.
        first, second: batches of line 3 and of line 8.
        batch: examples of each domain in a batch, and pairs.
        rate, classifier_rate: of Adam, for the features and the head, and for D.
        falling: whether λ falls to zero in the second half, as the rate does.

    Raises:
        ValueError: a weight is negative, a number of batches or examples is too small,
            or the alignment is unknown.
    """

    confusion: float = 0.3
    pairs: float = 1.0
    alignment: str = "confusion"
    first: int = 800
    second: int = 1600
    batch: int = 32
    rate: float = 3e-3
    classifier_rate: float = 1e-3
    falling: bool = False

    def __post_init__(self) -> None:
        for name in ("confusion", "pairs", "first", "second"):
            if not getattr(self, name) >= 0:  # nan is refused, too
                raise ValueError(
                    f"{name} must not be negative; got {getattr(self, name)}"
                )
        if self.batch < 2:
            raise ValueError(f"batch must be 2 or more; got {self.batch}")
        if self.alignment not in ALIGNMENTS:
            raise ValueError(
                f"alignment must be one of {', '.join(ALIGNMENTS)}; got "
                f"{self.alignment!r}"
            )


@dataclass(frozen=True, eq=False)
class Alignment:
    """A training between two batches. `minimise` copies it, and moves the copy.

    Args:
        network: θ_repr and θ_φ.
        classifier: θ_D.
        optimisers: of the network, and of the classifier.
        batches: so far.
        rng: draws the batches.
        pairs: P, rows of source and target, (K, 2); None before they are chosen.
        report: mean losses of the last batches.
    """

    network: Representation
    classifier: nn.Module
    optimisers: tuple[torch.optim.Optimizer, torch.optim.Optimizer]
    batches: int
    rng: np.random.Generator
    pairs: Ints | None
    report: dict[str, float]


def initial_alignment(
    network: Representation, settings: AlignmentSettings, rng: np.random.Generator
) -> Alignment:
    """Before the first batch: a copy of the network; the rng draws D, then batches."""
    classifier = nn.Sequential(
        nn.Linear(network.n_features, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, DOMAINS)
    )
    draw_weights(classifier, rng)
    network = copy.deepcopy(network)
    optimisers = (
        torch.optim.Adam(network.parameters(), settings.rate),
        torch.optim.Adam(classifier.parameters(), settings.classifier_rate),
    )
    return Alignment(network, classifier, optimisers, 0, rng, None, {})


def learn_aligned(
    network: Representation,
    domains: TwoDomains,
    settings: AlignmentSettings,
    rng: np.random.Generator,
) -> Alignment:
    """Lines 3 to 8 of Algorithm 1; `next_batches` does the same in parts."""
    state = initial_alignment(network, settings, rng)
    state = minimise(state, domains, settings, settings.first)  # Algorithm 1, line 3
    if settings.pairs:
        # Algorithm 1, lines 4 to 7
        pairs = mined_pairs(state.network, domains.source, domains.target)
        state = replace(state, pairs=pairs)
    return minimise(state, domains, settings, settings.second)  # Algorithm 1, line 8


def next_batches(
    state: Alignment,
    domains: TwoDomains,
    settings: AlignmentSettings,
    batches: int,
    choose_pairs: PairChoice,
) -> Alignment:
    """The next batches of Algorithm 1: of line 3, or lines 4 to 7 and then of line 8.

    Args:
        batches: at most so many; fewer at the end of line 3 or 8.
        choose_pairs: lines 4 to 7, usually `mined_pairs`.

    Raises:
        ValueError: the number of batches is negative.
    """
    if batches < 0:
        raise ValueError(f"batches must not be negative; got {batches}")
    end = settings.first  # of line 3
    if state.batches >= settings.first:
        end += settings.second  # of line 8
        if state.pairs is None and settings.pairs:  # lines 4 to 7
            pairs = choose_pairs(state.network, domains.source, domains.target)
            check_pairs(pairs)
            state = replace(state, pairs=pairs)
    return minimise(state, domains, settings, min(batches, end - state.batches))


def minimise(
    state: Alignment, domains: TwoDomains, settings: AlignmentSettings, batches: int
) -> Alignment:
    """So many batches of line 3, or of line 8 once there are pairs."""
    state = copy.deepcopy(state)
    totals: dict[str, float] = {}
    length = settings.first + settings.second
    for batch in range(state.batches, state.batches + batches):
        share = min(1.0, 2 * (1 - batch / length))  # falls in the second half
        for group in state.optimisers[0].param_groups:
            group["lr"] = settings.rate * share
        lam = settings.confusion * (share if settings.falling else 1.0)
        now = replace(settings, confusion=lam)
        for name, value in alignment_step(state, domains, now).items():
            totals[name] = totals.get(name, 0.0) + value / batches
    return replace(state, batches=state.batches + batches, report=totals)


def alignment_step(
    state: Alignment, domains: TwoDomains, settings: AlignmentSettings
) -> dict[str, float]:
    """One batch: first θ_D goes down eq. 1, then θ_repr and θ_φ down eq. 4, in place.
    Returns the losses before the step. Those of weight 0 are not computed, so that
    λ = ν = 0 is training on the source alone.
    """
    inputs, labels = drawn_batch(state, domains, settings)
    f = dict(zip(inputs, state.network.batch_features(*inputs.values()), strict=True))
    losses = {"task": domains.task_loss(state.network.head(f["source"]), labels)}
    total = losses["task"]
    if settings.confusion:
        both = torch.cat([f["source"], f["target"]])
        true_domains = torch.arange(DOMAINS).repeat_interleave(settings.batch)
        losses["classifier"] = classifier_step(state, both, true_domains)
        logits = state.classifier(both)  # with the new θ_D
        losses["alignment"] = ALIGNMENTS[settings.alignment](logits, true_domains)
        total = total + settings.confusion * losses["alignment"]
    if "pair, source" in f:
        losses["pairs"] = pair_loss(f["pair, source"], f["pair, target"])
        total = total + settings.pairs * losses["pairs"]  # eq. 4
    descend(state.optimisers[0], total)  # θ_repr and θ_φ
    return {name: loss.item() for name, loss in losses.items()}


def drawn_batch(
    state: Alignment, domains: TwoDomains, settings: AlignmentSettings
) -> tuple[dict[str, Tensor], Tensor]:
    """Inputs of one batch by their part, and the labels of the source's."""
    draws = state.rng.random((3, settings.batch))  # as many whatever the weights are
    rows = drawn_rows(draws[0], len(domains.source))
    inputs = {"source": domains.source[rows]}
    if settings.confusion:
        inputs["target"] = domains.target[drawn_rows(draws[1], len(domains.target))]
    if settings.pairs and state.pairs is not None:
        i, j = state.pairs[drawn_rows(draws[2], len(state.pairs))].T
        inputs |= {"pair, source": domains.source[i], "pair, target": domains.target[j]}
    return inputs, domains.labels[rows]


def classifier_step(state: Alignment, features: Tensor, domains: Tensor) -> Tensor:
    """θ_D goes down eq. 1 once, in place; the loss before. Features are not moved."""
    loss = classifier_loss(state.classifier(features.detach()), domains)
    descend(state.optimisers[1], loss)  # θ_D, eq. 1
    return loss


def drawn_rows(draws: NDArray[np.float64], n: int) -> Ints:
    """Rows from 0 to n − 1 for draws ~ U(0, 1)."""
    return np.asarray(draws * n, dtype=np.int64)


def descend(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    """One step of the optimiser's own parameters down the loss."""
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()


def mined_pairs(network: Representation, source: Tensor, target: Tensor) -> Ints:
    """Lines 4 to 7: for each target input the source input nearest in conv1, (M, 2)."""
    with torch.no_grad():
        seen = network.first(target).flatten(1)
        nearest = torch.full((len(target),), torch.inf)
        rows = torch.zeros(len(target), dtype=torch.long)
        for start in range(0, len(source), CHUNK):
            part = network.first(source[start : start + CHUNK]).flatten(1)
            distance, row = torch.cdist(seen, part).min(dim=1)  # Algorithm 1, line 5
            rows = torch.where(distance < nearest, row + start, rows)
            nearest = torch.minimum(distance, nearest)
    # Algorithm 1, line 6
    return np.column_stack([rows.numpy(), np.arange(len(target))])

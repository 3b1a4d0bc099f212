"""What is measured of a generator whose data an oracle wrote.

    oracle      −log p of written sequences under the oracle [nats per token]: how good
                what is written looks to the oracle. One good sequence, written for
                ever, would be best.
    gen         −log p of real sequences under the generator [nats per token]: whatever
                the generator cannot write counts here.
    distinct    share of different pairs among all pairs of neighbours, in the first 500
                sequences
    self_bleu   how much the first 500 sequences share; 1 if all are the same

`self_bleu`: for n = 2, 3, 4, an n-gram of a sequence is found if another of the 500
sequences has it; it counts at most as often as one other sequence has it. The number of
n-grams found, over all sequences, is divided by the number of all n-grams. Self-BLEU is
the geometric mean of the three shares. There is no penalty for short sequences, because
all have one length. Every sequence is compared with the 499 others, so values depend on
the number 500 and can be compared within this chapter only.

Read `oracle_measures`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import torch
from torch import Tensor

from lecture_code.gradients.text_discriminator import TextDiscriminator
from lecture_code.learning.recurrent import LanguageModel

ORACLE_MEASURES = ("oracle", "gen", "distinct", "self_bleu")
COMPARED = 500
"""Sequences of `distinct` and `self_bleu`."""
ORDERS = (2, 3, 4)


def oracle_measures(
    oracle: LanguageModel,
    model: LanguageModel,
    test: Tensor,
    n: int,
    seed: int,
    temperature: float = 1.0,
) -> dict[str, float]:
    """All of `ORACLE_MEASURES`; the same random numbers for each model.

    Args:
        oracle: what wrote the data.
        model: G.
        test: sequences of the oracle that G has not seen, (m, T).
        n: sequences that G writes.
        seed: of what G writes.
        temperature: τ of G.
    """
    generator = torch.Generator().manual_seed(seed)
    written = model.sample(n, test.shape[1], generator, temperature)
    with torch.no_grad():
        nll_oracle = oracle.nll(written).item()
        nll_gen = model.nll(test, temperature=temperature).item()
    return {
        "oracle": nll_oracle,
        "gen": nll_gen,
        "distinct": distinct_pairs(written[:COMPARED]),
        "self_bleu": self_bleu(written[:COMPARED]),
    }


def distinct_pairs(tokens: Tensor) -> float:
    """Different pairs of neighbours / all pairs of neighbours, of tokens (n, T)."""
    pairs = torch.stack([tokens[:, :-1].flatten(), tokens[:, 1:].flatten()], dim=1)
    return len(torch.unique(pairs, dim=0)) / len(pairs)


def self_bleu(tokens: Tensor) -> float:
    """What sequences (n, T) share: the geometric mean of the shares of 2-, 3- and
    4-grams that another sequence has.

    Raises:
        ValueError: there are fewer than two sequences, or they are too short.
    """
    n, T = tokens.shape
    if n < 2 or max(ORDERS) > T:
        raise ValueError(
            f"self-BLEU needs 2 sequences or more of {max(ORDERS)} tokens or more; got "
            f"{n} of {T}"
        )
    rows = tokens.tolist()
    product = 1.0
    for order in ORDERS:
        product *= shared_grams(rows, order)
    return float(product ** (1 / len(ORDERS)))


def shared_grams(rows: Sequence[Sequence[int]], order: int) -> float:
    """Share of the n-grams of all rows that another row has, n = `order`."""
    counts = [
        Counter(tuple(row[i : i + order]) for i in range(len(row) - order + 1))
        for row in rows
    ]
    most: dict[tuple[int, ...], list[int]] = {}  # the two largest counts of a row
    for counter in counts:
        for gram, count in counter.items():
            most[gram] = sorted([*most.get(gram, [0, 0]), count])[-2:]
    found = 0
    for counter in counts:
        for gram, count in counter.items():
            second, first = most[gram]
            found += min(count, second if count == first else first)
    return found / sum(counter.total() for counter in counts)


def rolled_out_examples(
    model: LanguageModel,
    discriminator: TextDiscriminator,
    length: int,
    rollouts: int,
    seed: int,
) -> dict[str, dict[str, list[object]]]:
    """The two of 64 written sequences that D likes most and least, with roll-outs.

    Args:
        model: G, which also completes.
        discriminator: D.
        length: T.
        rollouts: N completions of each prefix.
        seed: of all draws.

    Returns:
        "liked most", "liked least" -> tokens (T,), completions (T, N, T) and rewards
        (T, N), as `lecture_code.show` wants them for a `RolledOut`.
    """
    generator = torch.Generator().manual_seed(seed)
    written = model.sample(64, length, generator)
    liked = discriminator.probability(written)
    chosen = {"liked most": liked.argmax(), "liked least": liked.argmin()}
    examples: dict[str, dict[str, list[object]]] = {}
    for name, row in chosen.items():
        tokens = written[row]
        completions = [
            model.sample(
                rollouts, length, generator, prefix=tokens[None, :t].repeat(rollouts, 1)
            )
            for t in range(1, length + 1)
        ]
        rewards = [discriminator.probability(rows) for rows in completions]
        examples[name] = {
            "tokens": tokens.tolist(),
            "completions": [rows.tolist() for rows in completions],
            "rewards": [
                [round(reward, 4) for reward in row.tolist()] for row in rewards
            ],
        }
    return examples

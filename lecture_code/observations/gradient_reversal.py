"""Two other ways to confuse a classifier of domains, beside a uniform target.

With q = softmax(logits) and e the indicator of the true domain, these are the gradients
of the losses of one example with respect to its logits:

    classifier   −log q_y                     q − e
    confusion    −Σ_d (1/|D|) log q_d         q − 1/|D|
    reversal     +log q_y                     e − q            (1)
    flipped      −log q of the other one      q − (1 − e)      (2)

Gradient reversal is Ganin et al., "Domain-Adversarial Training of Neural Networks",
JMLR 2016, eq. 9 and 13. Where the classifier is sure and right, e − q vanishes, so
features learn nothing more; q − 1/|D| does not vanish there. Flipped labels are the
usual mend for generative adversarial nets (Goodfellow et al. 2014, section 3).

Start with `logit_gradient`.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot


def reversal_loss(logits: Tensor, domains: Tensor) -> Tensor:
    """Eq. 1: minus the classifier's loss. It has no lower bound.

    Args:
        logits: (N, 2).
        domains: the true ones, (N,).
    """
    return -cross_entropy(logits, domains)


def flipped_loss(logits: Tensor, domains: Tensor) -> Tensor:
    """Eq. 2: the cross-entropy for the other one of two domains.

    Args:
        logits: (N, 2).
        domains: the true ones, (N,).
    """
    return cross_entropy(logits, 1 - domains)


def logit_gradient(loss: str, logits: Tensor, domains: Tensor) -> Tensor:
    """Gradient of the loss of each example with respect to its logits, (N, |D|).

    Args:
        loss: "classifier", "confusion", "reversal" or "flipped".
        logits: (N, |D|).
        domains: the true ones, (N,).

    Raises:
        ValueError: the loss is none of these; the message lists them.
    """
    q = torch.softmax(logits, dim=1)
    e = one_hot(domains, logits.shape[1])
    gradients = {
        "classifier": q - e,
        "confusion": q - 1 / logits.shape[1],
        "reversal": e - q,
        "flipped": q - (1 - e),
    }
    if loss not in gradients:
        raise ValueError(f"loss must be one of {', '.join(gradients)}; got {loss!r}")
    return gradients[loss]

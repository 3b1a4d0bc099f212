"""Four losses as gradients, and what a shift of labels forces."""

from __future__ import annotations

import numpy as np
import torch

from lecture_code.figures.observations.domain_confusion.runs import WORLDS, listed
from lecture_code.observations.gradient_reversal import logit_gradient
from lecture_code.show import GREY, METHOD_COLOURS, Picture, new_figure
from lecture_code.show.figures import PURPLE, VERMILLION

LOSSES = {
    "classifier": GREY,
    "confusion": METHOD_COLOURS["domain confusion"],
    "reversal": VERMILLION,
    "flipped": PURPLE,
}
"""Loss -> its colour."""
STYLES = {"classifier": "--"}
POINTS = 81
SOURCE_SHARE = 0.5  # of class B


def gradients(q: np.ndarray) -> dict[str, np.ndarray]:
    """Loss -> its gradient by the logit of the true domain, (n,).

    Args:
        q: probability of the true domain, (n,), between 0 and 1.
    """
    logits = np.column_stack([np.log(q), np.log1p(-q)])
    domains = torch.zeros(len(q), dtype=torch.long)
    found = {}
    for loss in LOSSES:
        gradient = logit_gradient(loss, torch.as_tensor(logits), domains)
        found[loss] = gradient[:, 0].numpy()
    return found


def three_gradients() -> Picture:
    """Gradients by the logit of the true domain, against its probability q."""
    q = np.linspace(1e-4, 1 - 1e-4, POINTS)
    figure, axes = new_figure(height=3.2)
    figure.subplots_adjust(right=0.72)
    words = []
    for loss, values in gradients(q).items():
        style = STYLES.get(loss, "-")
        axes.plot(q, values, style, color=LOSSES[loss], label=loss)
        ends = f"{values[0]:.1f} to {values[-1]:.1f}".replace("-", "−")
        words.append(f"{loss} {ends.replace('−0.0', '0.0')}")
    axes.axhline(0, color=GREY, lw=0.8)
    axes.set(xlabel="q of the true domain", ylabel="gradient by its logit", xlim=(0, 1))
    axes.set(ylim=(-1.05, 1.05), yticks=[-1, -0.5, 0, 0.5, 1])
    figure.legend(
        *axes.get_legend_handles_labels(),
        loc="center left",
        bbox_to_anchor=(0.73, 0.55),
    )
    return Picture(
        figure,
        alt="Gradient of four losses by the logit of the true domain, from q = 0 to "
        f"q = 1: {listed(words)}. Confusion is zero at q = ½; reversal is zero at "
        "q = 1.",
        caption="A positive gradient makes q smaller. At q = 1 the classifier is sure "
        "and right: there reversal gives no gradient. Confusion is zero only where the "
        "classifier cannot tell.",
    )


def label_shift(share: float, source: float = SOURCE_SHARE) -> float:
    """Least sum of the errors in source and target if features have the same marginal.

    The label y is 0 or 1, and ŷ is any answer that is computed from the features. For
    one domain

        P(ŷ ≠ y)  ≥  |P(ŷ = 1) − P(y = 1)|

    since both events have the same probability apart from the cases in which ŷ and y
    differ. If the features have the same marginal in both domains, so has ŷ:
    P_S(ŷ = 1) = P_T(ŷ = 1) = p. With s_S and s_T the shares of class B (y = 1),

        ε_S + ε_T  ≥  |p − s_S| + |p − s_T|  ≥  |s_S − s_T|.

    Zhao et al. (2019) have the same idea for the Jensen–Shannon distance of labels. The
    bound is reached: features that say nothing but ŷ, with p between the two shares.

    Args:
        share: s_T, of class B in the target.
        source: s_S, of class B in the source.

    Raises:
        ValueError: a share is not between 0 and 1.
    """
    for name, value in (("share", share), ("source", source)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must be between 0 and 1; got {value}")
    return abs(share - source)


class LabelShift:
    """Two classes whose shares differ between source and target."""

    def draw(self, share: float) -> Picture:
        """The shares of class B, and the error that equal marginals force.

        Args:
            share: of class B in the target.
        """
        forced = label_shift(share)
        figure, axes = new_figure(height=2.5)
        figure.subplots_adjust(left=0.33, right=0.96, top=0.87, bottom=0.23)
        names = ["class B, source", "class B, target", "forced errors"]
        values = [100 * SOURCE_SHARE, 100 * share, 100 * forced]
        colours = [*WORLDS.values(), GREY]
        axes.barh(range(3), values, 0.6, color=colours)
        axes.set_yticks(range(3), names)
        axes.set(xlim=(0, 100), ylim=(2.6, -0.6), xlabel="[%]")
        axes.grid(visible=False, axis="y")
        axes.set_title(f"both errors together: at least {100 * forced:.0f} %")
        return Picture(
            figure,
            alt=f"Class B has a share of 50 % in the source and {100 * share:.0f} % in "
            "the target. If features have the same distribution in both, the errors "
            f"in source and target are together at least {100 * forced:.0f} %.",
            caption="Two classes, A and B. Lowest bar: the smallest possible sum of "
            "the errors in source and target, if features have the same distribution "
            "in both. A head without errors in the source makes all these errors in "
            "the target.",
        )

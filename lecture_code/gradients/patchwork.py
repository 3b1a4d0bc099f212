"""Patchwork: a regression problem whose need for capacity is known.

The plane, or a space of more dimensions, is random with `patches` centres, and around
each a linear map of its own holds: y = A_c x. A network must learn as many maps as
there are patches, each from its own share of the data, and where it knows that x
belongs to patch c, one small map is all it needs to evaluate. So the *need* of an
example is small and the *capacity* for all of them is large: the case for conditional
computation, with the right answer known.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Patchwork:
    """The problem: where its patches are, and the linear map of each.

    Args:
        centres: centre of each patch, (c, d).
        maps: linear map of each patch, (c, d, out); answers have about unit variance.
        std: standard deviation of x around its centre, in each direction.
    """

    centres: Tensor
    maps: Tensor
    std: float

    @staticmethod
    def random(
        patches: int,
        width: int,
        out: int,
        generator: torch.Generator,
        std: float = 0.3,
    ) -> Patchwork:
        """A problem with centres ~ N(0, I) and maps whose answers have about unit
        variance.

        Raises:
            ValueError: a size or `std` is not positive.
        """
        if min(patches, width, out) < 1 or std <= 0:
            raise ValueError(
                f"patches, width, out and std must be positive; got {patches}, "
                f"{width}, {out} and {std}"
            )
        centres = torch.randn(patches, width, generator=generator)  # ~ N(0, I)
        maps = torch.randn(patches, width, out, generator=generator)  # ~ N(0, 1)
        return Patchwork(centres, maps / (width * (1 + std**2)) ** 0.5, std)

    def draw(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """n examples from patches chosen at random: x (n, d), y (n, out) and the patch
        of each (n,).
        """
        patch = torch.randint(len(self.centres), (n,), generator=generator)
        z = torch.randn(n, self.centres.shape[1], generator=generator)
        x = self.centres[patch] + self.std * z  # ~ N(centre, std² I)
        return x, torch.einsum("nd,ndo->no", x, self.maps[patch]), patch

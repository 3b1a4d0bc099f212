"""A language for convolutional networks with skip connections, and what it builds.

Zoph & Le, "Neural Architecture Search with Reinforcement Learning" (2017),
arXiv:1611.01578, sections 3.1 and 3.3. For each layer, a string says the height, the
width and the number of the filters, perhaps their strides, and which earlier layers
the layer reads (its *anchor point*, see also `anchor_points`).

Idea. Not every set of choices is a network. Four rules repair each of them, so that
the controller can write whatever it likes:

    rule 1   a layer without an input reads the image
    rule 2   all outputs that no layer reads are put together before the head
    rule 3   maps of different sizes are padded with zeros to the largest size
    rule 4   several inputs are put one behind the other, channel by channel

So a string becomes a graph (rules 1 and 2), and a graph becomes a network, which uses
rules 3 and 4. Layers are counted from 1, and 0 is the image.

Read `repaired`, then `GraphNetwork.forward`.

Choices where the paper says nothing, and deviations from it: zeros around the maps keep
their size when the stride is 1, so filters need odd heights and widths. Padding by rule
3 is around the smaller maps; if it cannot be even, the last row or column gets one
more. The head is linear and reads the mean of each map. There is no batch
normalisation; pooling is not a token. In a string, an anchor point is a row of tokens 0
or 1, which any controller can write.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from lecture_code.gradients.token_space import Choice, Strings, Token, TokenSpace

IMAGE = 0


@dataclass(frozen=True)
class Filters:
    """The filters of one layer.

    Args:
        height, width: of each filter [pixel], odd.
        number: how many filters, so how many maps the layer has.
        stride: steps down and to the right [pixel].

    Raises:
        ValueError: names the entry that is wrong.
    """

    height: int
    width: int
    number: int
    stride: tuple[int, int] = (1, 1)

    def __post_init__(self) -> None:
        for name in ("height", "width"):
            size = getattr(self, name)
            if size < 1 or size % 2 == 0:
                raise ValueError(
                    f"{name} of filters must be odd, 1 or more; got {size}"
                )
        if self.number < 1 or min(self.stride) < 1:
            raise ValueError(
                f"number and stride of filters must be positive; got {self.number} "
                f"and {self.stride}"
            )


@dataclass(frozen=True)
class ArchitectureGraph:
    """A network that can be built.

    Args:
        filters: of each layer, from layer 1 on.
        inputs: what each layer reads: earlier layers, or 0 for the image.
        outputs: the layers that the head reads.

    Raises:
        ValueError: a layer reads nothing, or something that does not come before it;
            nobody reads a layer; or there is no layer.
    """

    filters: tuple[Filters, ...]
    inputs: tuple[tuple[int, ...], ...]
    outputs: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.filters or len(self.filters) != len(self.inputs):
            raise ValueError(
                f"a graph needs layers, each with inputs; got {len(self.filters)} "
                f"layers and {len(self.inputs)} sets of inputs"
            )
        for layer, inputs in enumerate(self.inputs, 1):
            if not inputs or not set(inputs) <= set(range(layer)):
                raise ValueError(
                    f"layer {layer} must read some of 0 (the image) to {layer - 1}; "
                    f"got {inputs}"
                )
        layers = set(range(1, len(self.filters) + 1))
        unknown = set(self.outputs) - layers
        unread = layers - set(self.outputs).union(*self.inputs)
        if unknown or unread:
            raise ValueError(
                f"the head reads unknown layers {sorted(unknown)}, and nobody reads "
                f"layers {sorted(unread)}; there are layers 1 to {len(layers)}"
            )

    def channels(self, image: int) -> list[int]:
        """How many maps each layer reads, and at last the head.

        Args:
            image: channels of the image.
        """
        maps = [image, *(filters.number for filters in self.filters)]
        return [sum(maps[j] for j in read) for read in (*self.inputs, self.outputs)]

    def parameter_count(self, image: int, classes: int) -> int:
        """Number of weights and biases, from the channels of the image and the number
        of classes. Neither sizes of maps nor padding count.
        """
        *of_layers, of_head = self.channels(image)
        head = (of_head + 1) * classes
        return head + sum(
            f.number * (f.height * f.width * maps + 1)
            for f, maps in zip(self.filters, of_layers, strict=True)
        )


def repaired(
    filters: Sequence[Filters], anchors: Sequence[Sequence[bool | int]]
) -> ArchitectureGraph:
    """The network of any choice of filters and of earlier layers to read.

    Args:
        filters: of each of the N layers.
        anchors: for layer i = 1 … N, a choice for each of the layers 1 … i − 1: is
            it an input of layer i?

    Raises:
        ValueError: an anchor point has the wrong number of choices; names the layer.
    """
    inputs = []
    for layer, choices in enumerate(anchors, 1):
        if len(choices) != layer - 1:
            raise ValueError(
                f"layer {layer} needs a choice for each of the {layer - 1} layers "
                f"before it; got {len(choices)}"
            )
        chosen = tuple(j for j, reads in enumerate(choices, 1) if reads)
        inputs.append(chosen or (IMAGE,))  # rule 1
    read = set().union(*inputs)
    layers = range(1, len(filters) + 1)
    outputs = tuple(layer for layer in layers if layer not in read)  # rule 2
    return ArchitectureGraph(tuple(filters), tuple(inputs), outputs)


@dataclass(frozen=True)
class ConvolutionalLanguage:
    """The strings that describe networks of a given number of layers.

    Args:
        layers: N.
        heights, widths: of filters, from which one is chosen for each layer.
        numbers: of filters.
        strides: in each direction; (1,) for no such token.
        skips: whether there are anchor points; else each layer reads the one before.
    """

    layers: int
    heights: tuple[int, ...] = (1, 3, 5, 7)
    widths: tuple[int, ...] = (1, 3, 5, 7)
    numbers: tuple[int, ...] = (24, 36, 48, 64)
    strides: tuple[int, ...] = (1,)
    skips: bool = True

    @property
    def space(self) -> TokenSpace:
        """The tokens, layer by layer: `height2` is of layer 2, and `anchor3_1` says
        whether layer 3 reads layer 1.
        """
        tokens = []
        for i in range(1, self.layers + 1):
            tokens += [
                Token(f"height{i}", self.heights),
                Token(f"width{i}", self.widths),
            ]
            if self.strides != (1,):
                tokens += [
                    Token(f"down{i}", self.strides),
                    Token(f"right{i}", self.strides),
                ]
            tokens.append(Token(f"filters{i}", self.numbers))
            if self.skips:
                tokens += [Token(f"anchor{i}_{j}", (0, 1)) for j in range(1, i)]
        return TokenSpace(tuple(tokens))

    def graph(self, string: Strings) -> ArchitectureGraph:
        """The network that a string (T,) describes, repaired.

        Raises:
            ValueError: a token is out of range, named.
        """
        words: dict[str, Choice] = self.space.values(string)
        filters = []
        anchors = []
        for i in range(1, self.layers + 1):
            stride = (int(words.get(f"down{i}", 1)), int(words.get(f"right{i}", 1)))
            height = int(words[f"height{i}"])
            width = int(words[f"width{i}"])
            filters.append(Filters(height, width, int(words[f"filters{i}"]), stride))
            chain = [int(j == i - 1) for j in range(1, i)]  # without anchor points
            anchors.append(
                [int(words.get(f"anchor{i}_{j}", chain[j - 1])) for j in range(1, i)]
            )
        return repaired(filters, anchors)


class GraphNetwork(nn.Module):
    """The child of a graph: images (N, image, H, W) -> logits (N, classes).

    Args:
        graph: its layers.
        image: channels of an image.
        classes: number of classes.
        generator: draws all weights and biases uniformly from ±1/√(inputs of a unit).
    """

    def __init__(
        self,
        graph: ArchitectureGraph,
        image: int,
        classes: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.graph = graph
        *of_layers, of_head = graph.channels(image)
        layers: list[nn.Conv2d] = []
        for filters, maps in zip(graph.filters, of_layers, strict=True):
            size = (filters.height, filters.width)
            around = (filters.height // 2, filters.width // 2)
            # device "meta": no draw from the global generator
            layers.append(
                nn.Conv2d(
                    maps, filters.number, size, filters.stride, around, device="meta"
                ).to_empty(device="cpu")
            )
        self.layers = nn.ModuleList(layers)
        self.head = nn.Linear(of_head, classes, device="meta").to_empty(device="cpu")
        parts: list[nn.Conv2d | nn.Linear] = [*layers, self.head]
        for part in parts:
            bound = part.weight[0].numel() ** -0.5
            for parameter in part.parameters():
                nn.init.uniform_(parameter, -bound, bound, generator=generator)

    def forward(self, images: Tensor) -> Tensor:
        """Logits of images (N, image, H, W), (N, classes)."""
        maps = [images]
        for layer, inputs in zip(self.layers, self.graph.inputs, strict=True):
            maps.append(torch.relu(layer(put_together([maps[j] for j in inputs]))))
        last = put_together([maps[j] for j in self.graph.outputs])
        logits: Tensor = self.head(last.mean(dim=(2, 3)))
        return logits


def put_together(maps: Sequence[Tensor]) -> Tensor:
    """Maps (N, C_j, H_j, W_j) one behind the other, (N, Σ C_j, max H_j, max W_j)."""
    height = max(part.shape[2] for part in maps)
    width = max(part.shape[3] for part in maps)
    padded = []
    for part in maps:
        down = height - part.shape[2]
        right = width - part.shape[3]
        zeros = (right // 2, right - right // 2, down // 2, down - down // 2)
        padded.append(pad(part, zeros))  # rule 3
    return torch.cat(padded, dim=1)  # rule 4


def decode(
    language: ConvolutionalLanguage,
    string: Strings,
    image: int,
    classes: int,
    generator: torch.Generator,
) -> GraphNetwork:
    """The child of a string (T,); arguments as in `GraphNetwork`.

    Raises:
        ValueError: a token is out of range, named.
    """
    return GraphNetwork(language.graph(string), image, classes, generator)

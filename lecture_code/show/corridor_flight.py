"""`corridor_flight`: a robot in corridors, flown in the page by what a network says of
each picture.

    corridor_flight(stack, {"CAD²RL": parameters, "straight ahead": None}, title="Fly")

The raycaster, the networks and the flights are computed in the reader's browser: no
kernel and no request. Pictures there have no pixel noise; else they are those of
`vision.see`. A few looks of each family travel with the page, with their textures.

Read `corridor_flight` for what can be asked for, then `CorridorFlight`. `_encode` is
the format that corridor-flight.js reads.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lecture_code.vision import Looks, MapStack, draw_looks
from lecture_code.vision.corridor_looks import lens_of
from lecture_code.vision.grid_map import touching

from .flight_still import map_svg, picture_img
from .packed_networks import PackedLayer, Parameters, as_base64, encode, packed
from .page import bundle, fingerprint, prose, require_alt
from .sliders import choice_buttons, range_slider

Array = NDArray[np.float64]
RADIUS = 0.2  # of the robot [m]
LOOKS = 3  # of each random family
BETAS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
HORIZONS = range(1, 11)
FAMILIES = {"real": "“real”", "training": "training", "single": "single texture"}
MAX_BYTES = 330_000


class CorridorFlight:
    """Corridors to fly through on a page: `<corridor-flight>`.

    Args:
        stack: the maps.
        policies: by name, in the order of the buttons; the first is chosen. Weight and
            bias of each layer of a network, or None: straight ahead.
        names: of the maps.
        starts: x, y and heading in each map, (M, 3) [m, m, rad].
        looks: some of each family, by the name of the family; the first is chosen.
        title: visible above the map.

    Raises:
        ValueError: there is no policy, a network or a start does not fit, a robot
            starts in a wall, or the element is too heavy.
    """

    def __init__(
        self,
        stack: MapStack,
        policies: Mapping[str, Parameters | None],
        names: Sequence[str],
        starts: ArrayLike,
        looks: Mapping[str, Looks],
        title: str,
    ) -> None:
        if not policies:
            raise ValueError("give at least one policy, by its name")
        self.starts = check_starts(stack, starts)
        if len(names) != len(stack):
            raise ValueError(f"there are {len(stack)} maps, and {len(names)} names")
        self.stack = stack
        self.names = list(names)
        self.looks = dict(looks)
        self.title = title
        for family in looks:
            lens_of(family)
        self.networks = {
            name: None if parameters is None else pack(name, parameters)
            for name, parameters in policies.items()
        }
        self.alt = require_alt(
            f"A map of walls from above, {names[0]}, with a robot that looks along a "
            "corridor; beside it the small picture that the robot sees, and a bar of Q "
            "for each of the 15 directions in which it can fly."
        )
        self._html = self._render()

    def html(self) -> str:
        """`<corridor-flight>` with a still picture, the maps, looks and networks."""
        return self._html

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, Any]:
        return bundle(self)

    def _name(self) -> str:
        """Of this element in links: another name as soon as what can be chosen
        changes.
        """
        return fingerprint(self.title, *self.names, *self.networks, *self.looks)

    def _render(self) -> str:
        data = json.dumps(
            self._encode(), ensure_ascii=False, allow_nan=False, separators=(",", ":")
        ).replace("</", "<\\/")
        html = (
            f'<corridor-flight class="rg-shown" data-link="{self._name()}">'
            f'<p class="rg-title">{prose(self.title)}</p>{self._inside()}'
            f'<script type="application/json">{data}</script></corridor-flight>'
        )
        if len(html.encode()) > MAX_BYTES:
            raise ValueError(
                f"the flight is {len(html.encode()) // 1000} kB, and the page allows "
                f"{MAX_BYTES // 1000} kB: give fewer networks or looks"
            )
        return html

    def _inside(self) -> str:
        """Still pictures, status and controls."""
        look = next(iter(self.looks.values()))[:1]
        first = self.starts[:1]
        return (
            '<div class="rg-flight"><div class="rg-map">'
            f'<div class="rg-stage" role="img" aria-label="{escape(self.alt)}">'
            f'{map_svg(self.stack, first[0], look, RADIUS)}</div><div class="rg-room">'
            '</div><p class="rg-status" role="status">The flight needs JavaScript; the '
            'picture shows where it begins.</p></div><div class="rg-sight">'
            '<div class="rg-view" role="img" aria-label="The picture that the robot '
            f'sees">{picture_img(self.stack, first, look)}</div>'
            '<canvas class="rg-bars" role="img" aria-label="Q of each aim"></canvas>'
            f'<p class="rg-told"></p>{_sliders()}</div></div>{self._choices()}'
            '<p class="rg-note">The robot decides every 0.8 m, by one picture. Pictures'
            " in this page have no pixel noise. A line across a bar is the exact label "
            "of an aim: the share of H steps that it survives.</p>"
        )

    def _choices(self) -> str:
        """Buttons for the policy and for the family of looks, and which corridor."""
        families = [FAMILIES[family] for family in self.looks]
        owner = self._name()
        policies = choice_buttons(
            "policy", list(self.networks), 0, owner=owner, knob="policy"
        )
        looks = choice_buttons("appearance", families, 0, owner=owner, knob="family")
        options = "".join(
            f'<option value="{n}">{escape(name)}</option>'
            for n, name in enumerate(self.names)
        )
        return (
            f'<div class="rg-choices">{policies}{looks}</div><div class="rg-extras">'
            '<label class="rg-menu"><span>corridor</span><select class="rg-speed" '
            f'data-knob="map" data-start="0" disabled>{options}</select></label>'
            '<button type="button" class="rg-button rg-another" disabled>Another look'
            "</button></div>"
        )

    def _encode(self) -> dict[str, Any]:
        """The JSON that corridor-flight.js reads: walls as bits, row by row; textures
        as 16 bits between their lowest and highest value; all base64.
        """
        rows, columns = self.stack.walls.shape[1:]
        textures, families = encode_looks(self.looks)
        networks = [network for network in self.networks.values() if network]
        return {
            "alt": self.alt,
            "rows": rows,
            "columns": columns,
            "cell": self.stack.cell,
            "maps": [
                {"walls": as_base64(np.packbits(walls)), "start": start.tolist()}
                for walls, start in zip(self.stack.walls, self.starts, strict=True)
            ],
            "textures": textures,
            "families": families,
            "betas": BETAS,
            "networks": encode(networks),
            "policies": [
                {"network": None if network is None else networks.index(network)}
                for network in self.networks.values()
            ],
        }


def pack(name: str, parameters: Parameters) -> list[PackedLayer]:
    """A packed network.

    Raises:
        ValueError: the page has no such network; the message names the policy.
    """
    try:
        return packed(parameters)
    except ValueError as error:
        raise ValueError(f"{name!r}: {error}") from error


def _sliders() -> str:
    """Roll-outs and the goal."""
    betas = [f"{beta:g}" for beta in BETAS]
    steps = [f"{H} step{'s' * (H > 1)}" for H in HORIZONS]
    return (
        '<div class="rg-sliders">'
        + range_slider("β, weight of the goal", betas, 0, knob="beta")
        + range_slider("H, length of the roll-outs", steps, 4, knob="horizon")
        + '</div><label class="rg-check"><input type="checkbox" data-knob="fan" '
        "disabled>exact roll-outs of every aim</label>"
    )


def encode_looks(looks: Mapping[str, Looks]) -> tuple[list[Any], list[Any]]:
    """The textures that some looks need, and the looks of each family, as JSON."""
    places: dict[tuple[str, int], int] = {}
    families = []
    for family, some in looks.items():
        lens = lens_of(family)
        encoded = [
            {
                "walls": [
                    places.setdefault((family, int(n)), len(places))
                    for n in some.walls[row]
                ],
                "colours": some.colours[row].tolist(),
                "view": float(some.view[row]),
                "focal": float(some.focal[row]),
                "low": float(some.camera_height[row]),
                "high": float(some.wall_height[row]),
                "horizon": float(some.horizon[row]),
                "light": float(some.light[row]),
                "fade": float(some.fade[row]),
            }
            for row in range(len(some))
        ]
        lenses = {"gamma": lens.gamma, "vignette": lens.vignette, "blur": lens.blur}
        families.append({"family": family, **lenses, "looks": encoded})
    textures = []
    for family, n in places:
        texture = lens_of(family).textures(n + 1)[n].astype(float)
        low, span = texture.min(), max(np.ptp(texture), 1e-9)
        whole = np.rint((texture - low) / span * 65535).astype("<u2")
        values = {"low": float(low), "span": float(span), "values": as_base64(whole)}
        textures.append(values)
    return textures, families


def check_starts(stack: MapStack, starts: ArrayLike) -> Array:
    """Starts (M, 3), if there is one for each map and each is free.

    Raises:
        ValueError: names the start that does not fit.
    """
    starts = np.round(np.array(starts, dtype=float), 3)
    if starts.shape != (len(stack), 3):
        raise ValueError(
            f"starts must be ({len(stack)}, 3): x, y and heading in each map; got "
            f"{starts.shape}"
        )
    if not np.isfinite(starts).all():
        raise ValueError("starts must be finite")
    maps = np.arange(len(stack))
    x, y, _ = starts.T.copy()
    inside = touching(stack.walls, stack.cell, maps, x, y, RADIUS)
    for n in np.flatnonzero(inside)[:1]:
        raise ValueError(f"the robot of map {n} starts in a wall, at ({x[n]}, {y[n]})")
    return starts


def draw_starts(stack: MapStack, rng: np.random.Generator, tries: int = 200) -> Array:
    """A place in each map that looks far along a corridor, (M, 3)."""
    rows, columns = stack.walls.shape[1:]
    starts = []
    for m in range(len(stack)):
        x = rng.uniform(0, columns * stack.cell, tries)
        y = rng.uniform(0, rows * stack.cell, tries)
        headings = rng.integers(4, size=tries) * np.pi / 2
        maps = np.full(tries, m)
        free = ~touching(stack.walls, stack.cell, maps, x, y, 2 * RADIUS)
        ahead = np.zeros(tries)
        for far in np.arange(0.1, 16, 0.1):
            reach = [x + far * np.cos(headings), y + far * np.sin(headings)]
            free &= ~touching(stack.walls, stack.cell, maps, *reach, RADIUS)
            ahead += free
        best = int(ahead.argmax())
        starts.append([x[best], y[best], headings[best]])
    return np.array(starts)


def corridor_flight(
    stack: MapStack,
    policies: Mapping[str, Parameters | None],
    *,
    title: str,
    names: Sequence[str] = (),
    starts: ArrayLike | None = None,
    looks: Mapping[str, Looks] | None = None,
    seed: int = 0,
) -> CorridorFlight:
    """Corridors to fly through on a page.

    Args:
        stack: the maps, for example `MapStack.from_maps(held_out_maps()[:5])`.
        policies: by name: weight and bias of each layer of a network, as
            `packed_networks.unpacked` gives them, or None: straight ahead.
        title: visible above the map.
        names: of the maps; by default they are numbered.
        starts: x, y and heading in each map, (M, 3) [m, m, rad]; by default places with
            a long way ahead.
        looks: some of each family, by the name of the family; by default three random
            looks of "real" and of "training", and the "single" look.
        seed: of the looks and of the starts.

    Raises:
        ValueError: something does not fit together; the message says what.
    """
    rng = np.random.default_rng(seed)
    drawn = {
        family: draw_looks(family, 1 if family == "single" else LOOKS, rng)
        for family in FAMILIES
    }
    if starts is None:
        starts = draw_starts(stack, rng)
    numbered = [str(n + 1) for n in range(len(stack))]
    return CorridorFlight(
        stack, policies, names or numbered, starts, looks or drawn, title
    )

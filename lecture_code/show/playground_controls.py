"""Sliders, buttons and the menu of a playground."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from .choices import is_number
from .page import quantity
from .playground_settings import PlaygroundSettings
from .playground_setup import ALPHA, POLICY
from .sliders import BUTTONS, choice_buttons, range_slider, slider_values

LABELS = {
    "damping": "joint damping",
    "motor_noise": "motor noise, std",
    "motor_noise_correlation": "correlation of the noise",
    ALPHA: "α of the grounded simulator",
}
UNITS = {
    "motor_noise": "",
    "observation_noise": "",
    "backlash": "",
    "action_delay": "control steps",
}


@dataclass(frozen=True)
class Row:
    """One control of a playground: a slider, or the menu of policies.

    Attributes:
        name: of the knob, or `POLICY` or `ALPHA`.
        values: that it can take, in their order.
        texts: of the values, as the reader sees them.
        start: position of the value to begin with.
    """

    name: str
    values: list[Any]
    texts: list[str]
    start: int


def make_controls(settings: PlaygroundSettings) -> str:
    """Markup of all controls but the menu."""
    return "".join(_control(settings, row) for row in _rows(settings))


def positions_of(
    settings: PlaygroundSettings, values: dict[str, Any]
) -> dict[str, int]:
    """Positions of all controls, with these values and else their start.

    Raises:
        ValueError: there is no such control, or it has no such value.
    """
    rows = {row.name: row for row in _rows(settings)}
    if len(settings.policies) > 1 and POLICY not in rows:  # the menu
        numbers = list(range(len(settings.policies)))
        rows[POLICY] = Row(POLICY, numbers, [], settings.position)
    positions = {name: row.start for name, row in rows.items()}
    for name, value in values.items():
        if name not in rows or value not in rows[name].values:
            known = rows[name].values if name in rows else list(rows)
            raise ValueError(f"no {value!r} for {name!r} here; there are {known}")
        positions[name] = rows[name].values.index(value)
    return positions


def _rows(settings: PlaygroundSettings) -> Iterator[Row]:
    world = settings.world
    for name, (low, high) in settings.sliders.items():
        knob, start = world.parameters[name], world.values[name]
        unit = {**UNITS, **settings.units}.get(name, knob.unit)
        values = slider_values(low, high, (start, knob.nominal), knob.whole)
        texts = [quantity(value, unit) for value in values]
        yield Row(name, values, texts, values.index(start))
    if settings.indexed_by:
        texts = [str(name) for name in settings.policies]
        yield Row(POLICY, list(range(len(texts))), texts, settings.position)
    if settings.grounding is not None:
        alpha = float(settings.grounding.alpha)
        values = slider_values(0.0, 1.0, (alpha,), False)
        texts = [quantity(value, "") for value in values]
        yield Row(ALPHA, values, texts, values.index(alpha))


def _control(settings: PlaygroundSettings, row: Row) -> str:
    """A slider, or buttons where two or three policies are to choose from."""
    labels = {POLICY: settings.indexed_by, **LABELS, **settings.labels}
    label = labels.get(row.name, row.name.replace("_", " "))
    data = {"knob": row.name, "values": json.dumps(row.values), "start": str(row.start)}
    worded = row.name == POLICY and not all(map(is_number, settings.policies))
    few = worded and len(row.values) <= BUTTONS
    make = choice_buttons if few else range_slider
    return make(label, row.texts, row.start, **data)


def make_menu(settings: PlaygroundSettings) -> str:
    """A menu of policies, where there are several and no slider chooses among them."""
    if len(settings.policies) < 2 or settings.indexed_by:
        return ""
    options = "".join(
        f'<option value="{i}"{" selected" if i == settings.position else ""}>'
        f"{escape(str(name))}</option>"
        for i, name in enumerate(settings.policies)
    )
    return (
        '<label class="rg-menu">policy <select class="rg-speed" data-knob="policy" '
        f'data-start="{settings.position}" disabled>{options}</select></label>'
    )

"""MuJoCo, on machines that can draw and on machines that cannot.

MuJoCo looks for a graphics library while it is imported: for the one that the variable
`MUJOCO_GL` names. The book draws nothing with it, so a library that is asked for and
missing must not stop a simulation: then MuJoCo is imported without its renderer.

Everybody else writes `from lecture_code.simulation.mujoco_import import mujoco`.
"""

from __future__ import annotations

import importlib
import os

__all__ = ["mujoco"]


def _import_with_or_without_renderer() -> None:
    asked = os.environ.get("MUJOCO_GL")
    try:
        importlib.import_module("mujoco")
    except Exception:  # the bindings of OpenGL raise errors of many kinds
        if asked is None:
            raise  # no library was asked for: something else is missing
        os.environ["MUJOCO_GL"] = "disable"
        try:
            importlib.import_module("mujoco")
        finally:
            os.environ["MUJOCO_GL"] = asked


_import_with_or_without_renderer()
import mujoco  # noqa: E402

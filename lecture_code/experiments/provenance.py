"""Where a result comes from: code, versions of libraries, processor, command."""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_MACHINERY = (
    "__main__",
    "backends",
    "catalogue",
    "checkpoints",
    "files",
    "policies",
    "progress",
    "protocol",
    "provenance",
    "results",
    "runner",
)
MACHINERY = {str(__package__), *(f"{__package__}.{name}" for name in _MACHINERY)}
"""The modules that run experiments; they do not change what a run computes."""


def command(name: str) -> str:
    """The command that makes a result."""
    return f"python -m lecture_code.experiments {name}"


def versions() -> dict[str, str]:
    """Versions of Python, of the libraries that compute, and of this package."""
    installed = {"python": platform.python_version()}
    for package in ("numpy", "scipy", "torch", "mujoco", "crossing-the-reality-gap"):
        try:
            installed[package] = version(package)
        except PackageNotFoundError:
            installed[package] = "not installed"
    return installed


def machine() -> dict[str, Any]:
    """The processor and the number of its cores: nothing that identifies a machine."""
    return {"cpu": _cpu_model(), "cores": os.cpu_count() or 1}


def _cpu_model() -> str:
    """The processor's name as its maker gives it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.lower().startswith(("model name", "hardware")):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def code_tag(module_name: str) -> str:
    """A hash of what the code of a module *does*, with all its imports of our packages.

    Comments, docstrings and layout do not count, nor does the machinery of this room.
    """
    top_level = module_name.partition(".")[0]
    todo = [module_name]
    trees: dict[str, str] = {}
    while todo:
        name = todo.pop()
        path = _source(name)
        if path is None or name in trees or name in MACHINERY:
            continue
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        imported, trees[name] = _read(path.read_text(encoding="utf-8"), package)
        ours = (top_level, "lecture_code")
        todo += [other for other in imported if other.partition(".")[0] in ours]
    text = "\n".join(f"{name}\n{trees[name]}" for name in sorted(trees))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@functools.cache
def _read(source: str, package: str) -> tuple[list[str], str]:
    """The names that a module imports, and what it does, without docstrings."""
    tree = ast.parse(source)
    return _imports(tree, package), ast.dump(_without_docstrings(tree))


def _source(name: str) -> Path | None:
    """The source file of a module, imported or not; None where there is none."""
    if name in sys.modules and getattr(sys.modules[name], "__file__", None):
        return Path(str(sys.modules[name].__file__))
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, AttributeError, ValueError):  # a function, not a module
        return None
    origin = spec.origin if spec else None
    return Path(origin) if origin and origin.endswith(".py") else None


def _imports(tree: ast.Module, package: str) -> list[str]:
    """The names that a module of `package` imports, at whatever depth.

    Of `from a import b` both a and a.b, since b may be a module.
    """
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            relative = "." * node.level + (node.module or "")
            base = importlib.util.resolve_name(relative, package)
            names += [base] + [f"{base}.{alias.name}" for alias in node.names]
    return names


def _without_docstrings(tree: ast.Module) -> ast.Module:
    """The tree without its strings that stand alone."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            kept = [line for line in body if not _is_bare_string(line)]
            setattr(node, "body", kept)  # noqa: B010 (not every node has a body)
    return tree


def _is_bare_string(line: ast.stmt) -> bool:
    """Whether a statement is nothing but a constant, as a docstring is."""
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)

"""Where a result comes from: the code, the versions of the libraries, the processor,
the command.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

MACHINERY = {
    str(__package__),
    *(
        f"{__package__}.{name}"
        for name in (
            "backends",
            "protocol",
            "catalogue",
            "checkpoints",
            "files",
            "policies",
            "progress",
            "provenance",
            "results",
            "runner",
            "__main__",
        )
    ),
}
"""The modules that run experiments, and have no say in what a run computes."""


def command(name: str) -> str:
    """What to type to make a result."""
    return f"python -m lecture_code.experiments {name}"


def versions() -> dict[str, str]:
    """Of Python, of the libraries that compute, and of this package."""
    found = {"python": platform.python_version()}
    for package in ("numpy", "scipy", "torch", "mujoco", "crossing-the-reality-gap"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


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
    """A hash of what the code of a module and of all it imports from our packages
    *does*.

    Comments, docstrings and layout do not count, nor does the machinery of this room.
    """
    top_level, todo, trees = (
        module_name.partition(".")[0],
        [module_name],
        dict[str, str](),
    )
    while todo:
        name = todo.pop()
        path = _source(name)
        if path is None or name in trees or name in MACHINERY:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        todo += [
            found
            for found in _imports(tree, package)
            if found.partition(".")[0] in (top_level, "lecture_code")
        ]
        trees[name] = ast.dump(_without_docstrings(tree))
    return hashlib.sha256(
        "\n".join(f"{name}\n{trees[name]}" for name in sorted(trees)).encode()
    ).hexdigest()[:16]


def _source(name: str) -> Path | None:
    """The source file of a module, imported or not; None where there is none."""
    if name in sys.modules and getattr(sys.modules[name], "__file__", None):
        return Path(str(sys.modules[name].__file__))
    try:
        spec = importlib.util.find_spec(name)
    except (
        ImportError,
        AttributeError,
        ValueError,
    ):  # `name` is a function of a module, not a module
        return None
    return (
        Path(spec.origin)
        if spec is not None and spec.origin is not None and spec.origin.endswith(".py")
        else None
    )


def _imports(tree: ast.Module, package: str) -> list[str]:
    """The names that a module of `package` imports, at whatever depth; of `from a
    import b` both a and a.b, since b may be a module.
    """
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = importlib.util.resolve_name(
                "." * node.level + (node.module or ""), package
            )
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

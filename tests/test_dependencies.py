"""One list of direct dependencies, one pin for each, and nothing imported that is not
on it.
"""

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]
PIN = re.compile(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*(?: ?; ?.+)?")


def lines(name: str) -> list[str]:
    """A requirements file without comments and empty lines."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return [
        line
        for line in (
            re.sub(r"(?:^|\s)#.*", "", line).strip() for line in text.splitlines()
        )
        if line
    ]


def pins(name: str) -> dict[str, str]:
    """The version that a requirements file pins for each package, by its canonical
    name.
    """
    wanted = [Requirement(line) for line in lines(name) if not line.startswith("-")]
    return {
        canonicalize_name(one.name): str(one.specifier).removeprefix("==")
        for one in wanted
    }


def declared(requirements: list[str]) -> dict[str, Requirement]:
    return {canonicalize_name(one.name): one for one in map(Requirement, requirements)}


DIRECT = declared(PROJECT["dependencies"])
OPTIONAL = declared(
    [one for group in PROJECT["optional-dependencies"].values() for one in group]
)


def top_level(source: str) -> set[str]:
    """The libraries that are imported when the module is."""
    tree = ast.parse(source)
    names = {
        alias.name
        for node in tree.body
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    names |= {
        node.module or ""
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and not node.level
    }
    return {name.split(".")[0] for name in names}


def undeclared(source: str, distributions: dict[str, list[str]]) -> set[str]:
    """Libraries imported at the top of a module that are neither Python's, nor ours,
    nor direct dependencies.
    """
    libraries = top_level(source) - set(sys.stdlib_module_names) - {"lecture_code"}
    return {
        name
        for name in libraries
        if not {canonicalize_name(one) for one in distributions.get(name, [name])}
        & set(DIRECT)
    }


@pytest.mark.parametrize(
    "name",
    [
        "requirements.txt",
        "requirements-dev.txt",
        "requirements-bench.txt",
        "constraints.txt",
    ],
)
def test_every_requirement_is_one_exact_version(name):
    """Each line is `name==version`, or names another file or the project itself: no
    range, no address, no local build.
    """
    wanted = lines(name)
    assert wanted
    assert not [
        line
        for line in wanted
        if not PIN.fullmatch(line)
        and line not in ("-e .", "-c constraints.txt", "-r requirements.txt")
    ]


def test_direct_dependencies_are_pinned():
    """requirements.txt pins exactly the direct dependencies of pyproject.toml, at
    versions that its ranges allow.
    """
    pinned = pins("requirements.txt")
    assert set(pinned) == set(DIRECT)
    assert not [
        name
        for name, version in pinned.items()
        if not DIRECT[name].specifier.contains(version)
    ]


def test_optional_dependencies_that_tests_need_are_pinned():
    """The Dask backend is tested, so the development requirements pin it."""
    assert set(declared(PROJECT["optional-dependencies"]["dask"])) <= set(
        pins("requirements-dev.txt")
    )


def test_constraints_hold_every_pin():
    """constraints.txt has every pinned package at the same version, what these pull in,
    and nothing for one kind of graphics card.
    """
    everything = pins("constraints.txt")
    direct = (
        pins("requirements.txt")
        | pins("requirements-dev.txt")
        | pins("requirements-bench.txt")
    )
    assert not {
        name: version
        for name, version in direct.items()
        if everything.get(name) != version
    }
    assert len(everything) > 2 * len(direct)
    assert not [name for name in everything if name.startswith(("nvidia", "triton"))]


def test_the_environment_is_consistent():
    """No installed package lacks another or conflicts with one."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_package_imports_only_what_it_declares():
    """Every library that importing lecture_code needs is a direct dependency."""
    distributions = dict(importlib.metadata.packages_distributions())
    found = {
        path.name: undeclared(path.read_text(encoding="utf-8"), distributions)
        for path in (ROOT / "lecture_code").rglob("*.py")
    }
    assert found
    assert not {name: names for name, names in found.items() if names}


def test_an_undeclared_import_is_found():
    """Negative control: a library that is not a direct dependency is reported, optional
    ones at the top of a module too.
    """
    distributions = {
        "PIL": ["pillow"],
        "yaml": ["PyYAML"],
        "mujoco": ["mujoco"],
        "dask": ["dask"],
    }
    assert undeclared("import PIL.Image", distributions) == {"PIL"}
    assert undeclared("from yaml import load", distributions) == {"yaml"}
    assert undeclared("from dask.distributed import Client", distributions) == {"dask"}
    assert not undeclared(
        "import os\nimport mujoco\nfrom . import x\ndef f():\n    import dask",
        distributions,
    )
    assert "dask" in OPTIONAL


@pytest.mark.parametrize(
    "line", ["numpy>=2", "numpy", "torch==2.13.0+cpu", "name @ file:///x", "numpy==2.*"]
)
def test_a_loose_pin_is_found(line):
    """Negative control: ranges, local builds, addresses and wildcards are not exact
    versions.
    """
    assert not PIN.fullmatch(line)

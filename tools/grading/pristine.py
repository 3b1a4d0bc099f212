"""What the tests of a sheet rely on, as it was before the first line of a student's
code; it is put back before each test, and the student's changes are named.

A library also changes itself, mostly when a part of it is loaded late: making an
optimiser loads PyTorch's compiler, which wraps `torch.manual_seed` and counts in
variables of its own. Such a change is nobody's doing and is not named:

* a variable that the module's own functions assign (`global x`) is its state, and stays
  as it is;
* an alias of a class (`torch.Storage`) that came to stand for another class of the same
  library is a setting, and is put back in silence;
* so is a function that wraps the former one and whose code is a file of the same
  library.
"""

import contextlib
import dis
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

# Whose functions are put back before a test: what a test may rely on.
GUARDED = {
    *("builtins", "math", "cmath", "operator", "functools", "itertools", "collections"),
    *("inspect", "types", "abc", "statistics", "hashlib", "importlib", "unittest"),
    *("pytest", "numpy", "scipy", "torch", "lecture_code"),
}
GUARDED_CLASSES = {"lecture_code", "unittest", "numpy"}
MOST_WRAPPERS = 5  # around one function
CONSTANTS = (int, float, str, tuple)
KEPT = (FunctionType, BuiltinFunctionType, type, ModuleType, *CONSTANTS)


@dataclass(frozen=True)
class Parts:
    """A function's replaceable parts."""

    function: FunctionType
    code: CodeType
    defaults: Any
    named: Any

    @classmethod
    def of(cls, function: FunctionType) -> "Parts":
        """The parts of a function as they are now."""
        code, defaults = function.__code__, function.__defaults__
        return cls(function, code, defaults, function.__kwdefaults__)

    def restore(self) -> bool:
        """Put the parts back; whether one of them had been replaced."""
        function = self.function
        same = (
            function.__code__ is self.code
            and function.__defaults__ is self.defaults
            and function.__kwdefaults__ is self.named
        )
        if not same:
            function.__code__ = self.code
            function.__defaults__ = self.defaults
            function.__kwdefaults__ = self.named
        return not same


class Pristine:
    """The modules, functions and classes of this process, as they are now."""

    def __init__(self) -> None:
        self.modules = {
            name: module for name, module in sys.modules.items() if name != "__main__"
        }
        guarded = {
            name: module
            for name, module in self.modules.items()
            if root(name) in GUARDED and isinstance(module, ModuleType)
        }
        self.names = [
            (name, module, worth_keeping(vars(module)))
            for name, module in guarded.items()
        ]
        things = {
            id(thing): thing
            for name, _, names in self.names
            if root(name) in GUARDED_CLASSES
            for thing in names.values()
            if isinstance(thing, type | FunctionType) and has_module(thing)
        }
        classes = [thing for thing in things.values() if isinstance(thing, type)]
        self.classes = [(thing, dict(vars(thing))) for thing in classes]
        methods = [part for _, parts in self.classes for part in parts.values()]
        self.functions = [
            Parts.of(function)
            for function in (*things.values(), *methods)
            if isinstance(function, FunctionType)
        ]
        places: list[list[Any]] = [sys.path, sys.meta_path, sys.path_hooks]
        self.lists = [(held, list(held)) for held in places]

    def restore(self) -> list[str]:
        """Put everything back; the names of what somebody else than its own library had
        changed.
        """
        sys.settrace(None)
        sys.setprofile(None)
        threading.settrace(None)  # type: ignore[arg-type, unused-ignore]
        changed = [
            *self.restore_functions(),
            *self.restore_modules(),
            *self.restore_names(),
            *self.restore_classes(),
        ]
        for held, content in self.lists:
            if held != content:
                held[:] = content
        return [name for name in changed if not name.startswith("builtins._")]

    def restore_modules(self) -> Iterator[str]:
        """Put the modules back."""
        for name, module in self.modules.items():
            if sys.modules.get(name) is not module:
                sys.modules[name] = module
                yield name

    def restore_names(self) -> Iterator[str]:
        """Put what the modules hold back."""
        for name, module, names in self.names:
            now = vars(module)
            for key, value in names.items():
                new = now.get(key, Pristine)
                if new is value or (is_constant(value) and assigned_by(names, key)):
                    continue
                now[key] = value
                if not (wraps(new, value, name) or is_setting(new, value, key)):
                    yield f"{name}.{key}"

    def restore_classes(self) -> Iterator[str]:
        """Put the methods of classes back."""
        for owner, parts in self.classes:
            now = dict(vars(owner))
            for key, value in parts.items():
                if now.get(key, Pristine) is not value:
                    # slots of a class are not for setting
                    with contextlib.suppress(AttributeError, TypeError):
                        setattr(owner, key, value)
                        yield f"{owner.__module__}.{owner.__qualname__}.{key}"

    def restore_functions(self) -> Iterator[str]:
        """Put the code and the defaults of functions back."""
        for parts in self.functions:
            if parts.restore():
                yield f"{parts.function.__module__}.{parts.function.__qualname__}"


def root(name: str) -> str:
    """The first word of a dotted name."""
    return name.partition(".")[0]


def has_module(thing: Any) -> bool:
    """Whether a function or class says where it comes from."""
    return bool(getattr(thing, "__module__", ""))


def worth_keeping(names: Mapping[str, Any]) -> dict[str, Any]:
    """Functions, classes, modules and constants; tables and objects may change."""
    return {
        name: value
        for name, value in names.items()
        if isinstance(value, KEPT) or callable(value)
    }


def is_constant(value: Any) -> bool:
    """Whether a value is a plain number, text or tuple."""
    return isinstance(value, CONSTANTS) and not callable(value)


def assigned_by(names: Mapping[str, Any], key: str) -> bool:
    """Whether one of a module's own functions or methods assigns the module's variable
    `key`.
    """
    owners = [value for value in names.values() if isinstance(value, type)]
    methods = [part for owner in owners for part in vars(owner).values()]
    return any(
        stores(function.__code__, key)
        for function in (*names.values(), *methods)
        if isinstance(function, FunctionType)
    )


def stores(code: CodeType, key: str) -> bool:
    """Whether a code, or a function inside it, assigns the global variable `key`."""
    if key in code.co_names and any(
        step.opname == "STORE_GLOBAL" and step.argval == key
        for step in dis.get_instructions(code)
    ):
        return True
    inner = [nested for nested in code.co_consts if isinstance(nested, CodeType)]
    return any(stores(nested, key) for nested in inner)


def is_setting(new: Any, old: Any, key: str) -> bool:
    """Whether a name is an alias that has come from one class of a library to another
    class of the same library.
    """
    if not (isinstance(new, type) and isinstance(old, type) and old.__name__ != key):
        return False
    return root(new.__module__) == root(old.__module__)


def wraps(new: Any, old: Any, module: str) -> bool:
    """Whether a function wraps the one that stood in its place, and its code is a file
    of the library that both belong to.
    """
    if not isinstance(new, FunctionType):
        return False
    home = new.__globals__
    library = sys.modules.get(str(home.get("__name__")))
    ours = library is not None and vars(library) is home
    if not ours or root(library.__name__) != root(module):  # type: ignore[union-attr]
        return False
    if new.__code__.co_filename != home.get("__file__"):
        return False
    layer: Any = new
    for _ in range(MOST_WRAPPERS):
        layer = vars(layer).get("__wrapped__") if hasattr(layer, "__dict__") else None
        if layer is old:
            return True
    return False

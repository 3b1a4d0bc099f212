"""The house keeps its order: imports point one way, modules stay small, chance is
explicit, nothing of one machine is in the files.

Every rule is a function from source text to complaints, so that each can be seen to
fail on a small planted violation.
"""

import ast
import copy
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "lecture_code"
MODULES = sorted((ROOT / PACKAGE).rglob("*.py"))

# Which rooms each room may import: the notebooks stand above all of them.
LECTURE = {"dynamics", "observations", "gradients"}
BELOW = {"simulation", "vision", "data", "tetris", "learning", "search"}
MAY_IMPORT = {
    "data": set(),
    "simulation": set(),
    "vision": {"compiling"},
    "tetris": {"compiling"},
    "search": set(),
    "learning": {"simulation"},
    "dynamics": BELOW,
    "observations": BELOW,
    "gradients": BELOW,
    "experiments": {*BELOW, *LECTURE},
    "show": {"simulation", "tetris", "vision"},
    "figures": {*BELOW, *LECTURE, "experiments", "show"},
}
# A method imports another method of its room only where the lecture itself builds one
# on the other.
LECTURE_BUILDS_ON = {
    (
        "dynamics.grounded_action_transformation",
        "dynamics.grounded_simulation_learning",
    ),  # one way to ground, inside the loop around it
    (
        "dynamics.gaussian_adaptation",
        "dynamics.online_adaptation",
    ),  # the same method, as a baseline of inverse dynamics
    (
        "gradients.hierarchical_mixture",
        "gradients.mixture_of_experts",
    ),  # a gate of gates, from the same paper
    (
        "gradients.mixture_of_experts",
        "gradients.noisy_gate",
    ),  # the two halves of one layer
    (
        "gradients.architecture_search",
        "gradients.string_controllers",
    ),  # the controller, and how it learns
    (
        "gradients.estimator_descent",
        "gradients.rebar",
    ),  # one loop for all estimators that the chapter compares
    (
        "gradients.sequence_gan",
        "gradients.text_discriminator",
    ),  # the two players of one game
    (
        "gradients.cell_formulas",
        "gradients.recurrent_cells",
    ),  # the same cells, as equations
    (
        "gradients.dialogue_generation",
        "gradients.partial_rewards",
    ),  # the loop, and the rewards of its paper
    (
        "gradients.gumbel_softmax_gan",
        "gradients.symbol_networks",
    ),  # the two networks of this GAN
    (
        "observations.usage",
        "observations.progressive_nets",
    ),  # what such a net uses, a measure of the method's own paper
    (
        "observations.domain_confusion",
        "observations.gradient_reversal",
    ),  # two other losses in the place of its own, which the lecture compares
}
# Tasks of a room, and networks that several of its methods share, are no methods: the
# methods of the room may import them, and they import no method.
SHARED_BY_METHODS = {
    "observations.pixel_reacher",
    "observations.corridor_flight",
    "observations.collision_net",
    "observations.hook_scenes",
    "observations.two_domains",
    "observations.representation",
    "observations.layered_network",
    "observations.pushing",
    "observations.pusher_scenes",
    "observations.feature_training",
    "gradients.token_space",
    "gradients.reward_baselines",
    "gradients.relaxations",
    "gradients.discrete_choices",
    "gradients.estimators",
    "gradients.sequence_values",
    "gradients.dialogue_models",
}
ONLY_SHOW = {"matplotlib", "ipywidgets", "anywidget", "IPython"}
FONTS = ("matplotlib.get_data_path", "matplotlib.ft2font.")  # glyphs, not figures
KNOWS_NOTHING_OF = {
    "learning": {"mujoco", "gymnasium", "numba"},
    "simulation": {"torch", "numba"},
    "tetris": {"torch", "mujoco"},
    "data": {"torch", "mujoco", "gymnasium"},
    "vision": {"mujoco", "gymnasium", "torch"},
    "observations": {"mujoco"},
    "gradients": {"mujoco"},
}

GENERATORS = {
    "Generator",
    "SeedSequence",
    "BitGenerator",
    "default_rng",
}  # the parts of numpy.random that have no state of their own
TORCH_DRAWS = {
    "rand",
    "randn",
    "randint",
    "randperm",
    "normal",
    "bernoulli",
    "multinomial",
    "poisson",
}
LONGEST_MODULE, LONGEST_FUNCTION = 300, 40
LARGEST_RESULT = 500_000  # bytes
SKIPPED = {
    ".git",  # a file in a linked work tree
    ".venv",
    "_build",
    "node_modules",
    "checkpoints",
    "__pycache__",
    ".ipynb_checkpoints",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
}
SAMPLES = {"test_architecture.py", "test_notebooks.py"}  # they hold planted violations
MACHINE = re.compile(r"(?<![\w.~/-])/(?:home|Users|root|work|mnt|opt)/\w")
HOSTS = re.compile(
    r"https?://(?:registry\.[\w.-]+|[\w.-]+/(?:simple|whl|pypi|pool)\b)"
)  # known by their form: no file names one


def room_of(module: str) -> str:
    """The room of a dotted name inside the package: `simulation` of
    `simulation.worlds`.
    """
    return module.split(".")[0]


def imports(source: str, module: str) -> Iterator[tuple[str, bool]]:
    """Every imported dotted name, relative ones made absolute, and whether the import
    is at the top level of the module.
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = f"{PACKAGE}.{module}".split(".")[: -node.level]
                base = ".".join([*above, base] if base else above)
            names = [f"{base}.{alias.name}" for alias in node.names]
        yield from ((name, node in tree.body) for name in names)


def inside(name: str) -> str | None:
    """The dotted name below the package, if it is one of the package's."""
    return name.removeprefix(f"{PACKAGE}.") if name.startswith(f"{PACKAGE}.") else None


def import_graph(sources: dict[str, str]) -> dict[str, set[str]]:
    """For each module of the package, by its dotted name, the modules that it imports,
    at the top or inside a function.
    """
    graph: dict[str, set[str]] = {}
    for module, source in sources.items():
        graph[module] = set()
        for name in filter(None, (inside(name) for name, _ in imports(source, module))):
            above = name.rpartition(".")[0]
            known = [name, above, f"{above}.__init__"]  # a module, its part, a room's
            graph[module].update([part for part in known if part in sources][:1])
    return graph


def import_circle(graph: dict[str, set[str]]) -> list[str]:
    """Modules that import each other in a circle, the first again at the end; empty
    where there is none.
    """
    done: set[str] = set()

    def search(module: str, path: tuple[str, ...]) -> list[str]:
        if module in path:
            return [*path[path.index(module) :], module]
        if module in done:
            return []
        for other in sorted(graph[module]):
            if circle := search(other, (*path, module)):
                return circle
        done.add(module)
        return []

    return next(filter(None, (search(module, ()) for module in sorted(graph))), [])


def wrong_imports(source: str, module: str) -> list[str]:
    """Imports against the direction of the rooms, of a neighbouring method, or of a
    library that the room must not know.
    """
    room = room_of(module)
    problems = []
    for name, _ in imports(source, module):
        ours = inside(name)
        library = name.split(".")[0]
        if ours is not None:
            other = ".".join(ours.split(".")[:2])
            if room_of(ours) != room and room_of(ours) not in MAY_IMPORT.get(
                room, set()
            ):
                problems.append(
                    f"{module} imports {name}: {room} may import "
                    f"{sorted(MAY_IMPORT.get(room, set())) or 'no other room'}"
                )
            elif (
                room in LECTURE
                and room_of(ours) == room
                and other != module
                and other not in SHARED_BY_METHODS
                and (module, other) not in LECTURE_BUILDS_ON
            ):
                problems.append(
                    f"{module} imports {name}: a method does not import another method "
                    "of its room"
                )
        elif room == "data" and name.startswith(FONTS):
            continue  # printed digits are data
        elif library in ONLY_SHOW and room not in ("show", "figures"):
            problems.append(f"{module} imports {library}: only show draws")
        elif (
            room == "search"
            and library != "numpy"
            and library not in sys.stdlib_module_names
        ):
            problems.append(f"{module} imports {library}: search needs NumPy only")
        elif library in KNOWS_NOTHING_OF.get(room, set()):
            problems.append(f"{module} imports {library}: {room} knows nothing of it")
    return problems


def functions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    yield from (
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function without its docstring."""
    first = function.body[0]
    docstring = (
        first.end_lineno - first.lineno + 1
        if ast.get_docstring(function, clean=False) is not None
        else 0
    )
    return function.end_lineno - function.lineno + 1 - docstring


def too_long(source: str) -> list[str]:
    """A module or functions beyond the limits."""
    lines = source.count("\n")
    module = (
        [f"{lines} lines; at most {LONGEST_MODULE}"] if lines > LONGEST_MODULE else []
    )
    return module + [
        f"{node.name}: {length(node)} lines; at most {LONGEST_FUNCTION}"
        for node in functions(source)
        if length(node) > LONGEST_FUNCTION
    ]


def undocumented(source: str) -> list[str]:
    """Public classes and functions of the module, and public methods of its public
    classes, without a docstring; the module too.
    """
    tree = ast.parse(source)
    public = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and node.name[0] != "_"
    ]
    methods = [
        node
        for owner in public
        if isinstance(owner, ast.ClassDef)
        for node in owner.body
        if isinstance(node, ast.FunctionDef) and node.name[0] != "_"
    ]
    bare = [
        node.name
        for node in public + methods
        if ast.get_docstring(node) is None and not is_overload(node)
    ]
    return (
        bare
        if ast.get_docstring(tree) is not None or not tree.body
        else ["the module", *bare]
    )


def is_overload(node: ast.AST) -> bool:
    """Whether a function only states one of several signatures."""
    return any(
        isinstance(name, ast.Name) and name.id == "overload"
        for name in getattr(node, "decorator_list", [])
    )


def missing_names(source: str) -> list[str]:
    """Names in `__all__` that the module does not have."""
    tree = ast.parse(source)
    defined: set[str] = set()
    promised: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            defined |= {
                (alias.asname or alias.name).split(".")[0] for alias in node.names
            }
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {
                name.id
                for target in targets
                for name in ast.walk(target)
                if isinstance(name, ast.Name)
            }
            defined |= names
            if "__all__" in names:
                promised = ast.literal_eval(node.value)
    return [name for name in promised if name not in defined]


def global_randomness(source: str) -> list[str]:
    """Uses of a generator that nobody passed: `random`, NumPy's and torch's global
    state, a generator without a seed.
    """
    problems = [
        f"import of {name}"
        for name, _ in imports(source, "x.y")
        if name.split(".")[0] == "random"
    ]
    for node in ast.walk(ast.parse(source)):
        words = ast.unparse(node).split(".") if isinstance(node, ast.Attribute) else []
        if (
            words[:2] in (["np", "random"], ["numpy", "random"])
            and len(words) == 3
            and words[2] not in GENERATORS
        ):
            problems.append(".".join(words))
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            draws = called in {
                f"torch.{name}" for name in TORCH_DRAWS
            } and "generator" not in {keyword.arg for keyword in node.keywords}
            unseeded = (
                called.split(".")[-1] == "default_rng"
                and not node.args
                and not node.keywords
            )
            if draws or unseeded or called in ("torch.manual_seed", "torch.seed"):
                problems.append(ast.unparse(node))
    return problems


PROTOCOL = {"EXPERIMENTS", "runs", "summarise"}  # every module of experiments has them
TWO_ENGINES = {"choose", "place", "play"}  # Tetris: plain and compiled, side by side


def homonyms(sources: dict[str, str]) -> list[str]:
    """Public names that two modules define: one word would have two meanings.

    Chapters may call their figures as they like: a notebook imports one chapter's.
    """
    homes: dict[str, list[str]] = {}
    for module, source in sources.items():
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_":
                homes.setdefault(node.name, []).append(module)
    return [
        f"{name}: {', '.join(modules)}"
        for name, modules in homes.items()
        if len(modules) > 1
        and name not in PROTOCOL
        and not (name in TWO_ENGINES and {room_of(m) for m in modules} == {"tetris"})
    ]


class Form(ast.NodeTransformer):
    """What is left of a formula without its names, numbers and signs."""

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name("name")

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return ast.Attribute(self.visit(node.value), "attribute")

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Constant(type(node.value).__name__.replace("int", "float"))

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        return ast.keyword("keyword", self.visit(node.value))

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        return ast.BinOp(self.visit(node.left), ast.Add(), self.visit(node.right))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        return self.visit(node.operand)


def are_parallel(parts: list[ast.expr]) -> bool:
    """Whether formulas have the same form, call the same function, or pick entries."""
    forms = {ast.dump(Form().visit(copy.deepcopy(part))) for part in parts}
    called = {
        getattr(part.func, "attr", ast.unparse(part.func))
        for part in parts
        if isinstance(part, ast.Call)
    }
    calls = all(isinstance(part, ast.Call) for part in parts)
    entries = all(isinstance(part, ast.Subscript) for part in parts)
    return len(forms) == 1 or (calls and len(called) == 1) or entries


def written(target: ast.expr) -> set[str]:
    """The names that an assignment changes."""
    if isinstance(target, ast.Tuple):
        return set().union(*map(written, target.elts))
    owner = [target.value] if isinstance(target, ast.Subscript) else []
    return {ast.unparse(part) for part in (target, *owner)}


def read(value: ast.expr) -> set[str]:
    """The names that a formula reads."""
    kinds = ast.Name | ast.Attribute | ast.Subscript
    return {ast.unparse(part) for part in ast.walk(value) if isinstance(part, kinds)}


def crowded(source: str) -> list[str]:
    """Lines with several assignments, `a, b = x, y`, whose formulas are not parallel,
    or that need more than one line.

    They stay where a formula needs the old value of a name that is assigned before it.
    """
    problems = []
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple)):
            continue
        targets = node.targets[0]
        values = node.value.elts
        if not isinstance(targets, ast.Tuple) or any(
            isinstance(part, ast.Starred) for part in [*targets.elts, *values]
        ):
            continue
        before = set()
        needed = False
        for target, value in zip(targets.elts, values, strict=True):
            needed |= bool(before & read(value))
            before |= written(target)
        one_line = node.lineno == node.end_lineno
        if not needed and not (one_line and are_parallel(values)):
            problems.append(f"line {node.lineno}: {ast.unparse(node)}")
    return problems


def mapped(docstring: str) -> set[str]:
    """The modules that a room's docstring lists, one a line: `    name    meaning`."""
    return set(re.findall(r"^ {4}(\w+) {2,}\S", docstring, flags=re.MULTILINE))


def reads_switch(source: str) -> bool:
    """Whether the code, its docstrings aside, names the switch of the static build."""
    return any(
        isinstance(node, ast.Constant) and node.value == "BOOK_BUILD"
        for node in ast.walk(ast.parse(source))
    )


def traces(text: str) -> list[str]:
    """Paths of one machine and addresses of package registries."""
    return [
        found[0] for pattern in (MACHINE, HOSTS) for found in pattern.finditer(text)
    ]


def dotted(path: Path) -> str:
    """`simulation.worlds` of lecture_code/simulation/worlds.py, `simulation.__init__`
    of the room itself.
    """
    return ".".join(path.relative_to(ROOT / PACKAGE).with_suffix("").parts)


def text_of(path: Path) -> str:
    """The text of a file, nothing for one that holds no text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def project_files() -> Iterator[Path]:
    """Every file that is part of the project: not what the commands build, fetch or
    leave behind.
    """
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [
            name
            for name in folders
            if name not in SKIPPED and not name.endswith(".egg-info")
        ]
        yield from (Path(folder, name) for name in names if name not in SKIPPED)


def test_there_is_a_house():
    """The rules below have something to look at: the rooms of the foundation."""
    assert {"simulation", "search", "learning", "experiments", "show"} <= {
        room_of(dotted(path)) for path in MODULES
    }


@pytest.mark.parametrize("path", MODULES, ids=dotted)
class TestEveryModule:
    def test_imports_point_one_way(self, path):
        """Rooms import only the rooms below them, methods not one another, and
        libraries stay where they belong.
        """
        if path.parent != ROOT / PACKAGE:
            assert not wrong_imports(path.read_text(encoding="utf-8"), dotted(path))

    def test_fits_the_limits(self, path):
        """A module fits into one reading, a function on one screen."""
        assert not too_long(path.read_text(encoding="utf-8"))

    def test_is_documented(self, path):
        """Whatever is public says what it does."""
        assert not undocumented(path.read_text(encoding="utf-8"))

    def test_has_what_it_promises(self, path):
        """`from module import *` works: every name in `__all__` exists."""
        assert not missing_names(path.read_text(encoding="utf-8"))

    def test_takes_its_chance_from_an_argument(self, path):
        """No function draws from a generator that it was not given."""
        assert not global_randomness(path.read_text(encoding="utf-8"))


def test_a_name_has_one_meaning():
    """No public class or function of the package has the name of another."""
    sources = {
        dotted(path): path.read_text(encoding="utf-8")
        for path in MODULES
        if room_of(dotted(path)) != "figures" and path.name != "__main__.py"
    }
    assert not homonyms(sources)


def test_a_class_beside_the_package_has_a_name_of_its_own():
    """No class of the tools or extensions has the name of another class."""
    beside = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path
        for folder in ("tools", "ext")
        for path in (ROOT / folder).rglob("*.py")
    }
    paths = {dotted(path): path for path in MODULES} | beside
    sources = {
        module: path.read_text(encoding="utf-8") for module, path in paths.items()
    }
    assert not [name for name in homonyms(sources) if name[0].isupper()]


def test_a_second_meaning_is_noticed():
    """Negative control: the same public name in two rooms is reported."""
    assert homonyms({"show.a": "class Robot: ...", "simulation.b": "class Robot: ..."})
    assert not homonyms({"show.a": "class _Robot: ...", "search.b": "class Robot: ..."})


@pytest.mark.parametrize("folder", [PACKAGE, "tools", "ext", "benchmarks", "tests"])
def test_one_assignment_a_line(folder):
    """Two names are assigned on one line only by parallel formulas."""
    problems = {
        path.relative_to(ROOT).as_posix(): crowded(path.read_text(encoding="utf-8"))
        for path in sorted((ROOT / folder).rglob("*.py"))
    }
    assert problems
    assert not {name: lines for name, lines in problems.items() if lines}


@pytest.mark.parametrize("folder", ["tools", "ext"])
def test_modules_beside_the_package_fit_the_limits(folder):
    """Tools and extensions keep the limits of modules and of functions."""
    problems = {
        path.relative_to(ROOT).as_posix(): too_long(path.read_text(encoding="utf-8"))
        for path in sorted((ROOT / folder).rglob("*.py"))
    }
    assert problems
    assert not {name: long for name, long in problems.items() if long}


@pytest.mark.parametrize("room", sorted(set(MAY_IMPORT) - {"figures"}))
def test_a_room_lists_its_modules(room):
    """The docstring of a room says in a line what each of its modules holds; figures
    are listed chapter by chapter.
    """
    folder = ROOT / PACKAGE / room
    modules = {path.stem for path in folder.glob("*.py") if path.stem[:2] != "__"}
    if not modules:
        assert not folder.exists()
        return
    source = (folder / "__init__.py").read_text(encoding="utf-8")
    assert mapped(ast.get_docstring(ast.parse(source), clean=False) or "") == modules


def test_a_line_of_a_map_is_found():
    """Negative control: only indented lines with a name and a meaning list a module."""
    text = (
        "Start with `a.py`.\n\n    a       words\n    b_c  words\nd  words\n    e f\n"
    )
    assert mapped(text) == {"a", "b_c"}


def test_files_of_tests_have_names_of_their_own():
    """pytest imports a test by the name of its file: a second file of this name would
    be left out with an error.
    """
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert len(names) == len(set(names)) > 50


def test_every_room_is_known():
    """A new room gets a line in the table of who may import whom."""
    rooms = {
        path.parent.name for path in MODULES if path.parent.parent == ROOT / PACKAGE
    }
    assert rooms <= set(MAY_IMPORT)


def test_the_table_has_no_circle():
    """The rooms can be put in an order in which each imports only earlier ones."""
    left = {room: set(below) for room, below in MAY_IMPORT.items()}
    while left:
        ready = {room for room, below in left.items() if not below & set(left)}
        assert ready, f"these import one another: {sorted(left)}"
        left = {room: below for room, below in left.items() if room not in ready}


def foreign_calls(source: str) -> list[str]:
    """Functions of other files that a compiled function calls.

    numba keeps compiled code on the disk, and notices a change only in the file that
    the function is in: it would go on with the old code of the other file.
    """
    tree = ast.parse(source)
    imported = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        and (node.level or (node.module or "").startswith(PACKAGE))
        for alias in node.names
    }
    return [
        f"{node.name} calls {call.func.id}"
        for node in functions(source)
        if any(ast.unparse(name).startswith("compile") for name in node.decorator_list)
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        if call.func.id in imported
    ]


def test_everything_is_compiled_by_one_function():
    """Only `compiling.py` calls numba's own decorators: it alone knows what to do where
    nothing can be written to.
    """
    decorators = re.compile(r"\b(?:njit|jit|vectorize|guvectorize|cfunc|stencil)\b")
    users = [
        dotted(path)
        for path in MODULES
        if "numba" in (text := path.read_text(encoding="utf-8"))
        and decorators.search(text)
    ]
    assert users == ["compiling"]


def test_compiled_functions_call_only_their_own_file():
    """No compiled function calls a function of another file of the package."""
    sources = {dotted(path): path.read_text(encoding="utf-8") for path in MODULES}
    assert sum("@compile" in source for source in sources.values()) > 3
    assert not {
        name: calls for name, s in sources.items() if (calls := foreign_calls(s))
    }


def test_what_methods_share_is_there():
    """Each module that the methods of a room share exists, and is imported by others
    of its room.
    """
    sources = {dotted(path): path.read_text(encoding="utf-8") for path in MODULES}
    graph = import_graph(sources)
    assert set(graph) >= SHARED_BY_METHODS
    for module in SHARED_BY_METHODS - {"observations.pixel_reacher"}:
        assert len([name for name, others in graph.items() if module in others]) > 1


def test_no_circle_of_imports():
    """No module imports itself by way of others, inside functions included."""
    sources = {dotted(path): path.read_text(encoding="utf-8") for path in MODULES}
    assert sum(map(len, import_graph(sources).values())) > 100
    assert import_circle(import_graph(sources)) == []


@pytest.mark.parametrize(
    ("sources", "circle"),
    [
        (
            {
                "show.a": "from .b import f",
                "show.b": "def g():\n    from .a import h",
            },
            ["show.a", "show.b", "show.a"],
        ),
        (
            {
                "show.a": "import lecture_code.show.b",
                "show.b": "from . import c",
                "show.c": "if TYPE_CHECKING:\n    from lecture_code.show.a import A",
            },
            ["show.a", "show.b", "show.c", "show.a"],
        ),
        ({"show.a": "from .b import f", "show.b": "import numpy.a"}, []),
    ],
)
def test_a_circle_of_imports_is_found(sources, circle):
    """Negative control: circles through functions, type checking and three modules are
    told in their order; a chain is none.
    """
    assert import_circle(import_graph(sources)) == circle


def test_the_switch_is_read_in_one_place():
    """Whether a page is static is asked in one module of `show`, and nowhere else."""
    readers = [
        dotted(path)
        for path in MODULES
        if reads_switch(path.read_text(encoding="utf-8"))
    ]
    assert [room_of(name) for name in readers] == ["show"]


def test_no_file_names_a_machine_or_a_registry():
    """What is in the project holds on every machine and with every mirror."""
    found = {
        path.relative_to(ROOT).as_posix(): traces(text_of(path))
        for path in project_files()
        if path.name not in SAMPLES
    }
    assert found
    assert not {name: hits for name, hits in found.items() if hits}


def test_no_source_folder_is_called_static():
    """Jupyter Book would load every script below such a folder on every page."""
    assert not [
        path for path in project_files() if "_static" in path.relative_to(ROOT).parts
    ]


def test_results_are_small():
    """A committed result is small enough for a page and for the history."""
    assert not [
        path.name
        for path in (ROOT / "book" / "results").glob("*")
        if path.stat().st_size > LARGEST_RESULT
    ]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        (
            "simulation.worlds",
            "from lecture_code.learning.policies import LinearPolicy",
        ),
        ("simulation.worlds", "import torch"),
        ("learning.policies", "import mujoco"),
        ("learning.policies", "from ..dynamics import epopt"),
        ("search.cem", "import scipy.optimize"),
        ("search.cem", "from lecture_code.simulation import rollout"),
        ("dynamics.epopt", "from .tetris import Board"),
        ("dynamics.epopt", "from lecture_code.dynamics import tetris"),
        ("dynamics.epopt", "def f():\n    from lecture_code.show import explore"),
        ("experiments.epopt", "import matplotlib.pyplot as plt"),
        ("data.digits", "from matplotlib.figure import Figure"),
        ("vision.shapes", "from matplotlib.ft2font import FT2Font"),
        ("show.explore", "from lecture_code.experiments import load_result"),
        ("observations.flight_rules", "from .cad2rl import greedy"),
        ("observations.corridor_flight", "from .cad2rl import greedy"),
        ("gradients.patchwork", "from lecture_code.observations import collision_net"),
    ],
)
def test_an_import_the_wrong_way_is_found(module, source):
    """Negative control: each kind of forbidden import is reported, at any depth."""
    assert wrong_imports(source, module)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        (
            "learning.policies",
            "import torch\nfrom lecture_code.simulation import Trajectories",
        ),
        ("search.cem", "import math\nimport numpy as np\nfrom .protocol import Search"),
        ("dynamics.gaussian_adaptation", "from .online_adaptation import Model"),
        (
            "dynamics.epopt",
            "from ..simulation.worlds import World\nfrom lecture_code.learning import "
            "policies",
        ),
        ("show.figures", "import matplotlib"),
        ("observations.cad2rl", "from .corridor_flight import Flights"),
        ("observations.collision_net", "from .corridor_flight import Flights"),
        ("data.digits", "from matplotlib.ft2font import FT2Font"),
    ],
)
def test_an_import_the_right_way_is_accepted(module, source):
    """Positive control: what the table allows is not reported, the lecture's own
    exceptions included.
    """
    assert not wrong_imports(source, module)


@pytest.mark.parametrize(
    ("rule", "bad", "good"),
    [
        (too_long, "x = 1\n" * 301, "x = 1\n" * 300),
        (
            too_long,
            "def f():\n" + "    x = 1\n" * 40,
            "def f():\n" + '    """A\n\n    B."""\n' + "    x = 1\n" * 39,
        ),
        (
            undocumented,
            '"""M."""\ndef f(): pass',
            '"""M."""\ndef f():\n    "Does."\ndef _g(): pass',
        ),
        (
            undocumented,
            '"""M."""\nclass A:\n    "A."\n    def f(self): pass',
            '"""M."""\nclass A:\n    "A."\n    def __len__(self): pass',
        ),
        (undocumented, "x = 1", '"""M."""\nx = 1'),
        (
            missing_names,
            "__all__ = ['f', 'g']\ndef f(): pass",
            "from a import g\n__all__ = ['f', 'g', 'x']\ndef f(): pass\nx: int = 1",
        ),
        (global_randomness, "np.random.seed(0)", "rng = np.random.default_rng(0)"),
        (
            global_randomness,
            "x = np.random.normal(size=3)",
            "def f(rng: np.random.Generator): return rng.normal(size=3)",
        ),
        (global_randomness, "np.random.default_rng()", "np.random.default_rng(seed)"),
        (global_randomness, "import random", "import math"),
        (
            global_randomness,
            "from random import choice",
            "from numpy.random import Generator",
        ),
        (global_randomness, "torch.randn(3)", "torch.randn(3, generator=g)"),
        (global_randomness, "torch.manual_seed(0)", "torch.Generator().manual_seed(0)"),
        (crowded, "n, mean = len(x), x.mean()", "c, s = np.cos(q), np.sin(q)"),
        (crowded, "lines, over = 0, False", "low, high = 0, 0.5"),
        (crowded, "a, b = g(x), f(x, y)", "a, b = rng.normal(3), rng.normal(3, 4)"),
        (crowded, "a, b = f(b), x[0]", "a, b = b, f(a)"),
        (crowded, "a, b = (\n    f(x),\n    f(y),\n)", "a, b = f(x)"),
        (crowded, "p[0], p[1] = h, 2 * h", "p[0], p[1] = h, -w"),
        (
            foreign_calls,
            "from lecture_code.a import f\n@compiled\ndef g(): return f(1)",
            "from lecture_code.a import f\nfrom math import sin\n"
            "@compiled\ndef h(): return sin(1)\n@compiled\ndef g(): return h()",
        ),
        (reads_switch, "os.environ.get('BOOK_BUILD')", '"""Read BOOK_BUILD?"""'),
        (traces, "open('/home/ann/x')", "see book/home/work/x and ~/work/x"),
        (traces, "https://registry." + "example.org/katex", "https://katex.org"),
        (
            traces,
            "--index-url https://" + "example.org/whl/cpu",
            "the selector at https://pytorch.org/get-started",
        ),
    ],
)
def test_each_rule_can_fail(rule, bad, good):
    """Negative control: every rule reports its planted violation, and accepts the same
    thing done well.
    """
    assert rule(bad)
    assert not rule(good)

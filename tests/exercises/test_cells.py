"""What runs in a cell of Jupyter runs in the grader, and only what a student has
changed is called changed.
"""

import json
import subprocess
import sys

import pytest

from tools.grading.job import CellToRun, plan
from tools.grading.process import Process
from tools.processes import ROOT


@pytest.fixture(scope="module")
def ask(toy, wall):
    """`ask(first, second, …)`: run cells of a student's, one after the other, in a
    notebook of their own; what the last one gives.
    """
    from tests.exercises.conftest import QUICK

    def run_cells(*sources):
        process.ask(CellToRun("fresh", "fresh", ""), 5, 30)
        for number, source in enumerate(sources):
            answer = process.ask(CellToRun(f"cell {number}", "student", source), 5, 30)
        return answer["outputs"]

    with Process(plan(toy, toy.notebook, "ann", QUICK, ""), wall) as process:
        yield run_cells


def shown(outputs):
    """All that a cell printed, showed or complained of."""
    return "".join(
        one.get("text", "")
        + one.get("evalue", "")
        + one.get("data", {}).get("text/plain", "")
        for one in outputs
    )


FIRST_LINES = {
    "%%time": "%%time\n",
    "%%capture": "%%capture caught\n",
    "%matplotlib": "%matplotlib inline\n",
    "%config": "%config InlineBackend.figure_format = 'svg'\n",
    "%load_ext": "%load_ext autoreload\n%autoreload 2\n",
    "display": "display(1)\n",
    "await": "import asyncio\nawait asyncio.sleep(0)\n",
    "async for": "async def one():\n    yield 1\nasync for _ in one(): pass\n",
    "help": "int?\n",
    "shell": "!ls\n",
    "get_ipython": "get_ipython().run_line_magic('time', '1')\n",
    "clear_output": "from IPython.display import clear_output\nclear_output()\n",
    "semicolon": "6 * 7;\n",
}


@pytest.mark.parametrize("first", FIRST_LINES.values(), ids=list(FIRST_LINES))
def test_a_cell_of_jupyter_defines_what_it_defines(ask, first):
    """Whatever of Jupyter's stands above a right answer, the answer counts."""
    assert shown(ask(f"{first}def f():\n    return 41", "f() + 1")) == "42"


VALUES = {
    "%time": ("%time x = 3", "x", "3"),
    "captured": ("%%capture caught\nprint('said')", "caught.stdout", "'said\\n'"),
    "awaited": ("import asyncio\nx = await asyncio.sleep(0, 3)", "x", "3"),
    "the last value": ("6 * 7", "_ + 1", "43"),
    "a class to pickle": (
        "import pickle\nclass A:\n    pass\nx = pickle.loads(pickle.dumps(A()))",
        "type(x) is A",
        "True",
    ),
    "printed": ("print('mine')", "display('yours')", "'yours'\n"),
    "%%writefile": (
        "%%writefile notes.txt\nhello",
        "open('notes.txt').read()",
        "'hello\\n'",
    ),
}


@pytest.mark.parametrize(("first", "then", "value"), VALUES.values(), ids=list(VALUES))
def test_what_jupyter_keeps_is_kept(ask, first, then, value):
    """A magic's result, an awaited value, `_` and the notebook's module are what they
    are in Jupyter.
    """
    assert shown(ask(first, then)) == value


MISTAKES = {
    "plain": "1 / 0",
    "%%time": "%%time\n1 / 0",
    "%time": "%time 1 / 0",
    "await": "import asyncio\nawait asyncio.sleep(0)\n1 / 0",
}


@pytest.mark.parametrize("source", MISTAKES.values(), ids=list(MISTAKES))
def test_an_error_is_an_error_under_a_magic(ask, source):
    """An error reaches the student, whoever of IPython's has caught it on the way."""
    (error,) = [one for one in ask(source) if one["output_type"] == "error"]
    assert error["ename"] == "ZeroDivisionError"


def test_an_error_in_a_program_that_a_magic_runs_is_an_error(ask):
    """`%run` shows an error of its program instead of raising it; it is one all the
    same.
    """
    (error,) = ask("%%writefile program.py\n1 / 0", "%run program.py")
    assert error["ename"] == "ZeroDivisionError"


@pytest.mark.parametrize(
    "first", ["", "%%time\n", "await __import__('asyncio').sleep(0)\n"]
)
def test_an_endless_cell_ends(ask, first):
    """The alarm reaches a cell inside a magic and inside the event loop, and the next
    cell runs.
    """
    from tests.exercises.conftest import QUICK

    assert QUICK.cell == 5
    soon = "import signal\nsignal.setitimer(signal.ITIMER_REAL, 0.1)\n"
    outputs = ask(f"{first}{soon}while True:\n    pass")
    assert "longer than 5 seconds" in shown(outputs)
    assert shown(ask("1 + 1")) == "2"


def test_an_error_leads_to_the_students_line(ask):
    """The line is that of the cell as the student wrote it, with magics above it."""
    error = ask("%matplotlib inline\nx = 0\n1 / x")[-1]
    assert error["traceback"][1] == "  cell 0, line 3: 1 / x"


def test_a_tampered_shell_does_not_run_the_tests(graded):
    """A sheet's own cells run beside the shell: a student who replaces its methods, or
    registers a transformer of sources, still fails.
    """
    trick = (
        "ip = get_ipython()\n"
        "ip.run_cell = ip.run_code = lambda *a, **k: None\n"
        "ip.input_transformers_post.append(lambda lines: [])\n"
        "import IPython.core.inputtransformer2 as t\n"
        "t.TransformerManager.transform_cell = lambda *a: ''\n"
    )
    wrong = "def smooth(x, k):\n    return x[k - 1 :]"
    assert "q2_test" in graded({"q1": f"period = 2.5\n{trick}", "q2": wrong})[0]


PROGRAM = """
import importlib, json, sys, warnings
warnings.simplefilter("ignore")
sys.path.insert(0, sys.argv[1])
for name in ("numpy.testing", "scipy.signal", "torch", "torch.optim", "torch.func"):
    importlib.import_module(name)
import numpy, torch
from tools.grading.pristine import Pristine
pristine = Pristine()
for deed in json.load(sys.stdin):
    exec(deed)
    print(json.dumps(pristine.restore()))
"""
HONEST = """
torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))])
torch.manual_seed(1)
torch.set_default_dtype(torch.float64)
torch.func.jacrev(lambda x: 2 * x)(torch.ones(3))
torch.compile(lambda x: 2 * x, backend="eager")(torch.ones(3))
numpy.random.seed(1)
numpy.set_printoptions(precision=3)
import unittest.mock
with unittest.mock.patch("numpy.allclose"):
    pass
"""
CHANGES = {
    "a constant": ("numpy.pi = 3", "numpy.pi"),
    "a function": ("numpy.allclose = numpy.any", "numpy.allclose"),
    "a wrapper of one's own": (
        "import functools\nf = numpy.allclose\n"
        "numpy.allclose = functools.wraps(f)(lambda *a: True)",
        "numpy.allclose",
    ),
    "a wrapper of another library": (
        "import contextlib\n"
        "class Quiet(contextlib.suppress, contextlib.ContextDecorator):\n    pass\n"
        "f = numpy.testing.assert_allclose\n"
        "numpy.testing.assert_allclose = Quiet(Exception)(f)",
        "numpy.testing.assert_allclose",
    ),
    "another function of the library": (
        "torch.manual_seed = torch.no_grad()(torch.seed)",
        "torch.manual_seed",
    ),
    "a function that pretends to be the library's": (
        "f = numpy.testing.assert_allclose\n"
        "exec('def fake(*a, **k): pass', vars(numpy))\n"
        "numpy.fake.__wrapped__ = f\n"
        "numpy.testing.assert_allclose = numpy.fake",
        "numpy.testing.assert_allclose",
    ),
    "a module": ("sys.modules['numpy'] = torch", "numpy"),
    "a default": ("numpy.testing.assert_allclose.__kwdefaults__ = {}", "numpy.testing"),
}


@pytest.fixture(scope="module")
def changed():
    """What `Pristine` names after the honest deeds, and after each of the others, in a
    process of its own.
    """
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(ROOT)],
        input=json.dumps([HONEST, *(deed for deed, _ in CHANGES.values())]),
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_what_a_library_does_to_itself_is_not_named(changed):
    """Making an optimiser, compiling, differentiating, patching and putting back: a
    library's own wrappers, counters and settings are nobody's doing.
    """
    assert changed[0] == []


def test_what_a_student_changes_is_named(changed):
    """Negative control: constants, functions, wrappers of any origin and modules that
    somebody replaced are named, each of them.
    """
    for names, (deed, name) in zip(changed[1:], CHANGES.values(), strict=True):
        assert any(one.startswith(name) for one in names), deed

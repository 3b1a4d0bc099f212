"""What must hold of run.py, make and the README's commands; nothing here installs,
builds or asks the network.
"""

import ast
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest

from tools import commands, prepare, stage_runs
from tools.arguments import PORT, Arguments, parse
from tools.processes import Trouble, execute
from tools.serve import bind
from tools.stage_runs import (
    Counts,
    Stage,
    StageOutcome,
    read_report,
    run_stages,
    summarise,
)
from tools.stages import POOLS, all_stages

ROOT = Path(__file__).resolve().parent.parent
SAY = "import sys; print(sys.argv[1:])"
MEET = """
import pathlib, sys, time
pathlib.Path({mine!r}).touch()
for _ in range(3000):
    if pathlib.Path({other!r}).exists():
        break
    time.sleep(0.01)
else:
    sys.exit("nobody came")
print(sys.argv[1], "met")
"""


def python(code: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code, *arguments)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def make(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run make as a person would: not as a part of the make that may be running these
    tests.
    """
    outside = {
        name: value
        for name, value in os.environ.items()
        if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "NAME")
    }
    return subprocess.run(
        ["make", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=outside | env,
        check=False,
    )


@pytest.fixture
def small_project(tmp_path: Path) -> Path:
    """A project with one file of each kind that an executed notebook depends on, and a
    filled cache.
    """
    for name in (
        "lecture_code/simulation/worlds.py",
        "book/results/hopper.json",
        "book/web/page.js",
        "book/lecture.yml",
        "constraints.txt",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1", encoding="utf-8")
    prepare.drop_stale_cache(tmp_path)
    (tmp_path / "_build" / ".jupyter_cache").mkdir()
    return tmp_path


class TestOldPython:
    def test_is_told_what_to_do(self):
        """With a Python that is too old, the message names the version that is needed
        and the one that was found.
        """
        old = run(
            "-c",
            "import sys; sys.version_info = (3, 9, 18); exec(open('run.py').read())",
        )
        assert old.returncode == 1
        assert "3.11" in old.stderr
        assert "3.9" in old.stderr
        assert "Traceback" not in old.stderr

    def test_can_read_the_file(self):
        """run.py is written so that a Python of 2017 gets as far as the message: old
        grammar, nothing from __future__.
        """
        tree = ast.parse(
            (ROOT / "run.py").read_text(encoding="utf-8"), feature_version=(3, 6)
        )
        assert not [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        ]

    def test_is_turned_away_before_newer_code_is_imported(self):
        """Nothing but `sys` is imported above the check."""
        body = ast.parse((ROOT / "run.py").read_text(encoding="utf-8")).body
        check = next(
            position for position, node in enumerate(body) if isinstance(node, ast.If)
        )
        above = [
            alias.name
            for node in body[:check]
            if isinstance(node, ast.Import)
            for alias in node.names
        ]
        assert above == ["sys"]
        assert not [node for node in body[:check] if isinstance(node, ast.ImportFrom)]


class TestHelp:
    def test_lists_every_command(self):
        """Without a command, each is listed with one line."""
        listed = run("run.py")
        assert listed.returncode == 0
        assert re.findall(r"^  (\w+) +\S", listed.stdout, re.MULTILINE) == list(
            commands.COMMANDS
        )

    def test_a_cautious_python_finds_the_project(self, monkeypatch):
        """Where PYTHONSAFEPATH leaves the project's folder out, the commands are the
        same.
        """
        monkeypatch.delenv("PYTHONPATH", raising=False)
        plain = run("run.py")
        monkeypatch.setenv("PYTHONSAFEPATH", "1")
        assert run("run.py").stdout == plain.stdout != ""

    def test_an_unknown_command_is_named(self):
        """The message names the culprit and the alternatives."""
        unknown = run("run.py", "bok")
        assert unknown.returncode == 2
        assert "'bok'" in unknown.stderr
        assert all(name in unknown.stderr for name in commands.COMMANDS)

    @pytest.mark.skipif(shutil.which("make") is None, reason="this machine has no make")
    def test_make_alone_lists_every_target(self):
        """`make` and `python run.py` say the same, and each command is a target."""
        made = make(f"PYTHON={sys.executable}")
        assert made.stdout == run("run.py").stdout
        targets = re.search(
            r"^COMMANDS := (.+)$",
            (ROOT / "Makefile").read_text(encoding="utf-8"),
            re.MULTILINE,
        )
        assert sorted(targets[1].split()) == sorted(commands.COMMANDS)

    @pytest.mark.skipif(shutil.which("make") is None, reason="this machine has no make")
    def test_make_passes_on_what_was_said_and_nothing_else(self):
        """NAME reaches run.py from make's command line, but not from the environment,
        where some systems keep another.
        """
        dry = ("--dry-run", "results", "ARGS=--smoke")
        said, inherited = make(*dry, "NAME=hopper"), make(*dry, NAME="laptop")
        assert said.stdout.split()[1:] == [
            "run.py",
            "results",
            'NAME="hopper"',
            "--smoke",
        ]
        assert inherited.stdout.split()[1:] == ["run.py", "results", "--smoke"]


class TestReadme:
    def test_its_commands_exist(self):
        """Every `make X` and `run.py X` in the guides is a command."""
        guides = "".join(
            (ROOT / name).read_text(encoding="utf-8")
            for name in ("README.md", "CONTRIBUTING.md")
        )
        named = set(
            re.findall(r"(?:^|`)make (\w+)|run\.py (\w+)", guides, re.MULTILINE)
        )
        named = {first or second for first, second in named}
        assert {"book", "test"} <= named
        assert named <= set(commands.COMMANDS)

    def test_its_map_is_true(self):
        """Every path in the README's code spans and links that looks like one of ours
        exists.
        """
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        spans = set(
            re.findall(
                r"`([\w.]+/(?:[\w./-]*\w)?/?|[A-Z]+\.md|\w+\.(?:toml|txt|py|yml))`",
                readme,
            )
        )
        paths = {
            path for path in spans if not path.startswith(("_build/", ".venv/"))
        }  # made by the commands
        assert len(paths) > 5
        assert not [path for path in paths if not (ROOT / path).exists()]


class TestServe:
    def test_a_taken_port_is_stepped_over(self, tmp_path):
        """Where somebody listens already, the next free port is used."""
        (tmp_path / "index.html").write_text("hello", encoding="utf-8")
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            with bind(tmp_path, port) as server:
                assert port < server.server_port < port + 50
                thread = threading.Thread(target=server.serve_forever)
                thread.start()
                with urllib.request.urlopen(
                    f"http://127.0.0.1:{server.server_port}/"
                ) as answer:
                    assert answer.read() == b"hello"
                    assert answer.headers["Cache-Control"] == "no-cache"
                server.shutdown()
                thread.join()

    def test_a_step_is_said(self, tmp_path, capsys, monkeypatch):
        """The reader is told the address, and that it is not the one that was asked
        for.
        """
        from tools import serve

        monkeypatch.setattr(
            serve.Server,
            "serve_forever",
            lambda server: (_ for _ in ()).throw(KeyboardInterrupt),
        )
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            serve.serve(tmp_path, port)
        said = capsys.readouterr().out
        assert f"Port {port} is taken" in said
        assert re.search(r"http://localhost:\d+/", said)

    def test_no_free_port_is_an_error_in_words(self, tmp_path):
        """When no port that was tried is free, the message says how to choose one."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            with pytest.raises(Trouble, match="PORT="):
                bind(tmp_path, taken.getsockname()[1], attempts=1)

    @pytest.mark.parametrize("port", ["0", "65536", "http", "-1", ""])
    def test_a_port_that_is_none_is_refused(self, port):
        """A port is a number from 1 to 65535."""
        with pytest.raises(Trouble, match="PORT"):
            parse([f"PORT={port}"])

    def test_words_are_sorted(self):
        """NAME and PORT are read, every other word is passed on in its order."""
        assert parse(["--smoke", "NAME=a b", "PORT=9000", "x"]) == Arguments(
            "a b", 9000, ("--smoke", "x")
        )
        assert parse([]) == Arguments(None, PORT, ())


class TestNotebookCache:
    @pytest.mark.parametrize(
        "name",
        [
            "lecture_code/simulation/worlds.py",
            "book/results/hopper.json",
            "book/lecture.yml",
            "constraints.txt",
        ],
    )
    def test_is_dropped_when_what_it_rests_on_changes(self, small_project, name):
        """A change in the package, its data or the requirements forgets the executed
        notebooks, once.
        """
        (small_project / name).write_text("2", encoding="utf-8")
        assert prepare.drop_stale_cache(small_project)
        assert not (small_project / "_build" / ".jupyter_cache").exists()
        assert not prepare.drop_stale_cache(small_project)

    def test_is_dropped_when_a_module_is_added_or_renamed(self, small_project):
        """Names count as well as contents."""
        module = small_project / "lecture_code" / "simulation" / "worlds.py"
        module.rename(module.with_name("tasks.py"))
        assert prepare.drop_stale_cache(small_project)

    def test_is_kept_when_nothing_has_changed(self, small_project):
        """Neither time stamps, nor bytecode, nor files of no consequence cost the
        reader a new execution.
        """
        (small_project / "lecture_code" / "simulation" / "worlds.py").touch()
        (small_project / "lecture_code" / "__pycache__").mkdir()
        (small_project / "lecture_code" / "__pycache__" / "worlds.py").write_text(
            "x", encoding="utf-8"
        )
        (small_project / "README.md").write_text("x", encoding="utf-8")
        assert not prepare.drop_stale_cache(small_project)
        assert (small_project / "_build" / ".jupyter_cache").exists()


class TestInstallation:
    @pytest.fixture
    def pip(self, tmp_path, monkeypatch):
        """What would be run, with the stamps in a folder of the test's own."""
        ran: list[tuple[str, ...]] = []
        monkeypatch.setattr(prepare, "VENV", tmp_path)
        monkeypatch.setattr(prepare, "make_venv", lambda: None)

        def succeed(command, **options):
            ran.append(tuple(map(str, command)))
            return 0

        monkeypatch.setattr(prepare, "execute", succeed)
        return ran

    def test_is_done_once(self, pip):
        """The second call finds its stamp and does nothing; other requirements have a
        stamp of their own.
        """
        prepare.install("")
        prepare.install("")
        assert [command[-1] for command in pip] == ["requirements.txt"]
        prepare.install("dev")
        assert [command[-1] for command in pip] == [
            "requirements.txt",
            "requirements-dev.txt",
        ]

    def test_that_failed_is_done_again(self, pip, tmp_path, monkeypatch):
        """A failed installation leaves no stamp, and the cause is read from pip's log
        of this very run.
        """
        (tmp_path / "pip.log").write_text("No space left on device")

        def fail(command, **options):
            assert f"--log={tmp_path / 'pip.log'}" in command
            with (tmp_path / "pip.log").open("a", encoding="utf-8") as log:
                log.write("ERROR: No matching distribution found for mujoco==4.0.0")
            return 1

        with monkeypatch.context() as patch:
            patch.setattr(prepare, "execute", fail)
            with pytest.raises(Trouble, match=r"requirements\.txt.*of mujoco==4\.0\.0"):
                prepare.install("")
        prepare.install("")
        assert len(pip) == 1

    def test_a_moved_environment_is_made_anew(self, tmp_path, monkeypatch):
        """The programs in an environment know its old place by heart: after a move it
        is replaced, otherwise it is kept.
        """
        made = []
        monkeypatch.setattr(prepare, "VENV", tmp_path / "new")
        monkeypatch.setattr(prepare, "works", lambda python: True)
        monkeypatch.setattr(
            prepare, "require", lambda *arguments, **options: made.append(arguments)
        )
        (tmp_path / "new").mkdir()
        prepare.make_venv()
        prepare.make_venv()
        assert not made
        (tmp_path / "new" / ".made-for").write_text(
            str(tmp_path / "old"), encoding="utf-8"
        )
        prepare.make_venv()
        assert len(made) == 1

    @pytest.mark.skipif(os.name == "nt", reason="paths are Unicode on Windows")
    def test_a_path_beyond_every_encoding_keeps_its_environment(
        self, tmp_path, monkeypatch
    ):
        """A working environment below a path that no encoding decodes is kept."""
        folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/b\xe9"))
        monkeypatch.setattr(prepare, "VENV", folder)
        monkeypatch.setattr(prepare, "works", lambda python: True)
        monkeypatch.setattr(prepare, "execute", lambda command, **options: 0)
        folder.mkdir()
        (folder / "kept").touch()
        prepare.install("")
        prepare.install("")
        assert (folder / "kept").exists()

    @pytest.mark.parametrize("question", ["unsupported", "too_deep"])
    def test_an_unsupported_system_hears_it_before_anything_is_made(
        self, tmp_path, monkeypatch, question
    ):
        """On a system without wheels, and in a folder that is too deep for Windows, the
        reason comes before an environment is made, and nothing is deleted.
        """
        monkeypatch.setattr(prepare, "VENV", tmp_path)
        monkeypatch.setattr(prepare, "works", lambda python: False)
        monkeypatch.setattr(prepare, question, lambda *_: "not on this system")
        monkeypatch.setattr(prepare, "require", pytest.fail)
        with pytest.raises(Trouble, match="not on this system"):
            prepare.make_venv()
        assert tmp_path.exists()

    def test_no_browser_is_an_error_in_words(self, monkeypatch):
        """Where no browser is to be had, after every way was tried, the message says
        what to install.
        """
        tried = []
        monkeypatch.setattr(prepare, "has_browser", lambda: False)
        monkeypatch.setattr(
            prepare, "execute", lambda command, **options: tried.append(command) or 1
        )
        with pytest.raises(Trouble, match="Install Chromium"):
            prepare.provide_browser()
        assert any("playwright" in command for command in tried)


class TestStages:
    def test_stop_at_the_first_failure_and_sum_up(self, capfd):
        """The stage after a failed one is not run, each stage has its line with
        seconds, and the exit code is a failure.
        """
        outcomes = run_stages(
            [
                Stage("good", [python("")]),
                Stage("bad", [python("raise SystemExit(3)"), python("print('never')")]),
                Stage("later", []),
            ]
        )
        assert [outcome.code for outcome in outcomes] == [0, 3, None]
        assert summarise(outcomes) == 1
        printed = capfd.readouterr().out
        assert "never" not in printed
        assert re.search(r"good +\d+\.\d s +ok", printed)
        assert re.search(r"bad +\d+\.\d s +FAILED \(exit code 3\)", printed)
        assert re.search(r"later +0\.0 s +not run", printed)

    def test_what_executes_notebooks_does_so_on_one_thread(self):
        """Determinism: a short training rounds otherwise on two threads, and then the
        page would have other numbers than the runs that it shows.
        """
        flat = [each for stage in all_stages() for each in (stage, *stage.beside)]
        executing = [s for s in flat if s.name in ("notebooks", "build")]
        assert len(executing) == 2
        for stage in executing:
            assert all(stage.env[pool] == "1" for pool in POOLS), stage.name

    def test_success_of_all_is_success(self):
        """Only when every stage has run and succeeded is the exit code zero; of no
        stage at all it is not.
        """
        assert (
            summarise(run_stages([Stage("a", [python("")]), Stage("b", [python("")])]))
            == 0
        )
        assert summarise([StageOutcome("a", 0), StageOutcome("b")]) == 1
        assert summarise([]) == 1

    def test_a_stage_has_its_own_environment(self, capfd, monkeypatch):
        """What one stage sets is not seen by the next, and the static build is never
        inherited.
        """
        monkeypatch.setenv("BOOK_BUILD", "1")
        look = python("import os; print(os.environ.get('BOOK_BUILD'))")
        run_stages(
            [Stage("build", [look], {"BOOK_BUILD": "1"}), Stage("notebooks", [look])]
        )
        assert re.findall(r"^(1|None)$", capfd.readouterr().out, re.MULTILINE) == [
            "1",
            "None",
        ]

    def test_tests_are_counted(self, tmp_path, capsys):
        """The closing line holds the tests of all stages, and it stands alone."""
        report = tmp_path / "report.xml"
        report.write_text(
            '<testsuites><testsuite tests="10" failures="1" errors="1" skipped="2"/>'
            "</testsuites>",
            encoding="utf-8",
        )
        assert read_report(report) == Counts(6, 2, 2)
        summarise(
            [
                StageOutcome("unit", 1, 1.0, read_report(report)),
                StageOutcome("browser", 0, 1.0, Counts(passed=4)),
            ]
        )
        assert (
            capsys.readouterr().out.splitlines()[-1]
            == "total: 10 passed, 2 failed, 2 skipped"
        )

    def test_an_old_report_does_not_count(self, tmp_path):
        """A stage that dies before it writes its report has no tests to show."""
        report = tmp_path / "report.xml"
        report.write_text(
            '<testsuites><testsuite tests="10" failures="0" errors="0" skipped="0"/>'
            "</testsuites>",
            encoding="utf-8",
        )
        [outcome] = run_stages(
            [Stage("unit", [python("raise SystemExit(4)")], report=report)]
        )
        assert outcome.counts == Counts()

    def test_stages_beside_each_other_run_at_the_same_time(self, tmp_path, capfd):
        """Two stages that wait for each other come to an end, and what the one beside
        prints follows in one piece.
        """
        a, b = tmp_path / "a", tmp_path / "b"
        both = [
            Stage("main", [python(MEET.format(mine=str(a), other=str(b)), "main")]),
            Stage("aside", [python(MEET.format(mine=str(b), other=str(a)), "aside")]),
        ]
        outcomes = run_stages([replace(both[0], beside=both[1:]), Stage("last", [])])
        assert [(one.name, one.code) for one in outcomes] == [
            ("main", 0),
            ("aside", 0),
            ("last", 0),
        ]
        printed = capfd.readouterr().out
        assert re.findall(r"^(?:===|main|aside).*", printed, re.MULTILINE) == [
            "=== main ===",
            "main met",
            "=== aside (at the same time) ===",
            "aside met",
            "=== last ===",
        ]

    def test_a_failure_beside_stops_the_next(self):
        """A stage that fails beside another one counts, and so do those beside a stage
        that is not reached.
        """
        bad = Stage("bad", [python("raise SystemExit(3)"), python("print('never')")])
        outcomes = run_stages(
            [
                Stage("good", [python("")], beside=[bad]),
                Stage("later", [], beside=[Stage("beside", [])]),
            ]
        )
        assert [one.code for one in outcomes] == [0, 3, None, None]
        assert summarise(outcomes) == 1

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups")
    def test_what_is_interrupted_leaves_nothing_beside(self, tmp_path, monkeypatch):
        """When the person presses Ctrl-C, the stage beside ends, too."""
        log = tmp_path / "log"
        waits = (  # a shell's background jobs inherit that Ctrl-C is ignored
            "import os, signal, time\n"
            "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
            f"open({str(log)!r}, 'w').write(str(os.getpid()))\n"
            "time.sleep(60)"
        )
        aside = Stage("aside", [python(waits)])
        honest = stage_runs.run_stage

        def interrupt(stage, *rest):
            if stage is aside:
                return honest(stage, *rest)
            while not (log.exists() and log.read_text()):
                pass
            raise KeyboardInterrupt

        monkeypatch.setattr(stage_runs, "run_stage", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run_stages([Stage("main", [], beside=[aside])])
        with pytest.raises(ProcessLookupError):
            os.kill(int(log.read_text()), 0)

    def test_everything_is_run(self):
        """Lint, types, notebooks, unit tests, the build, the grader's and the browser's
        tests are run; what the build reads and the browser opens is made before.
        """
        stages = all_stages()
        rounds = [[one.name for one in (stage, *stage.beside)] for stage in stages]
        assert rounds == [
            ["lint"],
            ["notebooks", "types"],
            ["unit tests", "build"],
            ["grader"],
            ["browser tests"],
        ]
        by_name = {one.name: one for stage in stages for one in (stage, *stage.beside)}
        strict = {"--all", "-W", "-n", "--keep-going"}
        assert strict <= set(by_name["build"].commands[0])
        assert by_name["notebooks"].env["BOOK_BUILD"] == "1"
        assert "tests.notebook_runs" in by_name["notebooks"].commands[0]
        assert by_name["build"].env["BOOK_BUILD"] == "1"
        assert (
            by_name["unit tests"].env["OMP_NUM_THREADS"]
            == by_name["grader"].env["OMP_NUM_THREADS"]
            == "1"
        )
        assert (
            "--ignore=tests/exercises" in by_name["unit tests"].commands[0]
            and "tests/exercises" in by_name["grader"].commands[0]
        )

    def test_no_test_is_forgotten(self):
        """The folders that the browser's stage is given hold all tests of the browser:
        the others would be run by no stage.
        """
        by_name = {stage.name: stage for stage in all_stages()}
        folders = [
            ROOT / str(word)
            for word in by_name["browser tests"].commands[0]
            if str(word).startswith("tests/")
        ]
        marked = [
            path
            for path in (ROOT / "tests").rglob("test_*.py")
            if "mark.browser" in path.read_text(encoding="utf-8")
        ]
        assert len(marked) > 5
        forgotten = [
            path
            for path in marked
            if path.name != Path(__file__).name
            and not any(path.is_relative_to(folder) for folder in folders)
        ]
        assert forgotten == []

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups")
    def test_nothing_is_left_behind(self, tmp_path):
        """A process that a program started and left running ends with it: our own
        output is never held open.
        """
        child = (
            "import threading; print('started', flush=True); threading.Event().wait(60)"
        )
        parent = (
            "import subprocess, sys; "
            f"p = subprocess.Popen([sys.executable, '-c', {child!r}], "
            "stdout=subprocess.PIPE); p.stdout.readline()"
        )
        outer = (
            "from tools.processes import execute; import sys; "
            f"sys.exit(execute([sys.executable, '-c', {parent!r}]))"
        )
        assert (
            subprocess.run(
                [sys.executable, "-c", outer],
                cwd=ROOT,
                capture_output=True,
                timeout=30,
                check=False,
            ).returncode
            == 0
        )

    def test_words_with_spaces_arrive_whole(self, tmp_path, capfd):
        """A folder with a space in its name is no obstacle."""
        assert execute(python(SAY, str(tmp_path / "a b"))) == 0
        assert capfd.readouterr().out.strip() == str([str(tmp_path / "a b")])


class TestGradingCommands:
    @pytest.fixture
    def ran(self, monkeypatch):
        """What would be run, with nothing installed."""
        commands_run: list[list[str]] = []
        monkeypatch.setattr(commands, "install", lambda name: None)
        monkeypatch.setattr(
            commands,
            "execute",
            lambda command, **options: (
                commands_run.append([str(word) for word in command]) or 0
            ),
        )
        monkeypatch.setenv("EXERCISES", "")
        return commands_run

    @pytest.mark.parametrize("name", ["assignments", "instructor", "samples", "grade"])
    def test_words_reach_the_grader(self, ran, name, tmp_path, monkeypatch):
        """Paths are those of the folder in which one stands; other words are passed on
        as they are.
        """
        monkeypatch.chdir(tmp_path)
        assert (
            commands.main(
                [name, "SUBMISSIONS=in box", "SHEET=toy", "EXERCISES=/x/y", "WORKERS=3"]
            )
            == 0
        )
        assert ran[0][-5:] == [
            name,
            "EXERCISES=/x/y",
            f"SUBMISSIONS={tmp_path / 'in box'}",
            "SHEET=toy",
            "WORKERS=3",
        ]
        assert os.environ["EXERCISES"] == "/x/y"

    def test_other_commands_do_not_see_them(self, ran):
        """The folder of the sheets may be said with every command: the tests look for
        it in the environment.
        """
        arguments = parse(["EXERCISES=/x/y", "-k", "a=b", "NAME=hopper"])
        assert arguments.rest == ("-k", "a=b") and arguments.name == "hopper"

    @pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
    def test_make_passes_them_on(self):
        """What is said on make's command line arrives, and nothing that is only in the
        environment.
        """
        said = make(
            "-n", "grade", "SUBMISSIONS=in box", "SHEET=toy", OUT="elsewhere"
        ).stdout
        assert (
            "run.py grade  " in said
            and 'SUBMISSIONS="in box"' in said
            and 'SHEET="toy"' in said
        )
        assert "elsewhere" not in said


def test_clean_removes_what_was_built_and_nothing_else(tmp_path, monkeypatch):
    """Site, caches and bytecode go; sources, results and the environment stay."""
    monkeypatch.setattr(commands, "ROOT", tmp_path)
    kept = [
        ".venv/bin/python",
        "_grading/scores.csv",
        "book/results/hopper.json",
        "lecture_code/worlds.py",
    ]
    made = [
        "_build/html/index.html",
        "node_modules/katex/katex.js",
        "lecture_code/__pycache__/worlds.pyc",
        ".mypy_cache/x",
        "MUJOCO_LOG.TXT",
    ]
    for name in kept + made:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert commands.main(["clean"]) == 0
    assert (
        sorted(
            path.relative_to(tmp_path).as_posix()
            for path in tmp_path.rglob("*")
            if path.is_file()
        )
        == kept
    )


def test_an_unknown_benchmark_is_named(tmp_path, monkeypatch, capsys):
    """The message names the culprit and the alternatives; nothing is run."""
    monkeypatch.setattr(commands, "ROOT", tmp_path)
    monkeypatch.setattr(commands, "install", lambda name: None)
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "rollouts.py").write_text(
        "raise SystemExit(9)", encoding="utf-8"
    )
    assert commands.main(["bench", "NAME=rolouts"]) == 1
    said = capsys.readouterr().err
    assert "'rolouts'" in said
    assert "rollouts" in said.replace("'rolouts'", "")
    assert commands.main(["bench"]) == 9


def test_ci_runs_the_tests_and_nothing_else():
    """Continuous integration calls the README's test command, and hides no failure."""
    script = [
        line
        for line in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    assert script[0] == "set -euo pipefail"
    assert script[-1] == "make test"
    assert not [line for line in script if "||" in line]

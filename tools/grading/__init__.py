"""Hand out exercise sheets and grade what comes back: nbgrader strips, restores and
scores; every submission runs in a process of its own.

Read in this order: `sheets.py` (what a sheet is), `submissions.py` (what a student
handed in), `execution.py` with `jail.py` (run it where it can do no harm) and
`runner.py` (the other side of that wall), `course.py` (nbgrader), `grading.py` (the
whole of `make grade`), `handouts.py` (`make assignments` and `make instructor`).
"""

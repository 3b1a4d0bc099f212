"""Hand out exercise sheets and grade what comes back: nbgrader strips, restores and
scores; every submission runs in a process of its own.

Read in this order: `sheets.py` and `cells.py` (what a sheet is), `submissions.py` (what
a student handed in), `job.py` (what is to be run), `execution.py` and `process.py` with
`jail.py` (run it where it can do no harm), the other side of that wall (`runner.py`,
`bench.py`, `shell.py`, `pristine.py`), `runs.py` (many of them, on a cluster too),
`course.py` and `nbgrader_settings.py` (nbgrader), `roster.py` and `report.py` (tables),
`grading.py` (the whole of `make grade`), `handouts.py` (`make assignments` and `make
instructor`).
"""

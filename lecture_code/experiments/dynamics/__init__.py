"""Full-scale runs of the chapters on transfer across dynamics.

Each chapter has a module or a folder of its name; *The reality gap* has three modules
more, `less_damping`, `identification` and `late_motors`. Three modules serve several
chapters: `experts` trains the linear experts that `load_policy` gives, `standing` makes
those of the humanoid, and `real_worlds` makes the worlds that stand for reality.
`experiments/catalogue.py` says which module defines an experiment.
"""

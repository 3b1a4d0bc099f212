"""Full-scale runs of the chapters on gradients through discrete choices.

Each chapter has a module or a folder of its name. `experiments/catalogue.py` says which
module defines an experiment.
"""

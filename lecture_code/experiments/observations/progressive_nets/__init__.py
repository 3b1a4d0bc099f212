"""The full-scale runs of the chapter *Progressive nets*.

Start with the protocol in `first_columns.py`.

    first_columns    policies of the simulation
    methods          what becomes of a first column on a robot
    learning         how a network learns and is tried
    weights          first columns in 8 bits
"""

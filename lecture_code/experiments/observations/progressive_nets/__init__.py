"""The full-scale runs of the chapter *Progressive nets*.

Start with the protocol in `transfer.py`.

    first_columns    policies of the simulation, and of each robot with full training
    methods          what becomes of a first column on a robot
    transfer         the comparison: domains, methods, rates
    alone            the comparison with one episode at a time
    summary          what many runs of a method say together
    parts            what a second column uses, and how large it must be
    third_column     a third column for a third domain
    learning         how a network learns and is tried
    weights          first columns in 8 bits
    digits           the supervised twin: printed digits, then scanned ones
    digit_learning   how networks learn digits, and what they know afterwards
"""

"""The full-scale runs of the chapters on transfer across observations, a folder for
each chapter.

    progressive_nets    first columns in the simulation, second columns on the robots
    fine_tuning         printed digits first, then scanned digits with few labels
    pretraining         what features know of an object that a robot has poked
    domain_confusion    a head from the simulation on "real" images of hooks
"""

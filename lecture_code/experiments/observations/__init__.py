"""The full-scale runs of the chapters on transfer across observations.

progressive_nets    first columns in the simulation, second columns on the robots
"""

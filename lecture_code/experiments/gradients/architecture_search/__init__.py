"""The full-scale runs of the chapter *Architecture search*.

table    every child for digits, trained three times
"""

"""Evolutionary search: the comparison of methods, and one Hopper's education."""

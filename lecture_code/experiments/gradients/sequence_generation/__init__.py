"""Sequence generation: the full-scale runs."""

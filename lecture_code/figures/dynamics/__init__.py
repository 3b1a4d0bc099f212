"""Figures and tables of the chapters on transfer across dynamics."""

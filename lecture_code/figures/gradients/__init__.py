"""Figures and tables of the chapters on gradients through discrete choices."""

"""Grounded action transformation: trials of whole methods, and their models."""

"""Estimating or propagating gradients: how a network learns what it cannot
differentiate. One idea of the lecture, one module.
"""

"""The full-scale runs of the chapter *Estimate or propagate?*

table      bias and variance of every estimator, for one bit
latents    a chain of twelve bits: which estimator finds the best string
chain      the loss of this chain, and its targets
"""

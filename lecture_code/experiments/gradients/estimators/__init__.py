"""The full-scale runs of the chapter *Estimate or propagate?*

table      bias and variance of every estimator, for one bit
latents    a chain of twelve bits: which estimator finds the best string
rates      Gumbel-softmax in this chain at low temperatures and a small rate
chain      the loss of this chain, and its targets
bits       noise of one logit's gradient against the number of bits
many       two learners of a hundred bits that share one loss
"""

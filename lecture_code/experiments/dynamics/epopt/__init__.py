"""EPOpt: ensembles (what all runs share), the comparison, and the adaptation."""

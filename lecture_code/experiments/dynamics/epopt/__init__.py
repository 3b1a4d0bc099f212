"""EPOpt: training on ensembles, the comparison of arms, and the adaptation."""

"""Estimating or propagating gradients: how a network learns what it cannot
differentiate. One idea of the lecture, one module.

    relaxations             Gumbel noise, Gumbel-softmax and straight-through
    discrete_choices        bits and symbols: noise, probabilities, all outcomes
    estimators              estimate or propagate: gradients, their bias and variance
    rebar                   REBAR and RELAX: both at once, without bias
    estimator_descent       one descent for all estimators
    wrong_sign              where the Gumbel-softmax gradient points the wrong way
    mixture_of_experts      the layer: each example is given to k of n experts
    noisy_gate              its gate, and the two losses that balance the experts
    hierarchical_mixture    a mixture of mixtures
    architecture_search     REINFORCE: a controller learns to write good networks
    string_controllers      the controllers: an LSTM, and one without memory
    logit_controller        REINFORCE without memory and in closed form, for the page
    string_search           random search, local search and regularised evolution
    reward_baselines        what is subtracted from a reward, and what that changes
    token_space             strings of tokens: what a controller writes
    architecture_space      a language for convolutional networks with skip connections
    anchor_points           which earlier layers a layer reads
    optimizer_search        update rules as strings, all trained at once
    controller_replicas     the search on many machines: events, staleness, throughput
    asynchronous_ascent     what stale gradients do to a controller
    child_networks          children that read digits, and the strings of them all
    recurrent_cells         recurrent cells as trees that a string describes
    cell_formulas           such a cell as equations, and cells that have a name
    architecture_table      every value of a small space, known before the search
    patchwork               a problem whose need for capacity is known
"""

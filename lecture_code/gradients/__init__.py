"""Estimating or propagating gradients: how a network learns what it cannot
differentiate. One idea of the lecture, one module.

    mixture_of_experts      the layer: each example is given to k of n experts
    noisy_gate              its gate, and the two losses that balance the experts
    hierarchical_mixture    a mixture of mixtures
    architecture_search     REINFORCE: a controller learns to write good networks
    string_controllers      the controllers: an LSTM, and one without memory
    reward_baselines        what is subtracted from a reward, and what that changes
    token_space             strings of tokens: what a controller writes
    optimizer_search        update rules as strings, all trained at once
    controller_replicas     the search on many machines: events, staleness, throughput
    asynchronous_ascent     what stale gradients do to a controller
    child_networks          children that read digits, and the strings of them all
    architecture_table      every value of a small space, known before the search
    logit_controller        the smallest controller: logits, and no memory
    patchwork               a problem whose need for capacity is known
"""

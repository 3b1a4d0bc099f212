"""Transfer across observations: a policy that sees images moves to a robot that looks
different. One paper, one module.

    progressive_nets    a new column beside a frozen one: learn more, forget nothing
    usage               what such a net uses of its columns
    pixel_reacher       the task of this part: an arm that sees only pixels
"""

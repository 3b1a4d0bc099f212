"""Transfer across observations: a policy that sees images moves to a robot that looks
different. One paper, one module.

    fine_tuning         go on learning: which layers, with which rates, held by what
    penalties           L2-SP, EWC and rehearsal hold a network back
    progressive_nets    a new column beside a frozen one: learn more, forget nothing
    usage               what such a net uses of its columns
    cad2rl              learn to fly in random renderings, fly without one real image
    flight_rules        what (CAD)²RL is compared with: rules, and a classifier
    domain_confusion    features that cannot tell a simulation from a robot's images
    gradient_reversal   other losses that confuse a classifier of domains
    autoencoder         features without any label, for comparison
    slowness            features that change slowly: in closed form, and as a loss
    inverse_models      learning to poke: features from which a poke can be told
    curious_heads       push, touch and viewpoint: a head for each, on one network

Tasks of this part, and what several of its methods share:

    pixel_reacher       an arm that sees only pixels
    corridor_flight     a robot that flies through corridors by one camera
    collision_net       the network that scores every aim of this robot
    hook_scenes         where is the hook, behind an arm that must be ignored?
    pushing             an object on a board, and what a poke does to it
    pusher_scenes       pictures before and after a poke
    pusher_goals        pushing to a goal picture, and two pushers that learn nothing
    feature_training    the loop in which features are learnt before any label
    two_domains         a source with labels, and a target without
    representation      networks in three parts, and feature points
    layered_network     a network whose layers learn or are frozen, one by one
    plane_domains       two classes of points in the plane, in two domains
"""

"""Transfer across dynamics: one idea of the lecture, one module.

No method imports another, except where the lecture itself builds on it. Start with
`reality_gap.py`.

    reality_gap                       sweeps, identification, drift
    online_adaptation                 Fu et al.: a local model, learnt while acting
    local_jacobian                    Mordatch et al.: a local Jacobian, learnt likewise
    trajectory_policy                 Mordatch et al., offline: a policy from plans
    contact_invariant                 a leap whose contacts nobody planned
    evolutionary_search               the return of an episode as a function of θ
    grounded_simulation_learning      the loop: record, ground, improve
    grounded_action_transformation    GAT: grounding by actions, with its α
    linear_grounding                  GAT on linear plants, exactly
    cliff_walk                        where GAT's deterministic model misleads
    epopt                             training on the worst worlds of an ensemble
    source_adaptation                 EPOpt's second half: the source is adapted
    reaching_expert                   the arm's expert: LQR without gravity
    output_error_control              planning with the simulator and its last errors
    gaussian_adaptation               online adaptation of the heavy arm
    braking                           EPOpt's smallest world, solved exactly
    inverse_dynamics                  Christiano et al.: which action obeys the policy
"""

"""How a policy or a model is fitted.

It uses worlds and rollouts of `simulation`, and never MuJoCo directly. What needs torch
(`grouped`, `trpo`, `episodes`, `whole_episodes`, `actor_critic`, `columns`,
`characters`, `recurrent`) is imported from its module, so that a rollout does not have
to wait for it.

    policies             the linear policy
    gaussian_policy      the Gaussian policy: linear or a small network
    gaits                the walk engine: a gait from a clock
    networks             the multilayer perceptron, and the standardiser
    regression           a network, with or without a linear map, fitted to examples
    transitions          recordings as examples: state, action, next state
    histories            the last k observations, and the actions between them
    advantages           returns to go, baseline, GAE
    trpo                 the trust region: conjugate gradient and line search
    risk                 value at risk, conditional value at risk, the worst share
    particles            a posterior as weighted particles
    gaussian_dynamics    running moments, their prior, linear-Gaussian models
    dynamics_priors      priors of a robot's dynamics: Gaussian, mixture, network
    lqr                  the linear-quadratic regulator
    ilqr                 iterative LQR: plans with a dynamics that is not linear
    simulated_dynamics   a simulator as a model of the dynamics
    grouped              many small networks in one product
    episodes             episodes side by side, and a network that acts in them
    whole_episodes       episodes to watch and to try a policy; nothing is learnt
    actor_critic         the synchronous advantage actor-critic
    columns              a network that sees: convolutions, dense layer, LSTM, head
    characters           a language model of characters around a recurrent layer
    recurrent            a language model that writes sequences of tokens
"""

from lecture_code.learning.gaits import WalkEngine
from lecture_code.learning.networks import RunningStandardiser, Standardiser
from lecture_code.learning.policies import LinearPolicy

__all__ = ["LinearPolicy", "RunningStandardiser", "Standardiser", "WalkEngine"]

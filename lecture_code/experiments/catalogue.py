"""Which module defines which experiment; a test compares it with the modules."""

CATALOGUE = {
    "online_adaptation": "dynamics.online_adaptation.comparison",
    "epopt_adaptation": "dynamics.epopt.adaptation",
    "epopt_tuning": "dynamics.epopt.comparison",
    "epopt": "dynamics.epopt.comparison",
    "epopt_unmodelled": "dynamics.epopt.comparison",
    "epopt_thinned": "dynamics.epopt.comparison",
    "evolutionary_search_tuning": "dynamics.evolutionary_search.comparison",
    "evolutionary_search": "dynamics.evolutionary_search.comparison",
    "hopper_education": "dynamics.evolutionary_search.education",
    "hopper": "dynamics.experts",
    "half_cheetah": "dynamics.experts",
    "grounding_models": "dynamics.grounded_action_transformation.models",
    "grounding_tuning": "dynamics.grounded_action_transformation.methods",
    "grounding": "dynamics.grounded_action_transformation.methods",
    "grounding_long": "dynamics.grounded_action_transformation.methods",
    "grounding_feedback": "dynamics.grounded_action_transformation.methods",
    "reality_gap": "dynamics.reality_gap",
    "identification": "dynamics.reality_gap",
    "tetris": "dynamics.tetris",
    "tetris_10x10": "dynamics.tetris",
    "tetris_population_10x10": "dynamics.tetris_population",
    "mixture_patchwork": "gradients.mixture_of_experts.training",
    "mixture_capacity": "gradients.mixture_of_experts.training",
    "mixture_balance": "gradients.mixture_of_experts.training",
}
"""Name of an experiment -> its module, relative to this room."""

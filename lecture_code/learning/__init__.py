"""How a policy or a model is fitted.

It uses worlds and rollouts of `simulation`, and never MuJoCo directly.

What needs torch (`grouped`, `trpo`) is imported from its module, so that a rollout does
not have to wait for it.
"""

from lecture_code.learning.gaits import WalkEngine
from lecture_code.learning.networks import RunningStandardiser, Standardiser
from lecture_code.learning.policies import LinearPolicy

__all__ = ["LinearPolicy", "RunningStandardiser", "Standardiser", "WalkEngine"]

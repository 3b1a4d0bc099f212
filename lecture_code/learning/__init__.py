"""How a policy or a model is fitted. Knows nothing of MuJoCo.

What needs torch (`grouped`) is imported from its module, so that a rollout does not
have to wait for it.
"""

from lecture_code.learning.gaits import WalkEngine
from lecture_code.learning.networks import RunningStandardiser, Standardiser
from lecture_code.learning.policies import LinearPolicy

__all__ = ["LinearPolicy", "RunningStandardiser", "Standardiser", "WalkEngine"]

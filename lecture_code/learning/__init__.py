"""How a policy or a model is fitted. Knows nothing of MuJoCo."""

from lecture_code.learning.normaliser import RunningNormaliser
from lecture_code.learning.policies import LinearPolicy

__all__ = ["LinearPolicy", "RunningNormaliser"]

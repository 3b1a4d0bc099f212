"""Figures, tables and questions of the chapter *Domain confusion*.

`digits.py` shows digits and a shift of labels, and `plane.py` a toy in the plane.
"""

from lecture_code.figures.observations.domain_confusion.digits import (
    digits_table,
    live_digits,
    shift_picture,
)
from lecture_code.figures.observations.domain_confusion.plane import Plane

__all__ = ["Plane", "digits_table", "live_digits", "shift_picture"]

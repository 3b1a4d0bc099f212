"""Transfer across dynamics: one idea of the lecture, one module."""

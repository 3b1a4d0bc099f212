"""What the tests of the figures read from axes and tables."""

from matplotlib.axes import Axes
from numpy.typing import NDArray

from lecture_code.show import Table


def line(axes: Axes, label: str) -> NDArray:
    """The heights of the one curve with this label."""
    (curve,) = [curve for curve in axes.lines if curve.get_label() == label]
    return curve.get_ydata()


def column(table: Table, name: str) -> dict[str, float]:
    """The values of a table's column, by the name of the row."""
    return {row: cells[name].value for row, cells in table.entries.items()}

"""Every slider of every notebook, driven over every value in a live kernel: any
exception fails.
"""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tools.outputs import chapters

NOTEBOOKS = chapters()

RECORD = """
import lecture_code.show as _show
_made, _init = [], _show.Explore.__init__
def _recorded(self, *args, **named):
    _init(self, *args, **named)
    _made.append(self)
_show.Explore.__init__ = _recorded
"""

DRIVE = """
_driven = 0
for _explore in _made:
    *_sliders, _stage = _explore.widget().children
    for _name, _slider in zip(_explore.choices, _sliders, strict=True):
        for _position, _value in enumerate(_explore.choices[_name]):
            _slider.value = _position
            assert _stage.html == _explore.frame(**{**_explore.start, _name: _value}).html(), (_name, _value)
            _driven += 1
        _slider.value = _explore.choices[_name].index(_explore.start[_name])
print(len(_made), _driven)
"""


def drive(notebook: nbformat.NotebookNode, folder: Path) -> tuple[int, int]:
    """Run a notebook and move all its sliders; how many pictures with sliders there
    are, and how many values were set.
    """
    code = nbformat.v4.new_code_cell
    notebook.cells = [
        code(RECORD),
        *(cell for cell in notebook.cells if cell.cell_type == "code"),
        code(DRIVE),
    ]
    NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(folder)}}
    ).execute()
    pictures, values = notebook.cells[-1].outputs[0].text.split()
    return int(pictures), int(values)


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_value_of_every_slider_can_be_set(path, monkeypatch):
    """Conformance: each slider, moved over all its values, shows the frame that `draw`
    gives for them; a chapter has at least one.
    """
    monkeypatch.delenv("BOOK_BUILD", raising=False)
    pictures, values = drive(nbformat.read(path, as_version=4), path.parent)
    assert pictures >= 1 and values >= 2 * pictures


def test_a_failing_frame_is_noticed(tmp_path, monkeypatch):
    """Negative control: a frame that raises anywhere but at the start fails the drive."""
    monkeypatch.delenv("BOOK_BUILD", raising=False)
    cell = """
from lecture_code.show import Picture, explore, new_figure
def draw(x):
    figure, axes = new_figure()
    axes.plot([0, 1 / (x - 3)])
    return Picture(figure, alt="A line that breaks at three.")
explore(draw, x=[1, 2, 3], start={"x": 1})
"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    with pytest.raises(Exception, match="ZeroDivisionError"):
        drive(notebook, tmp_path)

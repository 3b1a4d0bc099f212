"""A roster is read however a spreadsheet has written it, or refused with the cure."""

import pytest

from tools.grading.roster import Roster
from tools.processes import Trouble

HEAD = "Student,ID,SIS User ID,SIS Login ID,Section\n"
ZOE = "Zoë Müller,101,s101,zoe,1\n"
TEXT = HEAD + ZOE
WRITTEN = {
    "UTF-8": TEXT.encode(),
    "UTF-8 with a mark": TEXT.encode("utf-8-sig"),
    "cp1252": TEXT.encode("cp1252"),
    "UTF-16": TEXT.encode("utf-16"),
    "UTF-16, big end first": b"\xfe\xff" + TEXT.encode("utf-16-be"),
    "UTF-16 without a mark": TEXT.encode("utf-16-le"),
    "semicolons": TEXT.replace(",", ";").encode("utf-8-sig"),
    "tabs in UTF-16, as Excel's Unicode text": TEXT.replace(",", "\t").encode("utf-16"),
    "sep=": b"sep=;\r\n" + TEXT.replace(",", ";").encode("cp1252"),
    "sep= in quotes": b'"sep=,"\n' + TEXT.encode(),
    "sep= and a tab": b"sep=\t\n" + TEXT.replace(",", "\t").encode(),
    "sep= and a colon": b"sep=:\n" + TEXT.replace(",", ":").encode(),
    "lines of Windows": TEXT.replace("\n", "\r\n").encode(),
    "lines of an old Mac": TEXT.replace("\n", "\r").encode(),
    "quotes and blanks": '"SIS Login ID", Student\n"zoe", Zoë Müller\n'.encode(),
    "columns of one's own": "Nr;SIS Login ID;Student\n1;zoe;Zoë Müller\n".encode(),
    "points possible": (HEAD + "    Points Possible,,,,\n" + ZOE).encode(),
}


@pytest.mark.parametrize("data", WRITTEN.values(), ids=list(WRITTEN))
def test_every_way_of_writing_is_read(tmp_path, data):
    """Encoding, separator and ends of lines make no difference to names and ids."""
    path = tmp_path / "roster.csv"
    path.write_bytes(data)
    roster = Roster.read(path, required=True)
    assert roster.students() == ["zoe"]
    assert roster.row("zoe")["Student"] == "Zoë Müller"


def test_a_guess_is_said(tmp_path):
    """A guessed encoding is named, with the cure; a certain encoding is not."""
    path = tmp_path / "roster.csv"
    path.write_bytes(WRITTEN["cp1252"])
    assert "CSV UTF-8" in Roster.read(path, required=True).note
    path.write_bytes(WRITTEN["UTF-16"])
    assert Roster.read(path, required=True).note == ""


REFUSED = {
    "a workbook": (b"PK\x03\x04\x14\x00\x06\x00\x81\x8d", "CSV UTF-8"),
    "other columns": (b"name,mail\nann,a@b\n", "SIS Login ID"),
    "no student": (HEAD.encode(), "students below it"),
    "nothing": (b"", "SIS Login ID"),
    "an open quotation": (
        (TEXT + '"Lee, Ann,1,2,3,4\n').encode(),
        "damaged at line",
    ),
}


@pytest.mark.parametrize(("data", "said"), REFUSED.values(), ids=list(REFUSED))
def test_what_is_no_roster_is_refused_with_the_cure(tmp_path, data, said):
    """A file that would lose students in silence is an error in words."""
    path = tmp_path / "roster.csv"
    path.write_bytes(data)
    with pytest.raises(Trouble, match=said):
        Roster.read(path, required=True)

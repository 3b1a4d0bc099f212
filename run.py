"""The work behind every make target, for machines with and without make: `python
run.py` lists the commands.
"""

import sys

if sys.version_info < (
    3,
    11,
):  # everything up to here must be readable to a Python of any age
    sys.exit(
        "This book needs Python 3.11 or newer, and this is Python %d.%d (%s).\n"
        "Install a newer one and call it by its name, for instance:  python3.12 run.py "
        "book\n"
        "With make:  make book PYTHON=python3.12"
        % (sys.version_info[0], sys.version_info[1], sys.executable)
    )

from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # PYTHONSAFEPATH hides it
from tools.commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

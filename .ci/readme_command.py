"""Print a command of the README, as written there.

    python3 .ci/readme_command.py test

The command is the fenced `sh` block right below the line `<!-- ci: test -->`. Needs nothing
but Python: the README's commands are what installs the rest.
"""

import re
import sys
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"


def command(name: str, text: str) -> str:
    """Return the block marked `name`; there must be exactly one."""
    marked = rf"^<!-- ci: {re.escape(name)} -->\n+```sh\n(.*?)^```$"
    found = re.findall(marked, text, flags=re.MULTILINE | re.DOTALL)
    if len(found) != 1:
        sys.exit(f"README.md has {len(found)} `sh` blocks marked <!-- ci: {name} -->. Mark exactly one.")
    return str(found[0])


if __name__ == "__main__":
    print(command(sys.argv[1], README.read_text(encoding="utf-8")), end="")

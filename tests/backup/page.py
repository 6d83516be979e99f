"""The commands that deploy/README.md gives an operator, as they are there."""

import re
import textwrap

from deploy.dev.config import ROOT

_PAGE = ROOT / "deploy" / "README.md"


def blocks(heading: str) -> list[str]:
    """Return the blocks of shell commands below a heading, up to the next heading."""
    (section,) = re.findall(
        rf"^#+ {re.escape(heading)}\n(.*?)(?=^#)", _PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    fenced = re.findall(r"^( *)```sh\n(.*?)^ *```$", section, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(commands) for _, commands in fenced]

"""The commands that deploy/README.md gives an operator, as they are there."""

import re
import textwrap

from deploy.dev.config import ROOT

_PAGE = ROOT / "deploy" / "README.md"


def blocks(heading: str, mark: str = "sh") -> list[str]:
    """Return the blocks of commands below a heading, up to the next heading: those that bear a mark."""
    (section,) = re.findall(
        rf"^#+ {re.escape(heading)}\n(.*?)(?=^#)", _PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    fenced = re.findall(r"^( *)```(\w*)\n(.*?)^ *```$", section, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(commands) for _, marked, commands in fenced if marked == mark]

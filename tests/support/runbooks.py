"""The pages of `deploy/runbooks`, as tests read them: their words, and the commands that they tell."""

import re
from dataclasses import dataclass
from pathlib import Path

from deploy.dev.config import ROOT

FOLDER = ROOT / "deploy" / "runbooks"
SECTIONS = (
    "Gejala / symptom",
    "Yang dilihat pengguna / what users see",
    "Tiga perintah pertama / first three commands",
    "Perbaiki / fix",
    "Bukti / prove",
)
_BLOCK = re.compile(r"```sh\n(.*?)\n```", re.S)


def names_of(installation: str) -> str:
    """Return the lines by which a shell gets the names of all pages in an installation, as README.md has them."""
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    (section,) = re.findall(rf"^### {re.escape(installation)}\n(.*?)(?=^##|\Z)", text, re.M | re.S)
    (lines,) = _BLOCK.findall(section)
    return str(lines)


@dataclass(frozen=True)
class Page:
    """One page: its sections by their headings."""

    name: str
    sections: dict[str, str]

    @classmethod
    def read(cls, name: str, folder: Path = FOLDER) -> "Page":
        """Read the page of an alert."""
        head, *parts = re.split(r"^## ", (folder / f"{name}.md").read_text(encoding="utf-8"), flags=re.M)
        assert head.strip() == f"# {name}"
        return cls(name, {title: text for title, _, text in (part.partition("\n") for part in parts)})

    def commands(self, title: str) -> list[str]:
        """Return the commands of a section."""
        return [line for block in _BLOCK.findall(self.sections[title]) for line in block.splitlines()]

    def words(self, title: str) -> list[str]:
        """Return the paragraphs of a section, without its commands."""
        return [part for part in _BLOCK.sub("", self.sections[title]).split("\n\n") if part.strip()]

    @property
    def first(self) -> list[str]:
        """The first three commands."""
        return self.commands(SECTIONS[2])

    @property
    def fix(self) -> list[str]:
        """The commands that fix it, where a command does."""
        return self.commands(SECTIONS[3])

    @property
    def prove(self) -> list[str]:
        """The commands that succeed once all is well."""
        return self.commands(SECTIONS[4])

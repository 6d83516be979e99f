"""What a mutant is: one safeguard, the edits that take it away, and the tests that must notice."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from deploy.dev.config import ROOT


@dataclass(frozen=True)
class Mutant:
    """One safeguard removed while its module is imported; no source file changes."""

    name: str
    safeguard: str
    """What the platform does, and stops doing here."""
    module: str
    edits: tuple[tuple[str, str], ...]
    """(text that appears exactly once in the module, its replacement)."""
    tests: tuple[str, ...]
    """Node ids: each of them alone must fail."""

    @property
    def source(self) -> Path:
        """The module's file."""
        spec = find_spec(self.module)
        if spec is None or spec.origin is None:
            raise LookupError(self.module)
        return Path(spec.origin)

    @property
    def place(self) -> str:
        """The module's file below the root, for tables."""
        return self.source.relative_to(ROOT).as_posix()

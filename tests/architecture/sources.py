"""The project's own source files, parsed once, for the rules that no linter has."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_SKIPPED = {"versions", "vendor", ".venv", "__pycache__", "build", "dist"}


@dataclass(frozen=True)
class Source:
    """One Python file."""

    path: str
    """Below the project's root, with slashes."""
    text: str
    tree: ast.Module

    @property
    def is_service(self) -> bool:
        """Whether it runs in production: a service or what services share."""
        return self.path.startswith(("services/", "shared/"))

    @property
    def is_product(self) -> bool:
        """Whether it is a service, what services share, or what starts them."""
        return self.is_service or self.path.startswith("deploy/")

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes of the tree."""
        return tuple(ast.walk(self.tree))

    def walk(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        """Yield the nodes of some kinds."""
        return (node for node in self.nodes if isinstance(node, kinds))


@lru_cache(maxsize=1)
def sources() -> tuple[Source, ...]:
    """Return every Python file except migrations' versions and what is vendored."""
    files = []
    for folder in ("services", "shared", "deploy", "tests"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            relative = path.relative_to(ROOT)
            if not _SKIPPED.intersection(relative.parts):
                text = path.read_text(encoding="utf-8")
                files.append(Source(relative.as_posix(), text, ast.parse(text)))
    return tuple(files)


def service_sources() -> list[Source]:
    """Return what runs in production."""
    return [source for source in sources() if source.is_service]


def product_sources() -> list[Source]:
    """Return what runs in production, and what starts it."""
    return [source for source in sources() if source.is_product]

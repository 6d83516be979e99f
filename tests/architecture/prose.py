"""What people read of the code: docstrings, comments and documents, without the code quoted in them."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.sources import ROOT, Source

_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_LINK = re.compile(r"\]\([^)\s]*\)")
_GENERATED = {"vendor", ".venv", "build", "RESULTS.md"}
"""What others wrote, or a program did."""


def without_code(text: str) -> str:
    """Return a text with quoted code and addresses blanked out, line by line as it was."""
    return _LINK.sub("]", _CODE.sub(lambda code: "\n" * code[0].count("\n"), text))


def prose_of(source: Source) -> Iterator[tuple[int, str]]:
    """Yield the first line and the text of every docstring, also of constants and fields, and of every comment."""
    for node in source.walk(ast.Expr):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, without_code(node.value.value)
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], without_code(token.string)


def documents() -> list[Path]:
    """Return the project's own documents."""
    return sorted(p for p in ROOT.rglob("*.md") if not _GENERATED.intersection(p.relative_to(ROOT).parts))

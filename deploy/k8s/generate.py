"""The generated part of the manifests: written by `make manifests`, compared by a test and by `make test`.

`python -m deploy.k8s.generate write|check`; `check` returns 1 if a committed file differs from what the product says,
or is one that the product does not know.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from deploy.capacity import read_measured, table
from deploy.dev.config import ROOT
from deploy.dev.generated import write_or_check
from deploy.k8s import product, sizes

README = ROOT / "deploy" / "README.md"
BEGIN, END = "<!-- capacity: written by `make manifests` -->\n", "<!-- end of capacity -->\n"


def documents() -> dict[Path, str]:
    """Return every generated file with its content."""
    return {**dict(product.documents()), **dict(sizes.documents()), README: _readme()}


def strays(known: Iterator[Path] | Sequence[Path]) -> list[Path]:
    """Return files in the folder of generated ones that the product does not know."""
    return sorted(set((product.FOLDER / "base" / "product").glob("*")) - set(known))


def _readme() -> str:
    """Return the operators' page with the table of capacity; raises ValueError where its place is missing."""
    text = README.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{README.name} has no place for the table of capacity")
    return f"{before}{begin}{table(read_measured())}\n{end}{after}"


def main(arguments: Sequence[str]) -> int:
    """Write or check all files; return 1 if one differs, 2 for a wrong call."""
    texts = documents()
    codes = [0]
    for path, text in texts.items():
        if list(arguments) == ["write"]:
            path.parent.mkdir(parents=True, exist_ok=True)
        codes.append(write_or_check(arguments, "deploy.k8s.generate", path, lambda text=text: text, target="manifests"))  # type: ignore[misc]  # default binds the loop variable
        if codes[-1] == 2:
            break
    for path in strays(list(texts)):
        sys.stderr.write(f"{path.relative_to(ROOT)} follows from nothing in the product: remove it\n")
        codes.append(1)
    return max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

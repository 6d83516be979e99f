"""Takes one safeguard away while a module is imported. Python itself loads this file when its folder is on PYTHONPATH.

So a mutant reaches every process of a test run alike: pytest, APIs, workers. Source files and their cached bytecode are
never touched. ILP_MUTANT names a JSON file `{module, edits, trace}`.
"""

import importlib.abc
import importlib.machinery
import json
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

Edits = Sequence[Sequence[str]]
"""Pairs of a text that appears exactly once in the module, and its replacement."""


def mutated(source: str, edits: Edits) -> str:
    """Return the source with every edit made; raises ValueError when a text is not there exactly once."""
    for old, new in edits:
        if source.count(old) != 1:
            raise ValueError(f"{source.count(old)} places instead of one: {old!r}")
        source = source.replace(old, new)
    return source


class _MutantLoader(SourceFileLoader):
    def __init__(self, name: str, path: str, edits: Edits, trace: Path) -> None:
        super().__init__(name, path)
        self._edits, self._trace = edits, trace

    def get_code(self, fullname: str) -> CodeType:
        """Compile the mutant, past the bytecode cache, and leave a trace of it."""
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(mutated(self.get_data(path).decode(), self._edits).encode(), path)
        with self._trace.open("a", encoding="utf-8") as trace:
            trace.write(f"{os.getpid()}\n")
        return code


class _MutantFinder(importlib.abc.MetaPathFinder):
    def __init__(self, module: str, edits: Edits, trace: Path) -> None:
        self._module, self._edits, self._trace = module, edits, trace

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the one module with the ordinary finder, and load it with the mutant's loader."""
        if fullname != self._module:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _MutantLoader(fullname, spec.origin, self._edits, self._trace)
        return spec


def _install(order: Path) -> None:
    mutant = json.loads(order.read_text(encoding="utf-8"))
    sys.meta_path.insert(0, _MutantFinder(mutant["module"], mutant["edits"], Path(mutant["trace"])))


if "ILP_MUTANT" in os.environ:
    _install(Path(os.environ["ILP_MUTANT"]))

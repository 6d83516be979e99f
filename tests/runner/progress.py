"""How far a long run has come, so that a second start goes on where the first was cut (`make test-all`).

A JSON file: the state of the code, and what each finished step came to. Progress in other code counts for nothing.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from tests.runner.counts import Counts, sum_of

VARIABLE = "ILP_TEST_PROGRESS"
"""Where a process of a long run reads the file's path."""

RECORDS = (
    "tests/faults/results.jsonl",
    "tests/faults/RESULTS.md",
    "tests/mutants/results.json",
    "tests/mutants/RESULTS.md",
)
"""What the run itself writes: no change of the code."""


class Progress:
    """The finished steps of a run of this code; without a file nothing is kept beyond the process."""

    def __init__(self, path: Path | None, code: str = "") -> None:
        self._path, self._code = path, code
        self._steps: dict[str, Counts] = {}
        if path is not None and path.exists():
            content = json.loads(path.read_text(encoding="utf-8"))
            if not code or content["code"] == code:
                self._code = content["code"]
                self._steps = {name: Counts(*counts) for name, counts in content["steps"].items()}
        self._save()

    @classmethod
    def of_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Return the progress of the long run of which this process is a part; an empty one of no such run."""
        path = (os.environ if environment is None else environment).get(VARIABLE)
        return cls(Path(path) if path else None)

    def is_done(self, step: str) -> bool:
        """Tell whether a step has been finished."""
        return step in self._steps

    def passed(self, step: str) -> bool:
        """Tell whether a step has been finished without a failure."""
        return step in self._steps and not self._steps[step].failed

    def done(self, step: str, counts: Counts) -> None:
        """Note what a finished step came to."""
        self._steps[step] = counts
        self._save()

    def total(self, prefix: str = "") -> Counts:
        """Return the sum of all finished steps whose names begin so."""
        return sum_of(counts for name, counts in self._steps.items() if name.startswith(prefix))

    def _save(self) -> None:
        if self._path is not None:
            draft = self._path.with_name(self._path.name + ".new")
            draft.write_text(json.dumps({"code": self._code, "steps": self._steps}, indent=1), encoding="utf-8")
            draft.replace(self._path)

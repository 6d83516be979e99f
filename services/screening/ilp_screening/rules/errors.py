"""The one error of the evaluation: input that cannot be judged, with a list the router turns into a 422.

Raised by `rules.observations` and `rules.subject`; messages name codes and limits, never the values sent.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InputProblem:
    """One fault: where (JSON pointer into the request), which kind, and what to tell people."""

    pointer: str
    code: str
    message_id: str
    message_en: str


class InvalidInputError(ValueError):
    """The request cannot be judged; `problems` holds every fault found, at least one."""

    def __init__(self, problems: list[InputProblem]) -> None:
        super().__init__("; ".join(f"{p.pointer}: {p.code}" for p in problems))
        self.problems = tuple(problems)

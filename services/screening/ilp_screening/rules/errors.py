"""The one error of the rules: input that cannot be judged, with every fault that was found.

Messages name codes and limits; of the values sent only two that contradict each other, or a number written as text.
"""

from dataclasses import dataclass

from ilp_shared.text import Text


@dataclass(frozen=True, slots=True)
class InputProblem:
    """One fault: its place (JSON pointer into the request), its kind, and the message for people."""

    pointer: str
    code: str
    message: Text


class InvalidInputError(ValueError):
    """The request cannot be judged; `problems` holds at least one fault."""

    def __init__(self, problems: list[InputProblem]) -> None:
        super().__init__("; ".join(f"{p.pointer}: {p.code}" for p in problems))
        self.problems = tuple(problems)

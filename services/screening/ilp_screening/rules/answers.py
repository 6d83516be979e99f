"""What a pack gives for a case: an answer to each question that fits it."""

from dataclasses import dataclass
from typing import NamedTuple

from ilp_screening.rules.models import Due, NotEvaluated, Result
from ilp_shared.text import Text


@dataclass(frozen=True, slots=True)
class Asked:
    """A question at a case: its name, and the observation codes that it reads there."""

    code: str
    label: Text
    reads: frozenset[str]
    by_parts: bool = False
    """Whether each of its inputs is useless without the others, so that one input begins it."""


class Answer(NamedTuple):
    """A question with what came of it."""

    asked: Asked
    outcome: Result | NotEvaluated | Due

"""Outcomes of writes: one receipt or one refusal per form, in the order of the forms."""

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar
from uuid import UUID

from ilp_shared.http.submissions import Receipt
from ilp_shared.problems import AlreadyStored, FieldError, Problem
from ilp_shared.text import Text

_REPEATED = Text(
    "Id ini sudah dipakai butir lain dalam kiriman ini.", "Another item of this submission already has this id."
)


class _Identified(Protocol):
    @property
    def id(self) -> UUID: ...


Record = TypeVar("Record", bound=_Identified)
R = TypeVar("R", bound=Receipt)


def first_by_id(judged: Iterable[Record | Problem]) -> dict[UUID, Record]:
    """Return, of the records that were not refused, the first with each id."""
    first: dict[UUID, Record] = {}
    for record in judged:
        if not isinstance(record, Problem):
            first.setdefault(record.id, record)
    return first


def repeated_id(existing_id: UUID | None) -> AlreadyStored:
    """Return the refusal of an item whose id an earlier item of its batch has; the id only if that one was stored."""
    return AlreadyStored(
        _REPEATED, existing_id, errors=[FieldError(pointer="/id", code="repeated_id", message=_REPEATED)]
    )


def receipt_of(outcomes: Sequence[R | Problem]) -> R:
    """Return the receipt of a single write; raises the Problem that refused it."""
    (outcome,) = outcomes
    if isinstance(outcome, Problem):
        raise outcome
    return outcome

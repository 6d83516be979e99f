"""Wire forms of batch writes."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from ilp_shared.problems import ProblemDocument

Status = Literal["accepted", "duplicate", "rejected", "conflict"]


class Receipt(BaseModel):
    """What every stored record answers with, at least."""

    id: UUID
    version: int

    def path(self) -> str:
        """Return where the record can be read, for the Location header."""
        raise NotImplementedError


class BatchResult(BaseModel):
    """Outcome of one item: `duplicate` repeats an earlier answer; `id` of a conflict is the record already there."""

    idempotency_key: str
    status: Status
    id: UUID | None
    version: int | None
    problem: ProblemDocument | None


class BatchAnswer(BaseModel):
    """Outcomes in the order of the items."""

    results: list[BatchResult]

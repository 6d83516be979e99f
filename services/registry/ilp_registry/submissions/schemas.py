"""Wire forms of batch writes."""

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from ilp_shared.problems import ProblemDocument

MAX_ITEMS = 500
_KEY = {"type": "string", "minLength": 1, "maxLength": 255}
Status = Literal["accepted", "duplicate", "rejected", "conflict"]


def items_schema(draft: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON schema of a batch's items: a draft each, with its own `idempotency_key`."""
    item = draft.model_json_schema(ref_template="#/components/schemas/{model}")
    del item["title"], item["description"]
    item.pop("$defs", None)
    item["properties"]["idempotency_key"] = _KEY
    item["required"] = [*item["required"], "idempotency_key"]
    return {"type": "array", "minItems": 1, "maxItems": MAX_ITEMS, "items": item}


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

"""The wire form of batch writes: the items in the OpenAPI document, and one result per item in their order.

Items are checked one by one: an invalid item does not affect the others.
"""

from typing import Any, Final, Generic, Literal, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel

from ilp_shared.models import Output
from ilp_shared.problems import FieldWarning, Problem, ProblemDocument
from ilp_shared.text import Language
from ilp_shared.write.keys import KEY_SCHEMA

MAX_ITEMS: Final = 500
KEY: Final = "idempotency_key"
_KEY_OF_ITEM: Final = {**KEY_SCHEMA, "description": "Kunci butir, buatan klien / made by the client for this item"}

ItemStatus = Literal["accepted", "duplicate", "rejected", "conflict"]


class BatchResult(Output):
    """Hasil satu butir kiriman; letak kesalahan dihitung dari butir itu.

    The result of one item. Pointers of its problem are relative to the item.

    `duplicate` repeats an earlier answer; `id` of a conflict is the stored record, if the account may see it.
    """

    idempotency_key: str | None
    """Kunci butir seperti yang dikirim / the item's key as it was sent"""
    status: ItemStatus
    """Diterima, sudah pernah, ditolak, atau bentrok / what became of the item"""
    id: UUID | None
    """Catatan yang tersimpan, atau yang bentrok bila boleh dilihat / the stored record, or the one in conflict"""
    version: int | None
    """Nomor versi catatan yang tersimpan / number of the stored record's latest change"""
    problem: ProblemDocument | None
    """Alasan penolakan butir ini / reason of the refusal"""
    warnings: tuple[FieldWarning, ...] = ()
    """Diterima, tetapi perlu diperiksa lagi / accepted, but to be looked at again"""

    @classmethod
    def refused(cls, key: str | None, problem: Problem, language: Language, *, trace_id: str | None = None) -> Self:
        """Return the result of a refused item; what only a stored record has is null."""
        document = problem.document(language, trace_id=trace_id)
        absent = dict.fromkeys(cls.model_fields.keys() - BatchResult.model_fields.keys())
        return cls.model_validate(
            {
                "idempotency_key": key,
                "status": refused_as(problem),
                "id": document.existing_id,
                "version": None,
                "problem": document,
                **absent,
            }
        )


R = TypeVar("R", bound=BatchResult)


class BatchAnswer(Output, Generic[R]):
    """Hasil setiap butir, dalam urutan butir.

    One result per item, in the order of the items.
    """

    results: list[R]
    """Satu hasil per butir / one outcome per item"""


def refused_as(problem: Problem) -> Literal["rejected", "conflict"]:
    """Return the status of a refused item: `conflict` for a 409 that no retry resolves, else `rejected`."""
    return "conflict" if problem.status == 409 and not problem.may_be_repeated else "rejected"


def items_schema(form: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema of a batch's items: each is a form with its own `idempotency_key`."""
    item = form.model_json_schema(ref_template="#/components/schemas/{model}")
    for name in ("title", "description", "examples", "$defs"):
        item.pop(name, None)
    item["properties"][KEY] = _KEY_OF_ITEM
    item["required"] = [*item.get("required", ()), KEY]
    return {"type": "array", "minItems": 1, "maxItems": MAX_ITEMS, "items": item}

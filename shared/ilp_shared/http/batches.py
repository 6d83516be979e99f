"""The documented form of a batch's items. Their shape is checked one by one, so that no item spoils the others."""

from typing import Any, Final

from pydantic import BaseModel

MAX_ITEMS: Final = 500
_KEY: Final = {"type": "string", "minLength": 1, "maxLength": 255}


def items_schema(draft: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON schema of a batch's items: a draft each, with its own `idempotency_key`."""
    item = draft.model_json_schema(ref_template="#/components/schemas/{model}")
    del item["title"], item["description"]
    item.pop("$defs", None)
    item["properties"]["idempotency_key"] = _KEY
    item["required"] = [*item["required"], "idempotency_key"]
    return {"type": "array", "minItems": 1, "maxItems": MAX_ITEMS, "items": item}

"""Bases of pydantic models: `Frozen` for values and data files, `Input` for bodies and queries, `Output` for answers.

All are immutable; `Frozen` and `Input` refuse unknown keys. The docstring of a class or a field is its description in
OpenAPI: Indonesian first, then English.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


class Frozen(BaseModel):
    """An immutable value that refuses unknown keys: a typing error in a data file cannot pass silently."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        use_attribute_docstrings=True,
    )


class Input(Frozen):
    """A request body, or the parameters of a query."""

    EXAMPLE: ClassVar[Mapping[str, object] | None] = None
    """A body that succeeds as it is, for the API documents; a test sends it."""

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return the schema with the example."""
        form = handler(schema)
        if cls.EXAMPLE is not None:
            handler.resolve_ref_schema(form)["examples"] = [cls.EXAMPLE]
        return form


class Output(BaseModel):
    """An answer. A field has a default only if it may be absent, so that OpenAPI shows the others as required."""

    model_config = ConfigDict(
        frozen=True,
        from_attributes=True,
        validate_by_name=True,
        serialize_by_alias=True,
        use_attribute_docstrings=True,
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Give a generic answer, e.g. `Page[Task]`, the description of what it is made from."""
        super().__pydantic_init_subclass__(**kwargs)
        origin = cls.__pydantic_generic_metadata__["origin"]
        if origin is not None:
            cls.__doc__ = origin.__doc__

"""Bases of pydantic models: `Frozen` for values and data files, `Input` for bodies and queries, `Output` for answers.

All are immutable; `Frozen` and `Input` refuse unknown keys.
"""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable value that refuses unknown keys: a typing error in a data file cannot pass silently."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True, serialize_by_alias=True
    )


class Input(Frozen):
    """A request body, or the parameters of a query."""


class Output(BaseModel):
    """An answer. A field has a default only if it may be absent, so that OpenAPI shows the others as required."""

    model_config = ConfigDict(frozen=True, from_attributes=True, validate_by_name=True, serialize_by_alias=True)

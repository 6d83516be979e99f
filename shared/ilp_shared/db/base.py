"""Base of a service's SQLModel tables: own registry and metadata, fixed constraint names.

Two services may both have a `FacilityRow`; alembic compares the metadata of one service only.
"""

from sqlalchemy import MetaData
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

_NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def service_registry(schema: str) -> registry:
    """Return a new registry for one service; use as `class Base(SQLModel, registry=service_registry("x"))`."""
    return registry(metadata=MetaData(schema=schema, naming_convention=_NAMES))


__all__ = ["SQLModel", "service_registry"]

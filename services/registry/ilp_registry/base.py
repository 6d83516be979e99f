"""Base of the registry's tables. They are described here for alembic's comparison and read by hand-written SQL."""

from sqlmodel import SQLModel

from ilp_shared.db.base import service_registry

SCHEMA = "registry"


class Base(SQLModel, registry=service_registry(SCHEMA)):
    """Base of this service's tables."""

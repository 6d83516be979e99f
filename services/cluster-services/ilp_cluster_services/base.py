"""Base of the tables of this service; alembic compares the metadata of exactly these."""

from ilp_shared.db.base import SQLModel, service_registry


class Base(SQLModel, registry=service_registry("cluster_services")):
    """Every table of the schema `cluster_services` derives from this."""

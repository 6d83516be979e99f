"""Base of this service's tables, and the column type of instants."""

from datetime import datetime

from sqlalchemy import DateTime, TypeDecorator

from ilp_shared.db.base import SQLModel, service_registry


class Base(SQLModel, registry=service_registry("screening")):
    """Tables of the schema `screening`."""


class Instant(TypeDecorator[datetime]):
    """A point in time, stored as `timestamptz`."""

    impl = DateTime(timezone=True)
    cache_ok = True

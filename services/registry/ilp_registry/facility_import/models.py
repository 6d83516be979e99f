"""Table of imported files: each row with its outcome."""

from uuid import UUID

from sqlalchemy import Text
from sqlmodel import Field

from ilp_registry.base import Base


class FacilityImportRow(Base, table=True):
    """One row of an imported file; `status` is empty until it was judged."""

    __tablename__ = "facility_import"

    file_sha256: str = Field(sa_type=Text, primary_key=True)
    row: int = Field(primary_key=True)
    content: str = Field(sa_type=Text)
    status: str | None = Field(sa_type=Text)
    reason: str | None = Field(sa_type=Text)
    facility_id: UUID | None

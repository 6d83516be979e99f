"""Table of the facility copy: only what routing needs, no name, nothing personal."""

from uuid import UUID

from sqlalchemy import Text
from sqlmodel import Field

from ilp_cluster_services.base import Base


class FacilityRow(Base, table=True):
    """One facility in the newest version received from the registry; `version` is its event aggregate's."""

    __tablename__ = "facility"

    id: UUID = Field(primary_key=True)
    version: int
    kind: str = Field(sa_type=Text)
    area_code: str = Field(sa_type=Text)
    parent_id: UUID | None = None

"""Scalar types of bodies, queries and paths, instead of bare `str` and `float`."""

from typing import Annotated, Final
from uuid import UUID

from pydantic import Field, StringConstraints

from ilp_shared.areas import AREA_CODE, AREA_CODE_LENGTH, REPORTING_AREA_CODE

NO_CONTROLS: Final = r"^[^\x00-\x1f\x7f]+$"

AreaCode = Annotated[
    str,
    StringConstraints(pattern=AREA_CODE, max_length=AREA_CODE_LENGTH),
    Field(description="Kode wilayah / area code, e.g. 13.76"),
]
"""Any area, nation to RT."""
ReportingAreaCode = Annotated[
    str,
    StringConstraints(pattern=REPORTING_AREA_CODE, max_length=AREA_CODE_LENGTH),
    Field(description="Kode wilayah sampai desa / area code down to a village, e.g. 13.76"),
]
"""An area for which indicators are counted, nation to village."""
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=NO_CONTROLS)]
Latitude = Annotated[
    float,
    Field(strict=True, ge=-90, le=90, allow_inf_nan=False, description="Lintang dalam derajat / degrees north"),
]
Longitude = Annotated[
    float,
    Field(strict=True, ge=-180, le=180, allow_inf_nan=False, description="Bujur dalam derajat / degrees east"),
]
RecordId = Annotated[UUID, Field(description="Nomor catatan yang dimaksud / identifier of the record")]
"""A record that an address names."""
Version = Annotated[
    int,
    Field(strict=True, ge=1, lt=2**31, description="Nomor versi yang dibaca klien / number that the client has read"),
]
"""Version of a record, as the client read it."""

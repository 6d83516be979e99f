"""Types of input that several features share: area codes, names, coordinates, and the paging part of list queries."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ilp_shared.http.paging import MAX_LIMIT

AREA_PATTERN = r"^(id|[0-9]{2}(\.[0-9]{2}(\.[0-9]{2}(\.[0-9]{4}(\.[A-Za-z0-9-]{1,16})*)?)?)?)$"
NO_CONTROLS = r"^[^\x00-\x1f\x7f]+$"

AreaCodeIn = Annotated[str, StringConstraints(pattern=AREA_PATTERN, max_length=100)]
NameIn = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=NO_CONTROLS)]
Latitude = Annotated[float, Field(strict=True, ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(strict=True, ge=-180, le=180, allow_inf_nan=False)]


class Input(BaseModel):
    """Base of request bodies: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ListQuery(Input):
    """What every list takes: a cursor from the page before, the page size, and whether to count."""

    cursor: Annotated[str | None, Field(max_length=500)] = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = 100
    count: Literal["exact"] | None = None

"""Scalar types of bodies, queries, paths and cursors. No door takes a bare `str`, `int`, `float`, `date` or `datetime`.

JSON and queries are read as they are written: a number is no date, text is no number, and every value has limits.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from ilp_shared.areas import AREA_CODE, AREA_CODE_LENGTH, NATION, REPORTING_AREA_CODE
from ilp_shared.problems import misshapen
from ilp_shared.text import Text

NO_CONTROLS: Final = r"^[^\x00-\x1f\x7f]+$"
MAX_LIMIT: Final = 500
MAX_INT8: Final = 2**63 - 1
"""The largest `bigint` of PostgreSQL."""
FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(2200, 12, 31)
_BEGINNING: Final = datetime(1900, 1, 1, tzinfo=UTC)
_END: Final = datetime(2201, 1, 1, tzinfo=UTC)
_WRITTEN_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WRITTEN_INSTANT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}.*", re.DOTALL)
_WRITTEN_INTEGER: Final = re.compile(r"-?[0-9]{1,19}")
_UNSEEN: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Characters that show nothing: Unicode property Default_Ignorable_Code_Point (Unicode 15, DerivedCoreProperties)."""


def is_storable_day(day: date) -> bool:
    """Tell whether a day lies within the limits of every door, 1900 to 2200."""
    return FIRST_DAY <= day <= LAST_DAY


def is_storable_instant(instant: datetime) -> bool:
    """Tell whether an instant with zone lies within the limits of every door, 1900 to 2200 in UTC."""
    return _BEGINNING <= instant < _END


def _written_day(value: object) -> object:
    if type(value) is date or (isinstance(value, str) and _WRITTEN_DAY.fullmatch(value)):
        return value
    raise PydanticCustomError("date_from_datetime_parsing", "a date written YYYY-MM-DD is expected")


def _bounded_day(day: date) -> date:
    if not is_storable_day(day):
        raise PydanticCustomError("year_out_of_range", "the year must lie between 1900 and 2200")
    return day


def _written_instant(value: object) -> object:
    if isinstance(value, str) and _WRITTEN_INSTANT.fullmatch(value):
        return value
    raise PydanticCustomError("datetime_from_date_parsing", "an ISO 8601 time with zone is expected")


def _bounded_instant(instant: datetime) -> datetime:
    if not is_storable_instant(instant):
        raise PydanticCustomError("year_out_of_range", "the year must lie between 1900 and 2200")
    return instant


def _written_integer(value: object) -> object:
    if type(value) is int or (isinstance(value, str) and _WRITTEN_INTEGER.fullmatch(value)):
        return value
    raise PydanticCustomError("int_parsing", "a whole number is expected")


def _with_letter(name: str) -> str:
    seen = _UNSEEN.sub("", unicodedata.normalize("NFKC", name))
    if not any(unicodedata.category(character).startswith("L") for character in seen):
        raise PydanticCustomError("no_letter", "a letter is expected")
    return name


@dataclass(frozen=True)
class Written:
    """The form of a text, and the sentence that says it, with an example, to who wrote otherwise."""

    pattern: str
    """A regular expression that the whole text must match, anchored by `^` and `$` for the API documents."""
    form: Text

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema that checks the form after the annotations before it."""
        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return the description with the pattern."""
        return handler(schema) | {"pattern": self.pattern}

    def _checked(self, value: str) -> str:
        if re.fullmatch(self.pattern, value):
            return value
        raise misshapen("string_pattern_mismatch", self.form)


_AREA: Final = Text(
    "Kode wilayah dengan titik, mis. 13 (provinsi), 13.76 (kabupaten/kota), 13.76.01 (kecamatan), 13.76.01.1002"
    " (desa/kelurahan), atau id (nasional).",
    "An area code with points, e.g. 13 (province), 13.76 (regency), 13.76.01 (district), 13.76.01.1002 (village), or id"
    " (the nation).",
)
_NO_CONTROLS: Final = Text(
    "Tanpa tanda kendali seperti ganti baris atau tab.", "No controls, like a line break or tab."
)
_FACILITY_CODE: Final = Text(
    "Huruf, angka, titik, garis miring atau tanda hubung, 1–32 tanda, mis. 1032247.",
    "Letters, digits, points, slashes or hyphens, 1–32 of them, e.g. 1032247.",
)


def folded_area(code: str) -> str:
    """Return an area code as it is stored: letters of dusun, RW and RT are capitals, so that a code exists once."""
    return code if code == NATION else code.upper()


AreaCode = Annotated[
    str,
    StringConstraints(max_length=AREA_CODE_LENGTH),
    Written(AREA_CODE, _AREA),
    AfterValidator(folded_area),
    Field(description="Kode wilayah / area code, e.g. 13.76"),
]
"""Any area, nation to RT. Read without regard to case."""
ReportingAreaCode = Annotated[
    str,
    StringConstraints(max_length=AREA_CODE_LENGTH),
    Written(REPORTING_AREA_CODE, _AREA),
    Field(description="Kode wilayah sampai desa / area code down to a village, e.g. 13.76"),
]
"""An area for which indicators are counted, nation to village."""
FacilityCode = Annotated[str, Written(r"^[A-Za-z0-9./-]{1,32}$", _FACILITY_CODE), AfterValidator(str.upper)]
"""The code of a facility. Read without regard to case."""
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    Written(NO_CONTROLS, _NO_CONTROLS),
    AfterValidator(_with_letter),
]
"""The name of a person, an area or a facility: at least one letter that is seen, of any script."""
SearchText = Annotated[str, StringConstraints(min_length=1, max_length=100), Written(NO_CONTROLS, _NO_CONTROLS)]
Latitude = Annotated[
    float,
    Field(strict=True, ge=-90, le=90, allow_inf_nan=False, description="Lintang dalam derajat / degrees north"),
]
Longitude = Annotated[
    float,
    Field(strict=True, ge=-180, le=180, allow_inf_nan=False, description="Bujur dalam derajat / degrees east"),
]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A finite number of a body; the rules know its limits."""
RecordId = Annotated[UUID, Field(description="Nomor catatan yang dimaksud / identifier of the record")]
"""A record that an address names."""
Version = Annotated[
    int,
    Field(strict=True, ge=1, lt=2**31, description="Nomor versi yang dibaca klien / number that the client has read"),
]
"""Version of a record, as the client read it."""
WRITTEN_INTEGER: Final = BeforeValidator(_written_integer)
"""The reader of a whole number in a query or a path: decimal digits and nothing else (no 3.0, 1_0 or blanks)."""
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT), WRITTEN_INTEGER]
"""The size of a page, in a query."""
SequenceNumber = Annotated[int, Field(ge=0, le=MAX_INT8), WRITTEN_INTEGER]
"""A position in a numbered row of changes, in a query."""
Day = Annotated[date, BeforeValidator(_written_day), AfterValidator(_bounded_day)]
"""A date, written YYYY-MM-DD, from 1900 to 2200."""
Instant = Annotated[AwareDatetime, BeforeValidator(_written_instant), AfterValidator(_bounded_instant)]
"""An ISO 8601 time with zone, from 1900 to 2200."""

"""Bodies, queries and answers of the open-day routes."""

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from ilp_shared import examples
from ilp_shared.http.paging import Paged
from ilp_shared.models import Input, Output
from ilp_shared.scalars import AreaCode, Day


class OpenDayInput(Input):
    """Hari buka yang dijadwalkan; `id` boleh dibuat perangkat.

    An open day to schedule; `id` may be made by the device.
    """

    EXAMPLE: ClassVar = {"id": examples.OPEN_DAY_ID, "facility_id": examples.FACILITY_ID, "day": examples.YESTERDAY}

    id: UUID | None = None
    """UUID buatan perangkat; kosong berarti dibuatkan / UUID made by the device, else made here"""
    facility_id: UUID
    """Faskes yang buka / facility that opens"""
    day: Day
    """Tanggal setempat TTTT-BB-HH / local date YYYY-MM-DD"""


class CancelInput(Input):
    """Tanpa isi: cukup alamatnya; isian apa pun ditolak.

    Nothing beside the address: a body is not needed, and one with fields is refused.
    """

    EXAMPLE: ClassVar = {}


class OpenDay(Output):
    """Satu hari buka; `day` menurut waktu setempat faskes.

    An open day; `day` is local to the facility.
    """

    id: UUID
    """Nomor hari buka / identifier of the open day"""
    version: int
    """Nomor versi hari buka / number of its latest change"""
    facility_id: UUID
    """Faskes yang buka / facility that opens"""
    facility_kind: str
    """Jenis faskes / puskesmas, pustu or posyandu"""
    facility_area: str
    """Desa faskes / village of the facility"""
    day: date
    """Tanggal setempat TTTT-BB-HH / local date YYYY-MM-DD"""
    cancelled: bool
    """Sudah dibatalkan / whether it was called off"""


class OpenDayQuery(Paged):
    """Filters of the list of open days: an area with everything below it, a facility, first and last day."""

    area: AreaCode | None = None
    """Wilayah ini dan semua di bawahnya / this one and everything below it"""
    facility: UUID | None = None
    """Hanya faskes ini / only this facility"""
    from_: Annotated[Day | None, Field(alias="from")] = None
    """Tanggal pertama yang ikut / first date, included"""
    to: Day | None = None
    """Tanggal terakhir yang ikut / last date, included"""

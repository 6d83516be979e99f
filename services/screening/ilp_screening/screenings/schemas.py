"""Screenings on the wire: bodies of corrections and voids, queries, answers. Values are checked by the rules."""

from datetime import date, datetime
from typing import Annotated, ClassVar, Final, Literal
from uuid import UUID

from pydantic import Field, JsonValue

from ilp_screening.rules.models import NotEvaluated, Result, Summary
from ilp_shared import examples
from ilp_shared.http.paging import Paged
from ilp_shared.models import Input, Output
from ilp_shared.problems import FieldWarning
from ilp_shared.scalars import Instant, Version

FINAL: Final = "final"
CORRECTED: Final = "corrected"
VOIDED: Final = "entered-in-error"
"""Status words of FHIR R4 ObservationStatus."""

Observations = Annotated[dict[str, JsonValue], Field(min_length=1, max_length=100)]
Status = Literal["final", "corrected", "entered-in-error"]
ReasonCode = Literal["wrong_value", "wrong_person", "wrong_day", "duplicate", "test_entry", "other"]


class CorrectionInput(Input):
    """Isi yang benar dan versi yang diperbaiki.

    The corrected content and the version it was made from.
    """

    EXAMPLE: ClassVar = {
        "base_version": 1,
        "observations": {**examples.OBSERVATIONS, "weight_kg": 10.6},
        "reason": "wrong_value",
    }

    base_version: Version
    observations: Observations
    """Semua nilai yang benar, menurut kode / all correct values, by code"""
    occurred_at: Instant | None = None
    """Waktu yang benar; kosong berarti tetap / correct time; by default as before"""
    reason: ReasonCode
    """Alasan perbaikan / why it was changed"""


class VoidInput(Input):
    """Alasan skrining ini seharusnya tidak tercatat, dan versi yang dilihat.

    The reason why a screening never should have been recorded, and the version this was decided on.
    """

    EXAMPLE: ClassVar = {"base_version": 1, "reason": "wrong_person"}

    base_version: Version
    reason: ReasonCode
    """Alasan pembatalan / why it never should have been recorded"""


class ScreeningQuery(Paged):
    """Filters of the list of screenings; at least one is needed."""

    person: UUID | None = None
    """Hanya orang ini / only this person"""
    facility: UUID | None = None
    """Hanya faskes ini / only this facility"""
    open_day: UUID | None = None
    """Hanya hari buka ini / only this day of service"""


class Performer(Output):
    """Profesi yang tercatat (peran akun bila tidak dikirim).

    The profession on record (the account's role, where none was sent).
    """

    role: str
    """Profesi pengukur / profession"""


class Screening(Output):
    """Satu versi skrining dengan penilaiannya; `day` adalah hari pelaporan menurut zona faskes.

    A screening in one version, with its results. `day` is the reporting day in the facility's zone.
    """

    id: UUID
    """Nomor skrining / identifier of the screening"""
    version: int
    """Nomor versi, untuk `base_version` / number to send as `base_version`"""
    status: Status
    """Final, diperbaiki, atau dibatalkan (kata FHIR) / state in the words of FHIR"""
    person_id: UUID
    """Orang yang diskrining / who was screened"""
    facility_id: UUID
    """Faskes tempat skrining / where it took place"""
    open_day_id: UUID | None
    """Hari buka tempat skrining, bila ada / the day of service it belongs to, if any"""
    occurred_at: datetime
    """Waktu pengamatan / time of the observations"""
    day: date
    """Hari pelaporan di faskes / reporting day at the facility"""
    home_area: str
    """Desa tempat tinggal saat itu / village where the person lived then"""
    facility_area: str
    """Desa faskes / village of the facility"""
    observations: dict[str, JsonValue]
    """Nilai yang dikirim, menurut kode / values as sent, by code"""
    results: tuple[Result, ...]
    """Penilaian dengan alasannya / judged questions with reasons"""
    not_evaluated: tuple[NotEvaluated, ...]
    """Pertanyaan yang belum dapat dinilai / questions that could not be judged"""
    summary: Summary | None = None
    """Ringkasan untuk keluarga / what to tell the family"""
    warnings: tuple[FieldWarning, ...] = ()
    """Nilai yang perlu diperiksa lagi / observations to be looked at again"""
    policy: str | None
    """Paket aturan yang menilai / rule packs that decided"""
    performer: Performer
    """Yang mengukur / who measured"""
    recorded_at: datetime
    """Waktu tercatat di server / when the server stored it"""


class ScreeningVersion(Output):
    """Satu versi dalam riwayat skrining.

    One version of a screening's history.
    """

    version: int
    """Nomor versi, mulai dari 1 / number of the change, from 1"""
    reason: ReasonCode | None
    """Alasan perubahan; kosong pada versi pertama / why it was changed; null for the first"""
    role: str
    """Peran akun yang menulis / profession of the account that wrote it"""
    recorded_at: datetime
    """Waktu tercatat di server / when the server stored it"""
    content: Screening
    """Isi skrining pada versi ini / the screening as it was then"""

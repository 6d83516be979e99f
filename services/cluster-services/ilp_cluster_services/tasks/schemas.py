"""Bodies, query and answers of the task routes."""

from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from ilp_cluster_services.rules.forms import Level
from ilp_cluster_services.rules.models import Kind, Move
from ilp_shared.events.cluster.v1 import TaskStatus
from ilp_shared.http.paging import Paged
from ilp_shared.models import Input, Output
from ilp_shared.scalars import AreaCode, Instant, Limit, Version
from ilp_shared.text import Text

Outcome = Literal["attended", "home_visited", "not_found", "moved", "refused", "referred", "other"]
CancelReason = Literal["duplicate", "moved", "deceased", "refused", "not_needed", "other"]


class AcceptInput(Input):
    """Terima tugas; `base_version` adalah versi yang dilihat pengguna.

    Take a task on; `base_version` is the version the user saw.
    """

    EXAMPLE: ClassVar = {"base_version": 1}

    base_version: Version


class CompleteInput(Input):
    """Selesaikan tugas dengan hasilnya.

    Finish a task with what came of it.
    """

    EXAMPLE: ClassVar = {"outcome": "attended"}

    outcome: Outcome
    """Hasil tindak lanjut / what came of the follow-up"""
    base_version: Version | None = None
    """Versi tugas yang dilihat; kosong berarti yang terbaru / number that was seen; by default the newest"""


class CancelInput(Input):
    """Batalkan tugas dengan alasan dari daftar (tanpa teks bebas).

    Give a task up, with a reason code (no free text).
    """

    EXAMPLE: ClassVar = {"reason": "moved"}

    reason: CancelReason
    """Alasan pembatalan / why it is given up"""
    base_version: Version | None = None
    """Versi tugas yang dilihat; kosong berarti yang terbaru / number that was seen; by default the newest"""


class Policy(Output):
    """Tabel rute dan sumber batas waktu, dan apakah batas itu sudah diperiksa pada sumbernya.

    The routing table and source behind the time limit, and whether the limit was checked against a text.
    """

    version: str
    """Nomor versi tabel rute / number of the routing table"""
    source: str
    """Asal batas waktu / where the time limit comes from"""
    verified: bool
    """Sudah diperiksa pada sumbernya / whether it was checked against that text"""


class Task(Output):
    """Satu tugas dalam daftar; `label` menyebut tindakannya untuk orang.

    A task as lists show it. `label` names the action for people.
    """

    id: UUID
    """Nomor tugas / identifier of the task"""
    version: int
    """Nomor versi tugas, untuk `base_version` / number to send as `base_version`"""
    kind: Kind
    """Tindak lanjut atau rujukan / follow-up or referral"""
    action: str
    """Sandi tindakan dari paket aturan / code of the rule pack's action"""
    label: Text
    """Nama tindakan untuk orang / name of the action for people"""
    status: TaskStatus
    """Menunggu, diterima, selesai, atau batal / waiting, accepted, completed or cancelled"""
    klaster: int
    """Klaster ILP yang bertanggung jawab / ILP cluster in charge"""
    target_level: Level
    """Jenis faskes yang menangani / kind of facility that acts"""
    person_id: UUID
    """Orang yang ditindaklanjuti / person to follow up"""
    screening_id: UUID
    """Skrining asal tugas / screening that asked for it"""
    home_area: str
    """Desa tempat tinggal orang itu / village where the person lives"""
    origin_facility_id: UUID
    """Faskes tempat skrining / facility of the screening"""
    facility_id: UUID | None
    """Faskes yang menangani, bila sudah diketahui / facility that acts, once it is known"""
    opened_day: date
    """Hari tugas dibuka, waktu setempat / local day on which it began"""
    due_at: datetime
    """Batas waktu / time limit"""
    overdue: bool
    """Batas waktu terlewati dan belum selesai / the limit has passed and it is not completed"""
    result_code: str
    """Hasil terberat yang memintanya / most severe result that asks for it"""
    result_codes: list[str]
    """Semua hasil yang memintanya / all results that ask for it"""
    routed: bool
    """Tindakannya ada di tabel rute / whether the routing table knows the action"""
    outcome: str | None
    """Hasil tindak lanjut, bila selesai / what came of it, when completed"""
    reason: str | None
    """Alasan batal, bila dibatalkan / why it was cancelled"""
    policy: Policy
    """Dasar batas waktu / what the time limit rests on"""


class TaskHistoryEntry(Output):
    """Satu langkah: apa, oleh siapa (peran dan akun), kapan.

    One move: what, by whom (role and account), when.
    """

    version: int
    """Nomor versi tugas setelah langkah ini / number of the task after this step"""
    move: Move
    """Langkah yang diambil / what was done"""
    status: TaskStatus
    """Keadaan setelah langkah ini / state after this step"""
    detail: str | None
    """Hasil atau alasan yang disebut / outcome or reason given"""
    role: str
    """Peran akun yang bertindak / profession of the account"""
    subject: str
    """Akun yang bertindak / account that acted"""
    at: datetime
    """Waktu langkah ini / when it was done"""


class TaskDetail(Task):
    """Satu tugas dengan riwayatnya, langkah pertama lebih dahulu.

    A task with its history, oldest move first.
    """

    history: list[TaskHistoryEntry]
    """Semua langkah sejak dibuka / all steps since it was opened"""


class TaskQuery(Paged):
    """Filters of the task list; all of them together must hold."""

    area: AreaCode | None = None
    """Wilayah ini dan semua di bawahnya / this one and everything below it"""
    status: Annotated[tuple[TaskStatus, ...], Field(description="Boleh lebih dari satu / may be repeated.")] = ()
    kind: Kind | None = None
    """Hanya tindak lanjut atau hanya rujukan / only follow-ups or only referrals"""
    person: UUID | None = None
    """Hanya tugas orang ini / only tasks of this person"""
    facility: Annotated[UUID | None, Field(description="Fasilitas asal atau tujuan / of origin or target.")] = None
    due_before: Instant | None = None
    """Hanya yang batas waktunya sebelum saat ini / only with a time limit before this instant"""
    limit: Limit = 50
    """Jumlah baris per halaman / rows per page"""

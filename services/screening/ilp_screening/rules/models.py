"""Values that go into the rules and come out of them.

Only shape is checked here; meaning (age, codes, possible values) is checked by `rules.subject` and
`rules.observations`, so that one list of faults with JSON pointers reaches the client.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from pydantic import Field

from ilp_screening.rules.case import Sex
from ilp_screening.rules.forms import Action, Colour, ResultClass
from ilp_shared.models import Frozen
from ilp_shared.problems import FieldWarning
from ilp_shared.scalars import Day, Number
from ilp_shared.text import Text

IMPLAUSIBLE: Final = "implausible"
"""The flag of what is measured again."""


class Subject(Frozen):
    """Orang yang dinilai: jenis kelamin menurut FHIR dan tepat satu keterangan umur.

    The person who is judged: FHIR administrative gender and exactly one statement of age.
    """

    sex: Sex
    """Jenis kelamin: male atau female / administrative gender of FHIR"""
    birth_date: Day | None = None
    """Tanggal lahir TTTT-BB-HH / day of birth YYYY-MM-DD"""
    age_days: Number | None = None
    """Umur dalam hari penuh / completed days since birth"""
    age_months: Number | None = None
    """Umur dalam bulan / age in months"""


class Reason(Frozen):
    """Satu alasan suatu hasil.

    A reason for a result.
    """

    code: str
    """Sandi alasan, untuk program / stable name, for programs"""
    text: Text
    """Kalimat untuk pengguna / sentence for the user"""


class Policy(Frozen):
    """Paket yang menilai, sumber batasnya, dan apakah sudah diperiksa pada sumber itu.

    The pack that decided, the source of the limits used and whether they were checked against it.
    """

    pack: str
    """Sandi paket aturan / short name of the rules"""
    version: str
    """Nomor versi paket / number of the edition"""
    source: str
    """Asal batas yang dipakai / where the limits come from"""
    verified: bool
    """Sudah diperiksa pada sumbernya / whether it was checked against that text"""


class Result(Frozen):
    """Satu pertanyaan yang dinilai; `category` kosong tanpa batas bersumber, `z` kosong tanpa z-score.

    One judged question; `category` is null without sourced limits, `z` where no z-score exists.
    """

    code: str
    """Sandi pertanyaan yang dinilai / stable name of the judged question"""
    label: Text | None = None
    """Sebutan hasil untuk orang / what people call the outcome"""
    standard: str | None = None
    """Standar pertumbuhan yang dipakai / growth standard"""
    z: float | None = None
    """Z-score menurut standar / z-score by the standard"""
    flag: str | None = None
    """`implausible`: ukur ulang; selain itu tanda yang menentukan tanpa z / measure again, or the sign that decided"""
    category: str | None = None
    """Kategori menurut paket / outcome in the words of the pack"""
    result_class: ResultClass | None = Field(default=None, alias="class")
    """Kelas risiko umum / risk class common to all packs"""
    reasons: tuple[Reason, ...]
    """Alasan hasil ini / why it is so"""
    actions: tuple[Action, ...] = ()
    """Yang perlu dilakukan / what to do next"""
    inputs: tuple[str, ...] = ()
    """Pengamatan yang dipakai / observations that were used"""
    missing: tuple[str, ...] = ()
    """Pengamatan yang dibaca tetapi belum ada / observations that it reads and that are missing"""
    could_change: tuple[str, ...] = ()
    """Yang belum ada dan masih dapat mengubah hasil / those missing that could still change the outcome"""
    policy: Policy
    """Dasar penilaian / rules that decided"""


class NotEvaluated(Frozen):
    """Pertanyaan sesuai umur yang belum dapat dinilai, atau pengukuran yang tidak menjawab apa pun.

    A question that fits the subject's age but could not be judged, or a measurement that answers none.

    `missing_input`: `missing` names the observation codes to add; `outside_table`: the inputs are there, but
    the standard has no row for the measured length/height; `no_table_at_age`: `code` is that of a measure or of a
    complaint (an answer true), and no table or rule reads it at this age; `no_earlier_measurement`: a trend has nothing
    to compare with in its window.
    """

    code: str
    """Sandi pertanyaan atau pengamatan / stable name of the question or observation"""
    reason: Literal["missing_input", "outside_table", "no_table_at_age", "no_earlier_measurement"]
    """Penyebab belum dinilai / what is in the way"""
    missing: tuple[str, ...] = ()
    """Kode pengamatan yang perlu ditambah / codes of observations to add"""
    text: Text
    """Kalimat untuk pengguna / sentence for the user"""
    actions: tuple[Action, ...] = ()
    """Yang perlu dilakukan / what to do next"""


class Due(Frozen):
    """Satu langkah jadwal: diberikan, belum waktunya, waktunya, terlambat, atau tidak dapat lagi.

    One step of a schedule: given, not yet due, due, overdue, or no longer possible. `given_on` is the day on which it
    was last given; between `first_day` and `last_day` it is given in time.
    """

    schedule: str
    """Sandi jadwal / stable name of the schedule"""
    code: str
    """Sandi langkah / stable name of the step"""
    label: Text
    """Nama langkah / what people call it"""
    status: Literal["given", "upcoming", "due", "overdue", "missed"]
    """Keadaan pada hari ini / state on the day"""
    given_on: Day | None = None
    """Hari diberikan / day on which it was given"""
    first_day: Day | None = None
    """Hari pertama yang boleh / first day on which it may be given"""
    last_day: Day | None = None
    """Hari terakhir yang tepat waktu / last day in time"""
    policy: Policy
    """Dasar jadwal / rules that decided"""


class Summary(Frozen):
    """Ringkasan untuk keluarga: warna dan kalimat dari hasil terberat, dan apa yang belum terjawab.

    What the family hears: the colour and sentence of the most severe result, and what is left open. It is no
    diagnosis. Green only if everything that was observed was judged, and is fine.
    """

    colour: Colour
    """Merah, kuning, hijau, atau abu-abu bila perlu diulang atau belum lengkap / grey: to be repeated or incomplete"""
    sentence: Text
    """Kalimat untuk keluarga / what to tell the family"""


class Evaluation(Frozen):
    """Semua hasil untuk satu orang dan hari, dan pertanyaan yang belum dapat dinilai.

    All results for one subject and day, and the questions that could not be judged.
    """

    results: tuple[Result, ...]
    """Penilaian dengan alasannya / judged questions with reasons"""
    not_evaluated: tuple[NotEvaluated, ...]
    """Pertanyaan yang belum dapat dinilai / questions that could not be judged"""
    summary: Summary
    """Ringkasan untuk keluarga / what to tell the family"""
    warnings: tuple[FieldWarning, ...]
    """Nilai yang perlu diperiksa lagi / observations to be looked at again"""
    schedule: tuple[Due, ...] = ()
    """Jadwal menurut umur dan riwayat / what is due by age and history"""


@dataclass(frozen=True, slots=True)
class Judgement:
    """An evaluation at a facility: its reporting day, and the packs that decided (None when none did)."""

    day: date
    evaluation: Evaluation
    policy: str | None

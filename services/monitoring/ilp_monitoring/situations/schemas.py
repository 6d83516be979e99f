"""What is asked of a situation, and what it looks like to its readers: the REST answer, and the model of the page.

No number travels without numerator, denominators and their kind, completeness, state and definition version.
`None` means "not known", never zero.
"""

from datetime import datetime
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import Field

from ilp_monitoring.rules.months import Month, asked_month, months_before
from ilp_monitoring.rules.vocabulary import BelowChoice, DenominatorChoice, DenominatorKind, Reason, State
from ilp_monitoring.situations.areas import AreaHead, Arrival, AwaitedUnits, Completeness, Participation, Persons, Units
from ilp_shared.models import Input, Output
from ilp_shared.tables.writing import TableFormat
from ilp_shared.text import Text

FORMAT: Final = (
    "`csv` untuk program; `excel` untuk lembar kerja berbahasa Indonesia (BOM, titik koma, koma desimal) /"
    " `csv` for programs; `excel` for spreadsheets with Indonesian settings (BOM, semicolon, decimal comma)"
)


class SituationKey(NamedTuple):
    """Which situation: the same for every account, because these numbers are of no person."""

    area: str
    period: str
    denominator: DenominatorChoice = "real"
    below: BelowChoice = "children"

    @property
    def months(self) -> tuple[str, str]:
        """Months whose changes show: its own, and the one it is compared with."""
        return self.period, months_before(self.period, 1)


class SituationQuery(Input):
    """Query of every route that shows a situation."""

    period: Month | None = None
    """Bulan TTTT-BB; kosong berarti bulan berjalan / month YYYY-MM, by default the running one"""
    denominator: Annotated[DenominatorChoice, Field(description="Penyebut: riil atau proyeksi / real or projected")] = (
        "real"
    )
    below: Annotated[
        BelowChoice,
        Field(
            description="Wilayah di bawahnya: satu tingkat, atau semua desa / areas below: one level, or all villages"
        ),
    ] = "children"

    def key(self, area: str, running_month: str) -> SituationKey:
        """Return which situation of an area is asked for; without a month, that of the running one.

        Raises InvalidInput for a month of which there can be none.
        """
        return SituationKey(area, asked_month(self.period, running_month, "period"), self.denominator, self.below)


class SituationFileQuery(SituationQuery):
    """Query of the situation as a file."""

    format: Annotated[TableFormat, Field(description=FORMAT)] = "csv"


class PreviousNumbers(Output):
    """Indikator yang sama sebulan sebelumnya, dengan jenis penyebut yang sama.

    The same indicator one month earlier, for the arrow; same denominator kind.
    """

    period: str
    """Bulan pembanding, TTTT-BB / month of comparison, YYYY-MM"""
    numerator: int
    """Pembilang bulan itu / how many fulfilled the definition"""
    denominator: int | None
    """Penyebut bulan itu / what it was divided by"""
    value: float | None
    """Nilai dalam satuan definisi / result in the unit of the definition"""
    state: State
    """Apakah angka bulan itu ada dan lengkap / whether that month is known and complete"""
    units: Units
    """Posyandu yang buka dan lapor pada bulan itu; yang terdaftar menurut daftar hari ini /
    posyandu that opened and reported in that month; those on the register by today's register"""
    comparable: bool
    """Kedua bulan dapat dibandingkan: 80 % posyandu terdaftar lapor dan penyebut paling sedikit 30 /
    whether a difference means anything: 80 % of the registered posyandu reported in both months, 30 to divide by"""
    reason: Reason | None
    """Mengapa tidak dibandingkan; kosong bila dapat / why not compared, or null where it may be"""


class YearNumbers(Output):
    """Cakupan tahun kalender: orang dari Januari sampai bulan ini, masing-masing sekali, dengan penyebut yang sama.

    Coverage of a calendar year: persons counted from January to the month, each once, by the same denominator.
    """

    numerator: int
    """Orang yang terhitung sejak Januari / persons counted since January"""
    value: float | None
    """Nilai dalam satuan definisi; kosong berarti tidak diketahui / result in that unit; null means not known"""
    state: State
    """Apakah angka ada dan lengkap / whether the number is known and complete"""
    target: float | None
    """Target tahun, per dua belas bagian / goal of the year by twelfths"""
    map_class: int | None
    """Kelas peta 0…4, 0 terendah; kosong tanpa nilai / class 0…4, 0 the lowest; null when there is no value"""
    previous: PreviousNumbers
    """Sebulan sebelumnya; tidak dibandingkan dengan tahun lain / one month earlier, never of another year"""


class FollowUpCounts(Output):
    """Tugas yang dibuat sampai akhir bulan itu, tanpa yang dibatalkan; lewat waktu menurut tanggal hari ini.

    Tasks opened by the end of the month, cancelled ones left out; overdue by today's date.
    """

    opened: int
    """Semua tugas itu / all of these tasks"""
    returned: int
    """Sudah selesai / tasks that are done"""
    waiting: int
    """Belum sampai harinya / tasks whose day has not come yet"""
    overdue: int
    """Lewat harinya dan belum selesai / tasks still open past their day"""


class FollowUpNumbers(FollowUpCounts):
    """Tugas yang dibuat sampai akhir bulan itu, tanpa yang dibatalkan; `value` adalah bagian yang lewat waktu.

    Tasks opened by the end of the month, cancelled ones left out: returned (done), waiting for their day, overdue
    (open past the day they were due, by today's date). `value` is the share that is overdue.
    """

    value: float | None
    """Persen yang lewat waktu; kosong berarti tidak diketahui / percent of late tasks; null means not known"""
    state: State
    """Apakah angka ada dan lengkap / whether the number is known and complete"""
    map_class: int | None
    """Kelas peta 0…4, 0 terendah; kosong tanpa nilai / class 0…4, 0 the lowest; null when there is no value"""


class IndicatorNumbers(Output):
    """Satu indikator di satu wilayah dan bulan; `value` dalam satuan definisi.

    One indicator of one area and month. `value` is in the definition's unit (percent, or persons).
    """

    code: str
    """Sandi indikator / stable name of the definition"""
    version: str
    """Nomor versi definisi / number of the definition"""
    unit: Literal["percent", "persons"]
    """Persen atau jumlah orang / percent, or a number of people"""
    numerator: int
    """Pembilang / how many fulfil the definition"""
    denominator: int | None
    """Penyebut yang dipakai / what the value was divided by"""
    denominator_kind: DenominatorKind
    """Jenis penyebut yang dipakai / what the denominator counts"""
    denominators: dict[DenominatorKind, int | None]
    """Semua penyebut menurut jenisnya / all sizes to divide by, for each kind"""
    value: float | None
    """Nilai dalam satuan definisi; kosong berarti tidak diketahui / result in that unit; null means not known"""
    state: State
    """Apakah angka ada dan lengkap / whether the number is known and complete"""
    map_class: int | None
    """Kelas peta 0…4, 0 terendah; kosong tanpa nilai / class 0…4, 0 the lowest; null when there is no value"""
    target: float | None
    """Nilai yang dituju, bila ada / goal of the definition, if there is one"""
    completeness: Completeness
    """Posyandu yang sudah dan harus lapor / posyandu that have reported and should"""
    previous: PreviousNumbers
    """Angka yang sama sebulan sebelumnya / the same one month earlier"""
    follow_ups: FollowUpNumbers | None
    """Hanya pada indikator yang menghitung tugas / only of the indicator that counts tasks"""
    year: YearNumbers | None
    """Hanya bila targetnya setahun; `target` dan `map_class` di atas lalu kosong / only where the target is yearly"""


class ChildArea(Output):
    """Satu wilayah di bawahnya, dengan angka yang sama. Desa tidak dibagi lagi.

    An area below, with the same numbers. Villages have no children here: numbers end there.
    """

    code: str
    """Kode wilayah Kemendagri / ministry code"""
    name: str
    """Nama resmi / official name"""
    level: str
    """Tingkat, dari negara sampai desa / from the nation to a village"""
    kind: str
    """Sebutan jenisnya, mis. kelurahan / what it is called, e.g. kelurahan"""
    lat: float | None
    """Lintang titik tengah / latitude of its centre"""
    lng: float | None
    """Bujur titik tengah / longitude of its centre"""
    units: Units
    """Posyandu terdaftar, buka, lapor / posyandu on the register, with an open day, with a report"""
    persons: Persons
    """Penduduk terdaftar dan proyeksi / people on the register and projected"""
    participation: Participation | None
    """Keikutsertaan provinsi atau negara; kosong untuk yang lebih kecil / of a province or the nation, else null"""
    completeness: Completeness
    """Posyandu yang sudah dan harus lapor / posyandu that have reported and should"""
    indicators: list[IndicatorNumbers]
    """Angka wilayah ini / numbers of this area"""


class ParticipatingRegency(Output):
    """Kabupaten/kota yang ikut, dengan angka yang sama; provinsinya tampak dari kodenya.

    A regency that takes part, with the same numbers. Its code begins with that of its province.
    """

    code: str
    """Kode wilayah Kemendagri / ministry code"""
    name: str
    """Nama resmi / official name"""
    units: Units
    """Posyandu terdaftar, buka, lapor / posyandu on the register, with an open day, with a report"""
    indicators: list[IndicatorNumbers]
    """Angka wilayah ini / numbers of this area"""


class RecountSummary(Output):
    """Hitung ulang terakhir: kapan, berapa angka, berapa yang berbeda.

    The last independent recount: when, how many cells it compared, how many differed.
    """

    at: datetime
    """Waktu mulai / when it began"""
    cells: int
    """Angka yang dibandingkan / numbers that were compared"""
    differences: int
    """Angka yang tidak sama / numbers that were not equal"""


class Situation(Output):
    """Situasi satu wilayah; semua angkanya berasal dari `sequence` yang sama.

    A consistent snapshot: every number of it belongs to the same `sequence`.
    """

    area: AreaHead
    """Wilayah yang ditampilkan / what these numbers are about"""
    period: str
    """Bulan yang ditampilkan, TTTT-BB / month, YYYY-MM"""
    previous_period: str
    """Bulan pembanding / month of comparison"""
    periods: list[str]
    """Bulan yang punya angka, terbaru lebih dahulu / months with numbers, newest first; always holds `period`"""
    denominator: DenominatorChoice
    """Penyebut yang dipilih / projected or registered people"""
    below: BelowChoice
    """Wilayah mana yang ada di `children` / which areas `children` holds"""
    as_of: datetime | None
    """Waktu catatan terbaru di angka ini; kosong bila belum ada /
    recording time of the newest event counted, or null"""
    checked_at: datetime | None
    """Semua peristiwa sampai saat ini sudah dihitung; kosong saat mengejar /
    all events until then are counted; null while catching up"""
    parked: int
    """Peristiwa yang disisihkan dan belum dihitung / events set aside, missing from the numbers"""
    sequence: int
    """Urutan keadaan ini, untuk melanjutkan siaran / position of this state, from which a stream goes on"""
    units: Units
    """Posyandu terdaftar, buka, lapor / posyandu on the register, with an open day, with a report"""
    awaited: AwaitedUnits
    """Posyandu yang masih ditunggu / posyandu that are missing from these numbers"""
    arrivals: list[Arrival]
    """20 kiriman terakhir, terbaru lebih dahulu, bulan mana pun / the last 20 arrivals, newest first, of any month"""
    persons: Persons
    """Penduduk terdaftar dan proyeksi / people on the register and projected"""
    participation: Participation | None
    """Keikutsertaan provinsi atau negara; kosong untuk yang lebih kecil / of a province or the nation, else null"""
    completeness: Completeness
    """Posyandu yang sudah dan harus lapor / posyandu that have reported and should"""
    indicators: list[IndicatorNumbers]
    """Angka wilayah ini / numbers of this area"""
    children: list[ChildArea]
    """Wilayah di bawahnya dengan angkanya / areas below, with their numbers"""
    participants: list[ParticipatingRegency]
    """Kabupaten/kota yang ikut, selama kurang dari separuh: 50 pertama menurut kode; kosong untuk yang lebih kecil /
    regencies taking part while they are fewer than half: the first 50 by code; none of a regency and below"""
    recount: RecountSummary | None
    """Hitung ulang terakhir, bila pernah / last comparison with the archives, if any"""
    registered_means: Text
    """Arti "terdaftar" untuk setiap angka riil / what the people on the register are, in words"""
    example_data: bool
    """Ada faskes buatan di mana pun dalam sistem ini: semua halaman lalu DATA CONTOH /
    whether any facility of this system, in whatever area, is made up: then all pages are marked"""

"""What an answer says of one area beside its indicators: place, posyandu, arrivals, people, how much takes part."""

from datetime import datetime
from typing import Final, Self
from uuid import UUID

from ilp_monitoring.rules.participation import Share, are_few
from ilp_shared.models import Output

HALF_PERCENT: Final = 50
"""From this share of its population on, a province or the nation is judged."""


class AreaRef(Output):
    """Satu wilayah menurut kode dan nama.

    An area by code and name.
    """

    code: str
    """Kode wilayah Kemendagri / ministry code"""
    name: str
    """Nama resmi / official name"""


class FacilityCounts(Output):
    """Faskes terdaftar di seluruh wilayah.

    Registered facilities in the whole subtree of an area.
    """

    puskesmas: int = 0
    """Jumlah puskesmas terdaftar / registered health centres"""
    pustu: int = 0
    """Jumlah pustu terdaftar / registered auxiliary centres"""
    posyandu: int = 0
    """Jumlah posyandu terdaftar / registered community posts"""


class AreaHead(Output):
    """Wilayah yang ditampilkan; `lineage` dari negara sampai wilayah ini.

    The area a situation is about. `lineage` runs from the nation to the area itself.
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
    lineage: list[AreaRef]
    """Jalur dari negara sampai wilayah ini / way from the nation to the area itself"""
    facilities: FacilityCounts
    """Faskes terdaftar di dalamnya / registered puskesmas, pustu and posyandu inside"""


class Units(Output):
    """Posyandu satu wilayah dalam satu bulan. Yang lapor tanpa hari buka tidak dihitung lapor.

    Posyandu of an area in a month. A posyandu that reports without an open day does not count as reported. Dates of
    registration do not count yet.
    """

    registered: int
    """Menurut daftar hari ini, juga untuk bulan lampau: posyandu yang didaftarkan kemudian ikut terhitung /
    by today's register, for past months too: a posyandu registered later counts in them"""
    opened: int
    """Punya hari buka yang tidak dibatalkan / with an open day that was not cancelled"""
    reported: int
    """Buka dan punya pemeriksaan / opened, and with a screening"""


class Persons(Output):
    """Penduduk satu wilayah.

    People of an area.
    """

    registered: int
    """Terdaftar dan sudah lahir pada akhir bulan itu / on the register and born by the end of the month"""
    projected: int | None
    """Proyeksi; kosong bila tidak diterbitkan / expected by projection, or null where none is published"""


class UnitRef(Output):
    """Satu posyandu dan desa tempatnya terdaftar.

    A posyandu by name, and the village in which it is registered.
    """

    id: UUID
    """Nomor faskes / identifier of the facility"""
    name: str
    """Nama posyandu / what it is called"""
    area_code: str
    """Kode desa, juga bila terdaftar di dusun atau RW / village, also of one registered in a part of it"""
    area_name: str | None
    """Nama desa / what the village is called"""


class AwaitedUnits(Output):
    """Posyandu yang belum ada di angka bulan itu, untuk kabupaten/kota ke bawah; paling banyak 50 tiap daftar.

    The posyandu that are missing from the numbers of a month, by village and name; how many there are, `units` says.
    Named for a regency and below, the first 50 of each list.
    """

    not_reported: list[UnitRef]
    """Sudah buka, belum lapor / opened, no report yet"""
    not_opened: list[UnitRef]
    """Belum punya hari buka bulan itu / registered, without an open day in the month"""


class Arrival(Output):
    """Pemeriksaan yang masuk dari satu faskes dalam satu menit: banyaknya saja, tanpa orang dan tanpa hasil.

    Screenings that came in from a facility within a minute: how many, never of whom and never a result. Corrections
    and voids are no arrivals.
    """

    minute: datetime
    """Menit pencatatan / minute in which they were recorded"""
    facility_id: UUID
    """Nomor faskes / identifier of the facility"""
    facility_name: str | None
    """Nama faskes; kosong bila belum dikenal / what it is called, null while not known here"""
    area_name: str | None
    """Desa atau kecamatan tempat faskes terdaftar / village or district in which it is registered"""
    weighings: int
    """Pemeriksaan dengan berat badan / screenings with a weight"""
    others: int
    """Pemeriksaan lain / screenings without a weight"""


class Participation(Output):
    """Seberapa besar provinsi atau negara ikut: kabupaten/kota yang posyandunya lapor bulan itu.

    How much of a province or of the nation takes part: its regencies in which any posyandu reported in the month.
    """

    areas: int
    """Wilayah satu tingkat di bawahnya / areas one level down"""
    taking_part: int
    """Di antaranya yang posyandunya lapor / those of them with a posyandu that reported"""
    regencies: int
    """Kabupaten/kota di dalamnya, berapa pun tingkat di antaranya / regencies inside, however many levels down"""
    regencies_taking_part: int
    """Di antaranya yang posyandunya lapor / those of them with a posyandu that reported"""
    population_percent: float | None
    """Bagian penduduk proyeksi yang ikut; kosong bila tidak diterbitkan /
    share of the projected population that lives in regencies taking part, or null where none is published"""
    projected: dict[str, int]
    """Sasaran proyeksi kabupaten/kota yang ikut, per kelompok / people projected there, for each population group"""

    @classmethod
    def of(cls, share: Share) -> Self:
        """Return the form of what the rules say of an area."""
        return cls(
            areas=share.areas,
            taking_part=share.taking_part,
            regencies=share.regencies,
            regencies_taking_part=len(share.reporting),
            population_percent=share.population_percent,
            projected=share.projected,
        )

    @property
    def representative(self) -> bool:
        """Whether at least half of the population takes part: only then is the whole area judged."""
        return self.population_percent is not None and self.population_percent >= HALF_PERCENT

    @property
    def few(self) -> bool:
        """Whether fewer than half of the regencies take part: only then are those taking part named."""
        return are_few(self.regencies_taking_part, self.regencies)


class Completeness(Output):
    """Posyandu yang lapor dan posyandu yang punya hari buka, dalam bulan itu. Turunan `units`, yang lebih lengkap.

    Posyandu that reported / posyandu with an open day, in the month. Derived from `units`, which say more.
    """

    reported: int
    """Posyandu yang sudah lapor / posyandu with a report"""
    expected: int
    """Posyandu dengan hari buka / posyandu with an open day"""

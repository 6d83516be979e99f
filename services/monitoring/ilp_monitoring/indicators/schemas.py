"""The form of a definitions file, which is also the answer of `GET /v1/indicators`."""

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from ilp_shared.models import Frozen
from ilp_shared.text import Text


class Fact(Frozen):
    """Satu hal yang dikatakan skrining: pengamatan dilakukan, atau ada hasil (dengan kategori tertentu).

    Something a screening says: an observation was made, or a result (optionally of given categories) exists.
    """

    code: str
    """Sandi fakta / name that indicators refer to"""
    bit: int = Field(ge=0, lt=15)
    """Letaknya dalam keadaan orang / place in a person's stored state"""
    observed: str | None = None
    """Pengamatan yang membuktikannya / observation that proves it"""
    result: str | None = None
    """Hasil penilaian yang dibaca / judged question that is read"""
    plausible_z: bool = False
    """Hanya hasil dengan z yang wajar / only results with a z and without flag"""
    categories: tuple[str, ...] = ()
    """Kategori yang dihitung; kosong berarti semua / outcomes that count; none means all"""

    @model_validator(mode="after")
    def _one_source(self) -> "Fact":
        if (self.observed is None) == (self.result is None):
            raise ValueError("a fact reads either an observation or a result")
        return self


class PopulationGroup(Frozen):
    """Kelompok umur dalam bulan penuh pada akhir bulan, kedua batas ikut, sejak lahir.

    An age group, in whole months of age at the end of a month (inclusive bounds), from birth on.
    """

    code: str
    """Sandi kelompok umur / name that indicators refer to"""
    name: Text
    """Nama untuk pembaca / what readers call it"""
    min_months: int = Field(default=0, ge=0)
    """Umur termuda / youngest age"""
    max_months: int | None = None
    """Umur tertua / oldest age"""


class Target(Frozen):
    """Target dan asalnya.

    A goal, with where it comes from.
    """

    value: float
    """Nilai target dalam satuan indikator / goal in the unit of the indicator"""
    unit: str
    """Satuan dan jangka waktu / what the value is measured in"""
    source: str
    """Asal target / where the goal comes from"""
    source_id: str
    """Asal target dalam bahasa Indonesia / where the goal comes from, in Indonesian"""
    verified: bool
    """Sudah diperiksa pada sumbernya / whether it was checked against that text"""

    @property
    def origin(self) -> Text:
        """The source in both languages."""
        return Text(self.source_id, self.source)


class Counts(Frozen):
    """Apa yang dihitung. `denominator` adalah fakta, `sasaran` (dari `group`), atau `opened` (tugas).

    What is counted. `denominator` is a fact, `sasaran` (of `group`) or `opened` (tasks).
    """

    of: Literal["persons", "tasks"]
    """Orang atau tugas / people or tasks"""
    numerator: str | None = None
    """Fakta yang dihitung sebagai pembilang / fact above the line"""
    denominator: str
    """Fakta atau sasaran sebagai pembagi / fact or group below the line"""
    denominator_kind: Literal["measured", "screened", "opened"] | None = None
    """Jenis penyebut selain sasaran / what is divided by, other than sasaran"""
    group: str | None = None
    """Hanya kelompok umur ini yang dihitung / only persons of this age group count"""
    take: Literal["any", "last"] = "any"
    """Pemeriksaan mana dalam bulan itu yang menentukan / which screening of the month decides"""
    yearly: bool = False
    """Juga dihitung sekali setahun; target dan kelas peta milik tahun / once a calendar year too, like its target"""


class Indicator(Frozen):
    """Satu definisi: arti angka, sumbernya, dan cara menilainya.

    One definition: what a number means, where it comes from, how it is judged.
    """

    code: str
    """Sandi tetap indikator / stable name for programs"""
    version: str
    """Nomor versi definisi / number of this wording"""
    name: Text
    """Nama untuk pembaca / what readers call it"""
    look_for: Text
    """Apa yang perlu dicari pada angka ini / what to read out of it"""
    numerator: Text
    """Arti pembilang / who or what is counted"""
    denominator: Text
    """Arti penyebut / what it is divided by"""
    source: str
    """Asal definisi / where the definition comes from"""
    source_id: str
    """Asal definisi dalam bahasa Indonesia / where the definition comes from, in Indonesian"""
    verified: bool
    """Sudah diperiksa pada sumbernya / whether it was checked against that text"""
    unit: Literal["percent", "persons"]
    """Persen atau jumlah orang / percent, or a number of people"""
    direction: Literal["higher_is_better", "lower_is_better"]
    """Apakah nilai tinggi baik / whether high values are good"""
    class_breaks: tuple[float, float, float, float]
    """Batas bawah kelas peta 1…4 / lower bounds of map classes 1…4"""
    class_breaks_source: str = "design of this platform"
    """Asal batas kelas peta / where the bounds of the map come from"""
    target: Target | None = None
    """Nilai yang dituju, bila ada / goal, if there is one"""
    counts: Counts
    """Cara menghitung / what is counted, for programs"""
    overdue_name: Text | None = None
    """Nama bagian tugas yang lewat waktu, yang tampil di halaman / what the page calls the share of late tasks"""

    @property
    def origin(self) -> Text:
        """The source in both languages."""
        return Text(self.source_id, self.source)

    def in_month(self, period: str) -> "Indicator":
        """Return the definition with the target and class breaks that hold by the end of a month (`YYYY-MM`).

        Twelfths of a target are cut to two decimals, so that a percentage equal to it never falls short by a person.
        """
        if not self.counts.yearly:
            return self
        months = int(period[5:7])
        breaks = tuple(round(low * months / 12, 2) for low in self.class_breaks)
        target = self.target
        if target is not None:
            target = target.model_copy(update={"value": int(target.value * months * 100) // 12 / 100})
        return self.model_copy(update={"class_breaks": breaks, "target": target})

    @property
    def sasaran_group(self) -> str | None:
        """Population group this indicator divides by, if its denominator is a sasaran."""
        return self.counts.group if self.counts.denominator == "sasaran" else None


class Definitions(Frozen):
    """Seluruh berkas definisi.

    A whole definitions file.
    """

    version: str
    """Nomor versi berkas / number of the whole file"""
    effective_from: date
    """Berlaku sejak / first day in force"""
    registered_means: Text
    """Arti "terdaftar" untuk bulan mana pun, juga yang lampau / meaning of "registered", also for past months"""
    rules: tuple[Text, ...]
    """Aturan yang berlaku untuk semua angka / rules of counting for all numbers"""
    facts: tuple[Fact, ...]
    """Fakta yang dibaca dari skrining / what is read out of screenings"""
    population_groups: tuple[PopulationGroup, ...]
    """Kelompok umur / age groups"""
    indicators: tuple[Indicator, ...]
    """Definisi angka / definitions of the numbers"""

    @model_validator(mode="after")
    def _refers_to_what_exists(self) -> "Definitions":
        facts = {fact.code for fact in self.facts}
        groups = {group.code for group in self.population_groups}
        for indicator in self.indicators:
            counts = indicator.counts
            named = {counts.numerator, counts.denominator} if counts.of == "persons" else set()
            if not named - {"sasaran"} <= facts or not {counts.group} - {None} <= groups:
                raise ValueError(f"{indicator.code} names an unknown fact or group")
        if len({fact.bit for fact in self.facts}) != len(self.facts):
            raise ValueError("two facts share a bit")
        return self

    def indicator(self, code: str) -> Indicator | None:
        """Return a definition by code."""
        return next((i for i in self.indicators if i.code == code), None)

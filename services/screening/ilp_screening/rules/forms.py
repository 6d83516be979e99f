"""Forms of what policy packs are made of: immutable models of their YAML, as the rules and the catalog read them.

Limits, labels, classes, actions and sources are data; this module holds nothing clinical.
"""

from functools import cached_property
from typing import Final, Literal

from pydantic import Field

from ilp_shared.models import Frozen
from ilp_shared.text import Text

ResultClass = Literal["normal_no_risk", "normal_with_risk_factor", "pre_disease", "disease_suspected"]
Standard = Literal["WHO2006", "WHO2007"]
Colour = Literal["red", "yellow", "green", "grey"]
OEDEMA: Final = "bilateral_oedema"
"""The observation that decides some indicators without a z-score."""
SummaryKind = Literal[ResultClass, "implausible", "unfinished", "unjudged", "none"]


class Bounds(Frozen):
    """Rentang angka; batas yang kosong berarti terbuka.

    A range of numbers; an absent limit is open.
    """

    ge: float | None = None
    """Paling sedikit sama dengan / not below"""
    gt: float | None = None
    """Lebih besar dari / above"""
    le: float | None = None
    """Paling banyak sama dengan / not above"""
    lt: float | None = None
    """Lebih kecil dari / below"""

    def contains(self, value: float) -> bool:
        """Tell whether a value lies inside every limit."""
        return (
            (self.ge is None or value >= self.ge)
            and (self.gt is None or value > self.gt)
            and (self.le is None or value <= self.le)
            and (self.lt is None or value < self.lt)
        )


class Symbol(Frozen):
    """Nama dan satuan besaran, seperti tampil dalam alasan.

    Name and unit of a measured quantity, as reasons show them.
    """

    name: Text
    """Nama besaran / what the quantity is called"""
    unit: str
    """Satuan UCUM / UCUM unit"""


class Action(Frozen):
    """Tindakan berikutnya menurut daftar tindakan; waktu dalam hari atau jam.

    An action to take next, as the list of actions defines it; durations in days or hours.
    """

    code: str
    """Sandi tindakan / stable name of what to do"""
    label: Text
    """Kalimat tindakan untuk orang / sentence for people"""
    to: str | None = None
    """Jenis faskes tujuan / kind of facility to go to"""
    urgency: str | None = None
    """Tingkat kegawatan / how pressing it is"""
    after_days: int | None = None
    """Setelah sekian hari / days to wait first"""
    within_hours: int | None = None
    """Paling lambat sekian jam / hours at most"""


class Observation(Frozen):
    """Satu kode pengamatan: jenis, satuan UCUM, dan rentang yang mungkin.

    One observation code: type, UCUM unit and the hard range outside which a value is an input error.
    """

    code: str
    """Kode untuk dikirim dalam `observations` / name to send in `observations`"""
    type: Literal["quantity", "boolean", "code"]
    """Angka, ya/tidak, atau pilihan / number, yes/no, or choice"""
    label: Text
    """Nama untuk orang / what people call it"""
    unit: str | None = None
    """Satuan UCUM / UCUM unit"""
    possible: Bounds | None = None
    """Rentang yang mungkin; di luarnya ditolak / range outside which a value is refused"""
    below: str | None = None
    """Harus lebih rendah dari kode ini / code whose value must be higher"""
    values: tuple[str, ...] = ()
    """Pilihan yang ada / choices"""
    loinc: str | None = None
    """Kode LOINC yang sepadan / matching LOINC code"""
    loinc_verified: bool = False
    """Kode LOINC sudah diperiksa / whether the LOINC code was checked"""


class Verdict(Frozen):
    """Hasil bernama dengan kelas dan tindakannya; `verified` dan `source` menggantikan milik daftarnya.

    A named outcome with its class and actions; `verified` and `source` override those of its list.
    """

    code: str
    """Sandi hasil / stable name of the outcome"""
    label: Text
    """Sebutan untuk orang / what people call it"""
    result_class: ResultClass = Field(alias="class")
    """Kelas risiko umum / risk class common to all packs"""
    actions: tuple[Action, ...] = ()
    """Yang perlu dilakukan / what to do next"""
    verified: bool | None = None
    """Sudah diperiksa pada sumbernya / whether it was checked against its text"""
    source: str | None = None
    """Asal hasil ini, bila berbeda / where it comes from, if different"""


class Escalation(Frozen):
    """Tindakan tambahan bila umur (bulan) dan berat (kg) sesuai; `text` adalah alasannya.

    Actions added to a band when age (months) and weight (kg) fit; `text` is the reason shown.
    """

    text: Text
    """Alasan yang tampil / reason shown"""
    months: Bounds = Bounds()
    """Rentang umur dalam bulan / range of age"""
    weight_kg: Bounds | None = None
    """Rentang berat badan / range of body weight"""
    actions: tuple[Action, ...]
    """Yang perlu dilakukan / what to do next"""


class Band(Verdict):
    """Hasil untuk nilai dalam `when`.

    A verdict for values inside `when`.
    """

    when: Bounds
    """Rentang nilai / range of the value"""
    escalations: tuple[Escalation, ...] = ()
    """Tindakan tambahan / what is added under conditions"""


class BandList(Frozen):
    """Daftar rentang satu nilai, dari terendah; yang pertama memuat nilai berlaku.

    Bands over one value, lowest first; the first that contains the value wins.
    """

    code: str
    """Sandi daftar / stable name of the list"""
    source: str
    """Asal batas / where the limits come from"""
    verified: bool
    """Sudah diperiksa pada sumbernya / whether it was checked against that text"""
    symbol: Symbol
    """Besaran yang dinilai / quantity that is judged"""
    bands: tuple[Band, ...]
    """Rentang dari terendah / ranges, lowest first"""


class TableUse(Frozen):
    """Tabel LMS untuk satu umur, dan sumbu pembacaannya.

    The LMS table that serves an indicator at an age, and the axis on which it is entered.
    """

    standard: Standard
    """Standar pertumbuhan / growth reference of WHO"""
    table: str
    """Nama tabel / name in the LMS file"""
    axis: Literal["age_days", "age_months", "length_height_cm"]
    """Sumbu pembacaan / what the rows are entered by"""
    months: Bounds
    """Rentang umur dalam bulan / range of age"""
    days: Bounds | None = None
    """Rentang umur dalam hari / range of age, when exact"""


class CategoryUse(Frozen):
    """Daftar rentang yang menilai indikator pada satu umur (bulan), atas z-score atau ukuran mentah.

    The band list that judges an indicator at an age (months), on the z-score or on the raw measure.
    """

    bands: str
    """Sandi daftar rentang / stable name of the list"""
    judged: Literal["z", "measure"]
    """Z-score atau ukuran mentah / z-score or raw measure"""
    months: Bounds
    """Rentang umur dalam bulan / range of age"""


class Indicator(Frozen):
    """Satu indikator pertumbuhan; `oedema` menyebut kapan edema saja sudah menentukan.

    One growth indicator; `oedema` says when bilateral oedema alone decides it (weight-based ones).
    """

    code: str
    """Sandi indikator / stable name, for programs"""
    label: Text
    """Nama untuk orang / what people call it"""
    measure: str
    """Pengamatan yang diukur / observation that is judged"""
    inputs: tuple[str, ...]
    """Pengamatan yang diperlukan / observations that are needed"""
    restricted: bool
    """Z-score memakai rumus batas ±3 SD / whether z beyond ±3 SD follows the restricted formula"""
    oedema: Literal["none", "with_inputs", "alone"] = "none"
    """Kapan edema menentukan / when oedema decides"""
    plausible_z: Bounds
    """Rentang z yang wajar / range outside which z is flagged"""
    tables: tuple[TableUse, ...]
    """Tabel menurut umur / LMS tables by age"""
    categories: tuple[CategoryUse, ...] = ()
    """Daftar rentang menurut umur / lists of ranges by age"""

    @cached_property
    def reads(self) -> frozenset[str]:
        """Every observation code that it reads."""
        return frozenset((*self.inputs, *(() if self.oedema == "none" else (OEDEMA,))))


class SummaryRule(Frozen):
    """What the family hears of one kind; `{labels}` names the results, questions or values that are of it.

    `also` is added to the sentence of a rule that goes before this one.
    """

    kind: SummaryKind
    colour: Colour
    sentence: Text
    also: Text | None = None


class SummaryPolicy(Frozen):
    """The rules of summaries, most important first, and the z-scores that are usual where no limits are sourced."""

    usual_z: Bounds
    rules: tuple[SummaryRule, ...]

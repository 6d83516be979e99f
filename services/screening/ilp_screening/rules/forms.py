"""Forms of what policy packs are made of: immutable models of their YAML, as the rules and the catalog read them.

Limits, labels, classes, actions and sources are data; this module holds nothing clinical.
"""

from typing import Final, Literal, get_args

from pydantic import Field

from ilp_shared.models import Frozen
from ilp_shared.text import Text

ResultClass = Literal["normal_no_risk", "normal_with_risk_factor", "pre_disease", "disease_suspected"]
SEVERITY: Final = get_args(ResultClass)
"""The classes, mildest first."""
Colour = Literal["red", "yellow", "green", "grey"]
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


def severity(result_class: ResultClass) -> int:
    """Return how severe a class is: 0 for the mildest."""
    return SEVERITY.index(result_class)


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

"""Forms of what an `lms` pack is made of: indicators with their tables, the posture convention, the deciding sign."""

from typing import Literal

from ilp_screening.rules.forms import Action, Bounds
from ilp_screening.rules.models import Reason
from ilp_shared.models import Frozen
from ilp_shared.text import Text


class PosturePolicy(Frozen):
    """Aturan panjang/tinggi: batas hari, koreksi cm, dan umur berdiri diabaikan.

    Length/height convention: border in days, correction in cm, standing ignored below so many months.
    """

    quantity: str
    """Pengamatan yang dikoreksi / observation that is corrected"""
    observation: str
    """Pengamatan posisi: lying atau standing / observation of the posture: lying or standing"""
    border_days: int
    """Batas umur panjang dan tinggi / age from which height is measured"""
    correction_cm: float
    """Koreksi antara terlentang dan berdiri / difference between lying and standing"""
    standing_ignored_below_months: float
    """Di bawah umur ini berdiri diabaikan / age below which standing counts as lying"""
    source: str
    """Asal aturan / where it comes from"""
    verified: bool
    """Sudah diperiksa pada sumbernya / whether it was checked against that text"""


class TableFile(Frozen):
    """Tabel LMS yang disertakan dan checksum-nya.

    The packaged LMS table and its checksum.
    """

    file: str
    """Nama berkas, dari folder paket / path from the folder of the pack"""
    sha256: str
    """Checksum isi / checksum of its content"""


class Sign(Frozen):
    """Tanda yang menentukan tanpa z-score: hasilnya rentang terberat.

    A sign that decides without a z-score: the outcome is the most severe band.
    """

    observation: str
    """Pengamatan ya/tidak / observation answered with yes or no"""
    flag: str
    """Tanda pada hasil / flag of the result"""
    reason: Reason
    """Alasan yang tampil / reason shown"""


class Implausible(Frozen):
    """Hasil bila z di luar rentang wajar: ukur ulang.

    The outcome of a z outside the plausible range: measure again.
    """

    label: Text
    """Sebutan untuk orang / what people call it"""
    actions: tuple[Action, ...]
    """Yang perlu dilakukan / what to do next"""


class TableUse(Frozen):
    """Tabel LMS untuk satu umur, dan sumbu pembacaannya.

    The LMS table that serves an indicator at an age, and the axis on which it is entered.
    """

    standard: str
    """Standar acuan / growth reference"""
    table: str
    """Nama tabel / name in the LMS file"""
    axis: str
    """age_days, age_months, atau pengamatan per 0,1 satuan / age_days, age_months, or an observation by 0.1 unit"""
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
    """Satu indikator; `sign` menyebut kapan tanda saja sudah menentukan.

    One indicator; `sign` says when the pack's sign alone decides it.
    """

    code: str
    """Sandi indikator / stable name, for programs"""
    label: Text
    """Nama untuk orang / what people call it"""
    measure: str
    """Pengamatan atau besaran turunan yang diukur / observation or derived quantity that is judged"""
    inputs: tuple[str, ...]
    """Pengamatan yang diperlukan / observations that are needed"""
    restricted: bool
    """Z-score memakai rumus batas ±3 SD / whether z beyond ±3 SD follows the restricted formula"""
    sign: Literal["none", "with_inputs", "alone"] = "none"
    """Kapan tanda menentukan / when the sign decides"""
    plausible_z: Bounds
    """Rentang z yang wajar / range outside which z is flagged"""
    tables: tuple[TableUse, ...]
    """Tabel menurut umur / LMS tables by age"""
    categories: tuple[CategoryUse, ...] = ()
    """Daftar rentang menurut umur / lists of ranges by age"""

"""Forms of whole policy packs: growth, blood pressure, symptoms of TB."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from ilp_screening.rules.forms import Action, BandList, Bounds, Indicator, Symbol, Verdict
from ilp_shared.models import Frozen
from ilp_shared.text import Text


class PosturePolicy(Frozen):
    """Aturan panjang/tinggi: batas hari, koreksi cm, dan umur berdiri diabaikan.

    Length/height convention: border in days, correction in cm, standing ignored below so many months.
    """

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


class PackHeader(Frozen):
    """Identitas dan sumber paket.

    Identity and source of a pack.
    """

    code: str
    """Sandi paket / short name of the pack"""
    version: str
    """Nomor versi paket / number of this edition"""
    effective_from: date
    """Berlaku sejak / first day in force"""
    title: Text
    """Judul untuk pembaca / what readers call it"""
    source: str
    """Asal aturan / where the rules come from"""
    verified: bool
    """Sudah diperiksa pada sumbernya / whether it was checked against that text"""
    notes: tuple[Text, ...] = ()
    """Catatan untuk pembaca / remarks for readers"""


class GrowthPack(PackHeader):
    """Aturan pertumbuhan anak: indikator, tabel, dan rentangnya.

    Child growth policy: indicators, their tables and their bands.
    """

    family: Literal["growth"]
    """Jenis aturan / kind of rules"""
    tables: TableFile
    """Berkas tabel LMS / file of LMS rows"""
    days_per_month: float
    """Hari per bulan umur / length of a month of age"""
    posture: PosturePolicy
    """Aturan panjang dan tinggi / convention of length and height"""
    indicators: tuple[Indicator, ...]
    """Indikator pertumbuhan / questions of growth"""
    bands: tuple[BandList, ...]
    """Daftar rentang / lists of ranges"""
    implausible_label: Text
    """Sebutan untuk nilai tidak wajar / what people call an implausible value"""
    implausible_actions: tuple[Action, ...]
    """Tindakan untuk nilai tidak wajar / what to do with an implausible value"""


class PressureBand(Verdict):
    """Hasil atas tekanan sistolik dan diastolik (mmHg).

    A verdict over systolic and diastolic pressure (mmHg).
    """

    sbp: Bounds
    """Rentang sistolik / range of systolic pressure"""
    dbp: Bounds
    """Rentang diastolik / range of diastolic pressure"""


class PartialPressure(Frozen):
    """Cara menilai satu tekanan saja: menentukan mulai rentang `decides_from`; di bawahnya berlaku `actions`.

    How one pressure without the other is judged: it decides from the band `decides_from` on; below, `actions`.
    """

    decides_from: str
    """Sandi rentang pertama yang menentukan / stable name of the first band that decides"""
    text: Text
    """Alasan yang tampil / reason shown"""
    actions: tuple[Action, ...]
    """Yang perlu dilakukan / what to do next"""
    source: str
    """Asal aturan / where it comes from"""
    verified: bool
    """Sudah diperiksa pada sumbernya / whether it was checked against that text"""


class BloodPressurePack(PackHeader):
    """Aturan tekanan darah dewasa: rentang dari terbaik ke terburuk, dan tambahan; `partial` untuk satu tekanan.

    Adult blood pressure policy: bands from best to worst and overlays that only add. Without `partial`, one pressure
    without the other is not judged.
    """

    family: Literal["blood_pressure"]
    """Jenis aturan / kind of rules"""
    label: Text
    """Nama pertanyaan / what people call it"""
    years: Bounds
    """Rentang umur dalam tahun / range of age"""
    combine: Literal["worst"]
    """Cara menggabungkan dua tekanan / how both pressures are joined"""
    symbols: Mapping[Literal["sbp", "dbp"], Symbol]
    """Nama dan satuan tekanan / names and units"""
    bands: tuple[PressureBand, ...]
    """Rentang dari terbaik / ranges, best first"""
    overlays: tuple[PressureBand, ...]
    """Tambahan yang hanya menambah tindakan / verdicts that only add"""
    partial: PartialPressure | None = None
    """Cara menilai satu tekanan saja / how one pressure alone is judged"""


class Alternative(Frozen):
    """Semua dari `all_of` dan, bila ada, paling sedikit satu dari `any_of`.

    All of `all_of` and, when given, at least one of `any_of`.
    """

    all_of: tuple[str, ...] = ()
    """Harus semua / every one is needed"""
    any_of: tuple[str, ...] = ()
    """Cukup satu / one is enough"""


class TbOutcomes(Frozen):
    """Tiga hasil skrining gejala TBC.

    The three outcomes of TB symptom screening.
    """

    suspect: Verdict
    """Terduga TBC / symptoms suggest TB"""
    close_contact: Verdict
    """Kontak erat tanpa gejala cukup / contact without enough symptoms"""
    not_suspect: Verdict
    """Bukan terduga / symptoms do not suggest TB"""


class TbRule(Frozen):
    """Aturan gejala untuk satu rentang umur (tahun penuh).

    The symptom rule of an age range (completed years).
    """

    code: str
    """Sandi aturan / stable name, for programs"""
    years: Bounds
    """Rentang umur dalam tahun / range of age"""
    suspect_if: tuple[Alternative, ...]
    """Gejala yang membuat terduga / symptoms that make a suspect"""
    contact: str
    """Pengamatan kontak erat / observation of a close contact"""
    outcomes: TbOutcomes
    """Hasil yang mungkin / possible verdicts"""
    verified: bool | None = None
    """Sudah diperiksa pada sumbernya / whether it was checked against its text"""
    source: str | None = None
    """Asal aturan, bila berbeda / where it comes from, if different"""


class TbPack(PackHeader):
    """Aturan gejala TBC; `no_implies_no`: "tidak" pada kuncinya menjawab "tidak" pada isinya.

    TB symptom policy; `no_implies_no`: a "no" to the key answers "no" to the listed items.
    """

    family: Literal["tb"]
    """Jenis aturan / kind of rules"""
    label: Text
    """Nama pertanyaan / what people call it"""
    no_implies_no: Mapping[str, tuple[str, ...]]
    """Jawaban yang ikut "tidak" / answers that a "no" gives to others"""
    rules: tuple[TbRule, ...]
    """Aturan menurut umur / one for each range of age"""


AnyPack = GrowthPack | BloodPressurePack | TbPack

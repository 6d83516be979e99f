"""Answers of the pack routes."""

from datetime import date

from ilp_screening.rules.forms import Observation
from ilp_screening.rules.kinds.every import AnyPack
from ilp_shared.models import Output
from ilp_shared.text import Text


class PackSummary(Output):
    """Satu paket aturan dalam daftar.

    One line of the list of packs.
    """

    kind: str
    """Jenis aturan / kind of rules"""
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


class PackList(Output):
    """Semua paket dan kode pengamatan yang dibacanya.

    All packs and the observation codes that they read.
    """

    packs: tuple[PackSummary, ...]
    """Paket yang berlaku / rules in force"""
    other_versions: tuple[PackSummary, ...]
    """Versi lain: yang digantikan, belum berlaku, atau pilihan wilayah / superseded, to come, or chosen by areas"""
    observations: tuple[Observation, ...]
    """Kode yang boleh dikirim, dengan satuan dan batasnya / codes to send, with unit and limits"""


class PackDetail(Output):
    """Isi lengkap satu paket dengan pengamatan yang dibacanya.

    One pack in full with the observations that it reads.
    """

    pack: AnyPack
    """Isi paket / rules in full"""
    observations: tuple[Observation, ...]
    """Kode pengamatan yang dibaca / codes that it reads"""

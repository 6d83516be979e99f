"""A recount as readers see it."""

from datetime import datetime

from ilp_shared.models import Output


class Recount(Output):
    """Kapan arsip peristiwa dihitung ulang, berapa yang dibandingkan, dan berapa yang berbeda.

    When the event archives were counted again, how much was compared, and how many numbers differed.
    """

    at: datetime
    """Waktu mulai / when it began"""
    cells: int
    """Angka yang dibandingkan / numbers that were compared"""
    events: int
    """Peristiwa yang dibaca / archived events that were read"""
    differences: int
    """Angka yang tidak sama / numbers that were not equal"""
    duration_s: float
    """Lamanya dalam detik / how many seconds it took"""
    regencies: int | None
    """Kabupaten/kota yang diterbitkan atau punya angka; kosong pada hitung ulang versi lama /
    regencies that are published or have numbers; null for a recount of an older release"""
    regencies_compared: int | None
    """Kabupaten/kota yang jawabannya bagi pembaca dibandingkan kali ini; tabel, negara, dan provinsi selalu /
    regencies of which the answers to readers were compared this time; tables, nation and provinces always are"""
    all_since: datetime | None
    """Sejak kapan setiap kabupaten/kota pernah dibandingkan; kosong selama ada yang belum /
    since when each regency was compared at least once; null while some never was"""

"""Answer of the bundle's route."""

from ilp_shared.models import Output


class BundledPack(Output):
    """Satu paket aturan di dalam bundel.

    One pack that the bundle holds.
    """

    code: str
    """Sandi paket / short name of the pack"""
    version: str
    """Nomor versi paket / number of this edition"""


class Bundle(Output):
    """Alamat berkas untuk menilai tanpa sambungan, relatif terhadap alamat ini; isinya tidak pernah berubah.

    Addresses of the files that judge without a connection, relative to this address; what is there never changes.
    """

    rules: str
    """Paket yang berlaku, pengamatan, dan ringkasan (JSON) / packs in force, observations and summaries (JSON)"""
    tables: str
    """Tabel LMS (biner) / LMS tables (binary)"""
    engine: str
    """Modul JavaScript yang menilai: `prepared` dan `evaluate` / module that judges: `prepared` and `evaluate`"""
    packs: tuple[BundledPack, ...]
    """Paket di dalamnya / packs inside"""

"""Wire forms of areas."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator

from ilp_shared import examples
from ilp_shared.areas import level_of
from ilp_shared.http.paging import Paged
from ilp_shared.http.submissions import Receipt
from ilp_shared.models import Input, Output
from ilp_shared.scalars import AreaCode, Latitude, Longitude, Name, SearchText

Level = Literal["province", "regency", "district", "village", "sub_village"]
_DEEPEST = 7
"""Segments of the longest code: four down to the village, then dusun, RW and RT."""


def _below_village(code: str) -> str:
    if level_of(code) != "sub_village" or code.count(".") >= _DEEPEST:
        raise ValueError("must lie one to three levels below a village")
    return code


class Area(Output):
    """Satu wilayah; sebagian desa tanpa koordinat.

    One area; some villages have no coordinates.
    """

    code: str
    """Kode wilayah Kemendagri / ministry code, e.g. 13.76.01.1002"""
    name: str
    """Nama resmi / official name"""
    level: str
    """Tingkat, dari negara sampai di bawah desa / level, from the nation to below a village"""
    kind: str
    """Sebutan jenisnya, mis. kelurahan / what it is called, e.g. kelurahan"""
    parent_code: str | None
    """Kode wilayah di atasnya / the area above"""
    lat: float | None
    """Lintang titik tengah / latitude of its centre"""
    lng: float | None
    """Bujur titik tengah / longitude of its centre"""


class Ancestor(Output):
    """Satu langkah dari negara turun ke wilayah.

    A step of the way from the nation down to an area.
    """

    code: str
    """Kode wilayah di jalur ini / ministry code of this step"""
    name: str
    """Nama wilayah di jalur ini / official name of this step"""
    level: str
    """Tingkat wilayah di jalur ini / from the nation down"""


class Alias(Output):
    """Nama lain yang dipakai, dengan sumbernya.

    Another name in use, and its source.
    """

    name: str
    """Nama lain / other spelling or former name"""
    source: str
    """Asal nama lain ini / where it was found"""


class AreaDetail(Area):
    """Satu wilayah dengan jalurnya, jumlah anak, dan nama lain.

    One area with its lineage (nation first, itself last), its number of direct children, and its other names.
    """

    lineage: list[Ancestor]
    """Jalur dari negara sampai wilayah ini / way from the nation to the area itself"""
    children: int
    """Jumlah wilayah langsung di bawahnya / number of areas directly below"""
    aliases: list[Alias]
    """Nama lain yang dipakai / other names in use"""


class AreaQuery(Paged):
    """`area` keeps a subtree, `level` one level; `q` finds names, other names and beginnings of codes."""

    area: AreaCode | None = None
    """Wilayah ini dan semua di bawahnya / this one and everything below it"""
    level: Level | None = None
    """Hanya tingkat ini / only this level"""
    q: SearchText | None = None
    """Bagian nama, nama lain, atau awal kode / part of a name, other name, or beginning of a code"""


class AreaInput(Input):
    """Dusun, lingkungan, RW, atau RT di bawah desa: `13.76.01.1002.RW03`.

    A dusun, lingkungan, RW or RT below a village: `13.76.01.1002.RW03`.
    """

    EXAMPLE: ClassVar = {"code": f"{examples.VILLAGE}.RW03", "name": "RW 03 Contoh", "kind": "rw"}

    code: Annotated[AreaCode, AfterValidator(_below_village)]
    name: Name
    """Nama untuk ditampilkan / name to show"""
    kind: Literal["dusun", "lingkungan", "rw", "rt"]
    """Jenis wilayah di bawah desa / what it is below the village"""
    lat: Latitude | None = None
    """Lintang titik tengah / degrees north of its centre"""
    lng: Longitude | None = None
    """Bujur titik tengah / degrees east of its centre"""


class AreaReceipt(Receipt):
    """Jawaban wilayah baru; `id` diturunkan dari kode.

    Answer to a new area: `id` is derived from the code.
    """

    code: str
    """Kode yang tersimpan / ministry code as stored"""

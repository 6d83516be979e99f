"""Wire forms of facilities."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field, JsonValue, StrictBool, WithJsonSchema

from ilp_registry.facilities.models import Kind
from ilp_shared import examples
from ilp_shared.http.batches import MAX_ITEMS, items_schema
from ilp_shared.http.paging import Paged
from ilp_shared.http.submissions import Receipt
from ilp_shared.models import Input, Output
from ilp_shared.scalars import AreaCode, FacilityCode, Latitude, Longitude, Name, SearchText


class FacilityInput(Input):
    """Satu faskes. `id` boleh dibuat klien; posyandu dan pustu melayani desanya bila `catchment` kosong.

    A facility. `id` may be made by the client; `catchment` defaults to the village of a posyandu or pustu.
    """

    EXAMPLE: ClassVar = {
        "id": examples.FACILITY_ID,
        "kind": "posyandu",
        "name": "Posyandu Contoh Melati",
        "area_code": examples.VILLAGE,
        "example_data": True,
    }

    id: UUID | None = None
    """UUID buatan klien; kosong berarti dibuatkan / UUID made by the client, else made here"""
    kind: Kind
    """Puskesmas, pustu, atau posyandu / one of the three kinds of facility"""
    name: Name
    """Nama faskes / name to show"""
    code: FacilityCode | None = None
    """Kode resmi, unik per jenis / official number, unique for the kind"""
    area_code: AreaCode
    parent_id: UUID | None = None
    """Puskesmas atau pustu induk jejaring / puskesmas or pustu whose network it joins"""
    catchment: Annotated[tuple[AreaCode, ...] | None, Field(max_length=500)] = None
    """Desa yang dilayani / villages that it serves"""
    lat: Latitude | None = None
    """Lintang / degrees north"""
    lng: Longitude | None = None
    """Bujur / degrees east"""
    example_data: StrictBool = False
    """Data contoh, bukan faskes nyata / marks a made-up facility"""


class Facility(Output):
    """Satu faskes yang tersimpan; `timezone` menentukan hari pelaporannya.

    A facility as stored; `timezone` (IANA) is that of its reporting days.
    """

    id: UUID
    """Nomor faskes / identifier of the facility"""
    version: int
    """Nomor versi data faskes / number of the facility's latest change"""
    kind: Kind
    """Puskesmas, pustu, atau posyandu / one of the three kinds of facility"""
    name: str
    """Nama faskes / name to show"""
    code: str | None
    """Kode resmi, unik per jenis / official number, unique for the kind"""
    area_code: str
    """Desa tempat faskes berada / village where it lies"""
    parent_id: UUID | None
    """Puskesmas atau pustu induk jejaring / puskesmas or pustu whose network it joins"""
    catchment: list[str]
    """Desa yang dilayani / villages that it serves"""
    timezone: str
    """Zona waktu IANA untuk hari pelaporan / IANA zone of its reporting days"""
    lat: float | None
    """Lintang / degrees north"""
    lng: float | None
    """Bujur / degrees east"""
    example_data: bool
    """Data contoh, bukan faskes nyata / marks a made-up facility"""


class Network(Output):
    """Jumlah faskes yang langsung berada di jejaring.

    How many facilities belong to a facility directly.
    """

    pustu: int
    """Jumlah pustu di jejaring / how many pustu belong to it"""
    posyandu: int
    """Jumlah posyandu di jejaring / how many posyandu belong to it"""


class FacilityDetail(Facility):
    """Satu faskes dengan besar jejaringnya.

    A facility with the size of its network.
    """

    network: Network
    """Faskes yang berada di bawahnya / facilities that belong to it"""


class FacilityReceipt(Receipt, Facility):
    """Jawaban pendaftaran faskes.

    Answer to a new facility.
    """


class FacilityQuery(Paged):
    """`area` keeps a subtree, `parent` the network of one facility, `serves` those whose catchment names an area."""

    area: AreaCode | None = None
    """Wilayah ini dan semua di bawahnya / this one and everything below it"""
    kind: Kind | None = None
    """Hanya jenis ini / only this kind"""
    parent: UUID | None = None
    """Hanya jejaring langsung faskes ini / only the direct network of this facility"""
    serves: AreaCode | None = None
    """Hanya yang melayani wilayah ini / only those whose catchment names this area"""
    q: SearchText | None = None
    """Bagian nama / part of the name"""


class FacilityBatchInput(Input):
    """Sampai 500 faskes, masing-masing dengan `idempotency_key` sendiri dan dinilai sendiri.

    Up to 500 facilities, each with its own `idempotency_key`; each is judged by itself.
    """

    EXAMPLE: ClassVar = {
        "items": [
            {
                "idempotency_key": examples.BATCH_KEY,
                "kind": "posyandu",
                "name": "Posyandu Contoh Kenanga",
                "area_code": examples.VILLAGE,
                "example_data": True,
            }
        ]
    }

    items: Annotated[
        list[dict[str, JsonValue]],
        Field(min_length=1, max_length=MAX_ITEMS),
        WithJsonSchema(items_schema(FacilityInput)),
    ]
    """Faskes yang didaftarkan / facilities to register"""

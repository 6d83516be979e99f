"""Wire forms of registration and correction. A NIK enters, but leaves only masked."""

from typing import Annotated, ClassVar, Final
from uuid import UUID

from pydantic import AfterValidator, Field, JsonValue, WithJsonSchema

from ilp_registry.households.schemas import HouseholdInput, SixteenDigits
from ilp_registry.persons.schemas import Identity, Sex
from ilp_shared import examples
from ilp_shared.areas import level_of
from ilp_shared.http.batches import MAX_ITEMS, items_schema
from ilp_shared.http.submissions import Receipt
from ilp_shared.models import Input
from ilp_shared.problems import misshapen
from ilp_shared.scalars import AreaCode, Day, Name, Version, Written
from ilp_shared.text import Text

_VILLAGE: Final = Text(
    "Pilih desa/kelurahan (mis. 13.76.01.1002), bukan kecamatan atau wilayah di atasnya.",
    "Choose a village (e.g. 13.76.01.1002), not a district or an area above it.",
)


def _in_a_village(code: str) -> str:
    if level_of(code) in ("village", "sub_village"):
        return code
    raise misshapen("not_a_village", _VILLAGE)


HomeArea = Annotated[AreaCode, AfterValidator(_in_a_village), Field(json_schema_extra={"minLength": 13})]
"""A village or an area below it."""
_PHONE: Final = Text(
    "Nomor telepon: 8–15 angka tanpa spasi atau tanda hubung, mis. 081200000000 atau +6281200000000.",
    "A phone number: 8–15 digits without blanks or hyphens, e.g. 081200000000 or +6281200000000.",
)
Phone = Annotated[str, Written(r"^\+?[0-9]{8,15}$", _PHONE)]


class PersonInput(Input):
    """Satu orang. Tanpa NIK identitasnya sementara (bayi baru lahir) sampai diperbaiki.

    A person. Without a NIK the identity is temporary (newborns) until one is bound by a correction.
    """

    EXAMPLE: ClassVar = {
        "id": examples.PERSON_ID,
        "name": "Anak Contoh",
        "sex": "male",
        "birth_date": examples.BIRTH_DATE,
        "home_area": examples.VILLAGE,
    }

    id: UUID | None = None
    """UUID buatan klien; kosong berarti dibuatkan / UUID made by the client, else made here"""
    nik: SixteenDigits | None = None
    """NIK 16 angka; kosong berarti identitas sementara / 16 digits; without it the identity is temporary"""
    name: Name
    """Nama lengkap / full name"""
    sex: Sex
    """Jenis kelamin menurut FHIR: male atau female / administrative gender of FHIR"""
    birth_date: Day
    """Tanggal lahir TTTT-BB-HH / day of birth YYYY-MM-DD"""
    home_area: HomeArea
    household: HouseholdInput | None = None
    """Keluarga orang ini / the family card's household"""
    phone: Phone | None = None
    """Nomor telepon, 8–15 angka / number to call, 8–15 digits"""


class PersonCorrectionInput(Input):
    """Data baru seseorang; `base_version` adalah versi yang dibaca. NIK hanya dapat diikat sekali.

    New data of a person; `base_version` is the version that was read. A NIK can be bound once, never changed.
    """

    EXAMPLE: ClassVar = {
        "base_version": 1,
        "name": "Anak Contoh Pertama",
        "sex": "male",
        "birth_date": examples.BIRTH_DATE,
        "home_area": examples.VILLAGE,
    }

    base_version: Version
    name: Name
    """Nama lengkap / full name"""
    sex: Sex
    """Jenis kelamin menurut FHIR: male atau female / administrative gender of FHIR"""
    birth_date: Day
    """Tanggal lahir TTTT-BB-HH / day of birth YYYY-MM-DD"""
    home_area: HomeArea
    nik: SixteenDigits | None = None
    """NIK yang diikat; jangan dikirim bila sudah ada / number to bind; left out where one is bound, even if equal"""


class PersonReceipt(Receipt):
    """Jawaban pendaftaran atau perbaikan: hanya yang sudah diketahui pengirim.

    Answer to a registration or correction: nothing that identifies beyond what the sender knows.
    """

    identity: Identity
    """Ber-NIK atau sementara / with a NIK, or temporary"""
    nik: str | None
    """NIK tersamar / masked number"""
    home_area: str
    """Desa tempat tinggal / village where the person lives"""
    household_id: UUID | None
    """Keluarga orang ini / the family card's household"""
    example_data: bool
    """Orang contoh, bukan nyata / marks a made-up person"""


class PersonBatchInput(Input):
    """Sampai 500 orang, masing-masing dengan `idempotency_key` sendiri dan dinilai sendiri.

    Up to 500 persons, each with its own `idempotency_key`; each is judged by itself.
    """

    EXAMPLE: ClassVar = {
        "items": [
            {
                "idempotency_key": examples.BATCH_KEY,
                "name": "Ibu Contoh",
                "sex": "female",
                "birth_date": "1995-07-09",
                "home_area": examples.VILLAGE,
            }
        ]
    }

    items: Annotated[
        list[dict[str, JsonValue]],
        Field(min_length=1, max_length=MAX_ITEMS),
        WithJsonSchema(items_schema(PersonInput)),
    ]
    """Orang yang didaftarkan / persons to register"""

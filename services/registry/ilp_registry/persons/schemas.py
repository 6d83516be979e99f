"""Wire forms of persons. A NIK enters, but leaves only masked, except through `nik:reveal`; `nik:match` compares."""

from datetime import date
from typing import Annotated, ClassVar, Final, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from ilp_registry.households.schemas import SixteenDigits
from ilp_shared import examples
from ilp_shared.http.paging import Paged
from ilp_shared.models import Input, Output
from ilp_shared.problems import misshapen
from ilp_shared.scalars import AreaCode, SearchText
from ilp_shared.text import Text

_ONE_SEARCH: Final = Text(
    "Cari dengan NIK saja, atau dengan awal nama (name_prefix) beserta wilayah (area).",
    "Search by NIK alone, or by the beginning of a name (name_prefix) together with an area.",
)
Sex = Literal["male", "female"]
Identity = Literal["nik", "temporary"]
Purpose = Literal["care", "referral", "identity_check", "insurance_claim"]


class Person(Output):
    """Satu orang; `nik` berisi enam belas bintang bila ada NIK, apa pun angkanya.

    A person; `nik` is sixteen asterisks where one is bound, whatever its digits.
    """

    id: UUID
    """Nomor acak orang, aman di alamat dan peristiwa / random identifier, safe in addresses and events"""
    version: int
    """Nomor versi data orang / number of the person's latest change"""
    name: str
    """Nama lengkap / full name"""
    sex: Sex
    """Jenis kelamin menurut FHIR / administrative gender of FHIR"""
    birth_date: date
    """Tanggal lahir TTTT-BB-HH / day of birth YYYY-MM-DD"""
    home_area: str
    """Desa tempat tinggal / village where the person lives"""
    identity: Identity
    """Ber-NIK atau sementara / with a NIK, or temporary"""
    nik: str | None
    """NIK tersamar / masked number"""
    household_id: UUID | None
    """Keluarga orang ini / the family card's household"""
    example_data: bool
    """Orang contoh, bukan nyata / marks a made-up person"""


class PersonDetail(Person):
    """Satu orang dengan nomor telepon.

    A person with telephone number.
    """

    phone: str | None
    """Nomor telepon untuk dihubungi / number to call"""


class PersonQuery(Paged):
    """`area` keeps a subtree, `household` one household. Names are searched by POST, so that no address holds one."""

    area: AreaCode | None = None
    """Wilayah ini dan semua di bawahnya / this one and everything below it"""
    household: UUID | None = None
    """Hanya anggota keluarga ini / only members of this household"""


class PersonSearchInput(Input):
    """Cari dengan NIK, atau dengan awal nama dalam satu wilayah.

    By NIK, or by the beginning of a name within an area.
    """

    EXAMPLE: ClassVar = {"name_prefix": "Anak Contoh", "area": examples.VILLAGE}

    nik: SixteenDigits | None = None
    """NIK lengkap, 16 angka / the full number of 16 digits"""
    name_prefix: Annotated[SearchText, Field(min_length=2)] | None = None
    """Awal nama, paling sedikit 2 huruf / beginning of the name, at least 2 letters"""
    area: AreaCode | None = None
    """Wilayah pencarian nama / where a name is searched"""

    @model_validator(mode="after")
    def _is_one_search(self) -> Self:
        if (self.nik is None) == (self.name_prefix is None or self.area is None):
            raise misshapen("not_one_search", _ONE_SEARCH)
        return self


class PersonMatches(Output):
    """Sampai 50 orang menurut nama.

    Up to 50 persons by name; `more` says that there are others: search more narrowly.
    """

    items: list[Person]
    """Orang yang cocok / persons who match"""
    more: bool
    """Masih ada yang lain; persempit pencarian / there are others: search more narrowly"""


class RevealInput(Input):
    """Alasan NIK lengkap diperlukan; dicatat bersama akun pembaca.

    Why the full NIK is needed; recorded with the reader's account.
    """

    EXAMPLE: ClassVar = {"purpose": "care"}

    purpose: Purpose
    """Keperluan, dicatat di jejak akses / why it is needed, kept in the audit"""


class RevealedNik(Output):
    """NIK lengkap.

    The full NIK.
    """

    nik: str
    """NIK lengkap, 16 angka / the full number of 16 digits"""


class NikMatchInput(Input):
    """NIK pada kartu yang ditunjukkan orang itu.

    The number on the card that the person shows.
    """

    EXAMPLE: ClassVar = {"nik": "0000000000000000"}

    nik: SixteenDigits
    """NIK pada kartu, 16 angka / the 16 digits on the card"""


class NikMatch(Output):
    """Apakah itu NIK yang terikat pada orang ini; false bila belum ada yang terikat.

    Whether it is the number bound to the person; false where none is bound.
    """

    matches: bool
    """Sama dengan NIK yang terikat / whether both are equal"""

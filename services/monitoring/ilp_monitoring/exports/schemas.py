"""What is asked of the export, and a cell as exported."""

from typing import Annotated, Final, Literal

from pydantic import Field

from ilp_monitoring.rules.months import Month
from ilp_monitoring.rules.vocabulary import DenominatorKind
from ilp_monitoring.situations.schemas import FORMAT, FollowUpCounts
from ilp_shared.http.paging import Paged
from ilp_shared.models import Output
from ilp_shared.scalars import MAX_LIMIT, Limit, ReportingAreaCode, Written
from ilp_shared.tables.writing import TableFormat
from ilp_shared.text import Text

CellRows = Literal["denominator", "cell"]
_INDICATOR: Final = Text(
    "Sandi indikator dengan huruf besar, mis. D_S.", "The code of an indicator in capitals, e.g. D_S."
)


class CellQuery(Paged):
    """Query of `GET /v1/cells`: a subtree, and optionally one indicator and one month."""

    area: ReportingAreaCode
    indicator: Annotated[str, Written(r"^[A-Z0-9_]{1,32}$", _INDICATOR)] | None = None
    """Hanya indikator ini / only this code, e.g. D_S"""
    period: Month | None = None
    """Hanya bulan ini, TTTT-BB / only this month, YYYY-MM"""
    limit: Limit = MAX_LIMIT
    """Jumlah baris per halaman / rows per page"""
    format: Annotated[TableFormat | None, Field(description=FORMAT)] = None
    rows: CellRows = "denominator"
    """Baris CSV: satu per penyebut, atau `cell`: satu per angka, semua penyebut di kolom; jumlahkan hanya wilayah
    setingkat, karena angka wilayah atas sudah memuat bawahannya / rows of the CSV: one for each denominator, or `cell`:
    one for each number, its denominators in columns; add up areas of one level only, those above hold those below"""


class ExportedCell(Output):
    """Satu angka tersimpan. Jenis penyebut yang tidak diketahui bernilai kosong.

    A stored number. `denominators` by kind; a kind whose size is not known is None. In a month without a cell nothing
    was added: `year` is that of the newest earlier month of the year, `follow_ups` that of the newest earlier month.
    """

    area_code: str
    """Kode wilayah angka ini / area of the number"""
    period: str
    """Bulan pelayanan, TTTT-BB / month of service, YYYY-MM"""
    indicator: str
    """Sandi indikator / code of its definition"""
    version: str
    """Nomor versi definisi / number of the definition"""
    numerator: int
    """Pembilang / how many fulfil the definition"""
    denominators: dict[DenominatorKind, int | None]
    """Penyebut menurut jenisnya / sizes to divide by, for each kind"""
    reported: int
    """Posyandu yang sudah lapor / posyandu with a report"""
    expected: int
    """Posyandu dengan hari buka / posyandu with an open day"""
    registered: int
    """Posyandu terdaftar di wilayah itu / posyandu on the register of the area"""
    year: int | None
    """Orang yang terhitung sejak Januari, masing-masing sekali; hanya bila targetnya setahun /
    persons counted since January, each once; only where the target is yearly"""
    follow_ups: FollowUpCounts | None
    """Hanya pada indikator yang menghitung tugas / only of the indicator that counts tasks"""

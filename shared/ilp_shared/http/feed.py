"""The event feed of every service: its archive over HTTP, for readers without Kafka."""

from typing import Annotated, Any, Final

import asyncpg
import orjson
from fastapi import APIRouter, Query, Request
from pydantic import Field, StringConstraints

from ilp_shared.auth.permissions import Permission, Role
from ilp_shared.auth.principal import Principal
from ilp_shared.bus.archive.event_log import read_feed
from ilp_shared.bus.archive.feed import AheadOfArchive, Page, read_page
from ilp_shared.bus.contract.catalog import SHARDS, domain_of
from ilp_shared.http.guard import can
from ilp_shared.http.openapi import OPERATIONS, problem_responses
from ilp_shared.http.resources import resources_of
from ilp_shared.models import Output
from ilp_shared.problems import Conflict, InvalidInput
from ilp_shared.scalars import WRITTEN_INTEGER, SequenceNumber, Written
from ilp_shared.text import Text

router = APIRouter(tags=[OPERATIONS])
EVENTS_READ = Permission("events:read", frozenset({Role.INTEGRATOR}))
_POSITION: Final = r"^[0-9]{1,2}:[0-9]{1,18}(,[0-9]{1,2}:[0-9]{1,18}){0,63}$"
_MAX_POSITION: Final = SHARDS * len("63:999999999999999999,")
_START: Final = "0:0"
_UNKNOWN = Text(
    "Posisi tidak dikenal; pakai `next` dari halaman sebelumnya, atau mulai tanpa 'position'.",
    "Unknown position; use `next` of the page before, or start without 'position'.",
)
Position = Annotated[str, StringConstraints(max_length=_MAX_POSITION), Written(_POSITION, _UNKNOWN)]
_ONE_SHARD = Text("Hanya bersama 'shard'.", "Only together with 'shard'.")
_ALL_SHARDS = Text("Hanya tanpa 'shard'.", "Only without 'shard'.")
_AHEAD = Text(
    "Posisi ini di depan arsip: arsip dipulihkan dari keadaan lebih lama. Mulai lagi tanpa 'position'.",
    "This position is ahead of the archive, which was restored to an older state. Start again without 'position'.",
)


class FeedEvent(Output):
    """Satu peristiwa bila diminta dengan `shard`: atribut CloudEvents, isinya sebagai teks JSON.

    One archived event where the request names `shard`: CloudEvents attributes, its data as JSON text. The older form;
    it stays as it is.
    """

    id: str
    """Nomor peristiwa, untuk mengenali kiriman ganda / identifier that reveals duplicates"""
    type: str
    """Jenis peristiwa dengan versi utamanya / kind of event with its major version"""
    shard: int
    """Bagian arsip tempat urutan berlaku / part of the archive in which the order holds"""
    sequence: int
    """Urutan tanpa celah dalam shard / gap-free position in the shard"""
    aggregateid: str
    """Catatan yang diceritakan peristiwa / the record that the event is about"""
    aggregateversion: int
    """Versi catatan setelah peristiwa / the record's version after the event"""
    areacode: str
    """Kode wilayah catatan / area of the record"""
    occurredat: str
    """Waktu kejadian di lapangan / when it happened in the field"""
    time: str
    """Waktu pencatatan di server / when the server recorded it"""
    data: str
    """Isi peristiwa sebagai teks JSON / payload as JSON text"""


class CloudEvent(Output):
    """Satu peristiwa bila diminta tanpa `shard`: CloudEvents 1.0 (JSON), isinya sebagai objek.

    One archived event where the request names no `shard`: the JSON form of CloudEvents 1.0, its data as an object.
    """

    specversion: Annotated[str, Field(description="Versi CloudEvents / version of CloudEvents")] = "1.0"
    id: Annotated[str, Field(description="Id peristiwa / event id (UUIDv7)")]
    source: Annotated[str, Field(description="Layanan pemilik / owning service, `/ilp/<domain>`")]
    type: Annotated[str, Field(description="Jenis, lihat asyncapi.yaml / type, see asyncapi.yaml")]
    time: Annotated[str, Field(description="Waktu dicatat / when it was recorded")]
    occurredat: Annotated[str, Field(description="Waktu kejadian / when it happened")]
    shard: Annotated[int, Field(description="Bagian arsip, 0–63 / part of the archive, 0–63")]
    sequence: Annotated[int, Field(description="Urutan dalam shard, tanpa celah / gap-free number within the shard")]
    aggregateid: Annotated[str, Field(description="Tentang apa / what it is about")]
    aggregateversion: Annotated[int, Field(description="Versi ke- / version of that, gap-free from 1")]
    areacode: Annotated[str, Field(description="Desa saat itu / village as of the event")]
    facilityid: Annotated[str | None, Field(description="Faskes, bila ada / facility, where there is one")] = None
    policyversion: Annotated[str | None, Field(description="Aturan yang memutuskan / policy that decided")] = None
    data: Annotated[dict[str, Any], Field(description="Isi menurut skema jenisnya / payload by the type's schema")]


class ShardRange(Output):
    """Bagian satu shard yang tercakup halaman ini.

    The sequences of one shard that this page covers.
    """

    shard: Annotated[int, Field(description="Bagian arsip, 0–63 / part of the archive, 0–63")]
    after: Annotated[int, Field(description="Di atas urutan ini / above this sequence")]
    next: Annotated[int, Field(description="Sampai urutan ini / up to this sequence")]
    head: Annotated[int, Field(description="Urutan terakhir yang ada / the highest sequence that there is")]
    outside: Annotated[int, Field(description="Peristiwa wilayah lain / events of other areas in this range")]
    missing: Annotated[int, Field(description="Hilang dari arsip; harus 0 / lost from the archive; must be 0")]


class FeedPage(Output):
    """Jawaban tanpa `shard`: halaman arsip semua shard.

    The answer without `shard`: a page of the archive, over all shards.
    """

    events: Annotated[list[CloudEvent], Field(description="Menurut shard dan urutan / by shard and sequence")]
    next: Annotated[str, Field(description="`position` halaman berikutnya / `position` of the next page")]
    at_head: Annotated[bool, Field(description="Tidak ada lagi untuk saat ini / nothing is left for now")]
    shards: Annotated[list[ShardRange], Field(description="Yang tercakup / what this page covers")]


def _one_of(schema: dict[str, Any]) -> None:
    schema["oneOf"] = schema.pop("anyOf")


Shard = Annotated[int, Field(ge=0, lt=SHARDS), WRITTEN_INTEGER]
FeedLimit = Annotated[int, Field(ge=1, le=1000), WRITTEN_INTEGER]
EventsOfShard = Annotated[
    list[FeedEvent],
    Field(
        description="Jawaban dengan `shard`: peristiwanya menurut urutan / the answer with `shard`: its events in order"
    ),
]
FeedAnswer = Annotated[
    FeedPage | EventsOfShard,
    Field(
        description="Tanpa `shard` satu halaman, dengan `shard` satu larik / a page without `shard`, an array with it",
        json_schema_extra=_one_of,
    ),
]


@router.get("/v1/events", responses=problem_responses(409), summary="Baca arsip peristiwa")
async def feed(
    request: Request,
    reader: Annotated[Principal, can(EVENTS_READ)],
    shard: Annotated[Shard | None, Query(description="Satu shard saja / one shard only")] = None,
    after: Annotated[SequenceNumber, Query(description="Dengan / with `shard`: di atas / above")] = 0,
    position: Annotated[Position | None, Query(description="`next` halaman sebelumnya / of the page before")] = None,
    limit: Annotated[FeedLimit, Query(description="Paling banyak / at most")] = 500,
) -> FeedAnswer:
    """Baca arsip peristiwa tanpa Kafka, dari wilayah akun ini saja. Tanpa `shard`: semua shard, halaman demi halaman.

    Read the event archive without Kafka, of this account's areas only. Without `shard`: all shards, page by page, from
    `position` on; `at_head` says that nothing is left. With `shard`: its events above `after`, in order, as an array.
    """
    if shard is not None and position is not None:
        raise InvalidInput.at("/query/position", "without_shard", _ALL_SHARDS)
    if shard is None and after:
        raise InvalidInput.at("/query/after", "with_shard", _ONE_SHARD)
    async with resources_of(request).database.pool.acquire() as conn:
        if shard is not None:
            return [_event(row) for row in await read_feed(conn, reader.areas, shard, after, limit)]
        try:
            return _page(await read_page(conn, reader.areas, _parsed(position or _START), limit))
        except AheadOfArchive:
            raise Conflict(_AHEAD) from None


def _parsed(position: str) -> dict[int, int]:
    """Return shard → sequence of a position; raises InvalidInput for a shard that there is not, or that is twice."""
    pairs = [pair.split(":") for pair in position.split(",")]
    positions = {int(shard): int(sequence) for shard, sequence in pairs}
    if len(positions) < len(pairs) or max(positions) >= SHARDS:
        raise InvalidInput.at("/query/position", "unknown_position", _UNKNOWN)
    return positions


def _page(page: Page) -> FeedPage:
    position = ",".join(f"{shard}:{last}" for shard, last in sorted(page.position.items()) if last)
    return FeedPage(
        events=[_cloud_event(row) for row in page.rows],
        next=position or _START,
        at_head=page.at_head,
        shards=[ShardRange.model_validate(each) for each in page.ranges],
    )


def _cloud_event(row: asyncpg.Record) -> CloudEvent:
    return CloudEvent(
        id=str(row["event_id"]),
        source=f"/ilp/{domain_of(row['type'])}",
        type=row["type"],
        time=row["recorded_at"].isoformat(),
        occurredat=row["occurred_at"].isoformat(),
        shard=row["shard"],
        sequence=row["sequence"],
        aggregateid=str(row["aggregate_id"]),
        aggregateversion=row["aggregate_version"],
        areacode=row["area_code"],
        facilityid=None if row["facility_id"] is None else str(row["facility_id"]),
        policyversion=row["policy_version"],
        data=orjson.loads(row["data"]),
    )


def _event(row: asyncpg.Record) -> FeedEvent:
    return FeedEvent(
        id=str(row["event_id"]),
        type=row["type"],
        shard=row["shard"],
        sequence=row["sequence"],
        aggregateid=str(row["aggregate_id"]),
        aggregateversion=row["aggregate_version"],
        areacode=row["area_code"],
        occurredat=row["occurred_at"].isoformat(),
        time=row["recorded_at"].isoformat(),
        data=row["data"],
    )

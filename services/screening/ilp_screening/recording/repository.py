"""SQL of the hot path: one statement reads all that a group of commands needs, one writes all that it decided.

Keys are claimed in order, then ids in order, so that two groups can wait for each other only one way round. Keys are
looked up one by one (LATERAL … LIMIT 1): a plan made while the table was small must not read all keys of the route.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg
import orjson

from ilp_screening.copies.repository import Facility, Person
from ilp_screening.rules.case import Sex
from ilp_screening.rules.repeats import Standing
from ilp_screening.screenings.schemas import Screening
from ilp_shared.db.connection import Connection

ROUTE: Final = "POST /v1/screenings"
"""The route of keys, the same for single and batch, so that a phone may switch between them."""
Identity = tuple[str, str]
"""Client and Idempotency-Key."""

_CONTEXT = """
SELECT i.person_id, i.facility_id, k.request_hash, k.status, k.response, k.areas, p.sex, p.birth_date, p.home_area,
       p.version AS person_version, f.kind, f.area_code, f.timezone, f.version AS facility_version,
       d.facility_id AS open_day_facility, d.facility_area AS open_day_area, s.standing
FROM unnest($2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::uuid[], $7::timestamptz[]) WITH ORDINALITY
     AS i (client, key, person_id, facility_id, open_day_id, occurred_at, n)
LEFT JOIN LATERAL (
    SELECT * FROM idempotency_key WHERE client = i.client AND route = $1 AND key = i.key LIMIT 1) k ON true
LEFT JOIN person_copy p ON p.person_id = i.person_id
LEFT JOIN facility_copy f ON f.facility_id = i.facility_id
LEFT JOIN open_day d ON d.id = i.open_day_id
LEFT JOIN LATERAL (
    SELECT json_agg(near) AS standing FROM (
        SELECT id, day, home_area, ARRAY(SELECT jsonb_object_keys(observations)) AS codes FROM screening
        WHERE person_id = i.person_id AND status <> 'entered-in-error'
          AND occurred_at BETWEEN i.occurred_at - interval '2 days' AND i.occurred_at + interval '2 days'
        ORDER BY occurred_at DESC, id DESC LIMIT 20) AS near) s ON true
ORDER BY i.n
"""

_WRITE = """
WITH input AS MATERIALIZED (
    SELECT i.*, i.body::jsonb AS doc
    FROM unnest($2::text[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::text[], $8::uuid[], $9::text[],
                $10::date[], $11::text[])
         AS i (client, key, request_hash, areas, role, body, id, sex, birth_date, policy)
), claimed AS (
    INSERT INTO idempotency_key (client, route, key, request_hash, areas, status, response)
    SELECT client, $1, key, request_hash, areas, 201, json_build_object('id', id, 'version', 1)::text
    FROM input ORDER BY client, key
    ON CONFLICT DO NOTHING RETURNING client, key
), stored AS (
    INSERT INTO screening (id, version, status, person_id, facility_id, open_day_id, occurred_at, day, home_area,
        facility_area, sex, birth_date, observations, results, not_evaluated, summary, warnings, policy,
        performer_role, performer_subject, recorded_at)
    SELECT id, 1, doc->>'status', (doc->>'person_id')::uuid, (doc->>'facility_id')::uuid, (doc->>'open_day_id')::uuid,
        (doc->>'occurred_at')::timestamptz, (doc->>'day')::date, doc->>'home_area', doc->>'facility_area', sex,
        birth_date, doc->'observations', doc->'results', doc->'not_evaluated', doc->'summary', doc->'warnings', policy,
        doc->'performer'->>'role', client, (doc->>'recorded_at')::timestamptz
    FROM input JOIN claimed USING (client, key) ORDER BY id
    ON CONFLICT DO NOTHING RETURNING id, home_area, recorded_at
), version AS (
    INSERT INTO screening_version (id, version, home_area, content, subject, role, recorded_at)
    SELECT id, 1, s.home_area, doc, client, role, s.recorded_at FROM input JOIN stored s USING (id)
)
SELECT client, key, c.key IS NOT NULL AS claimed, s.id IS NOT NULL AS stored
FROM input LEFT JOIN claimed c USING (client, key) LEFT JOIN stored s USING (id)
"""

_KEYS = """
SELECT k.client, k.key, k.request_hash, k.status, k.response, k.areas
FROM unnest($2::text[], $3::text[]) AS i (client, key)
CROSS JOIN LATERAL (
    SELECT * FROM idempotency_key WHERE client = i.client AND route = $1 AND key = i.key LIMIT 1) k
"""

_FIRST = "SELECT content FROM screening_version WHERE id = ANY($1) AND version = 1"

_RELEASE = """
DELETE FROM idempotency_key k USING unnest($2::text[], $3::text[]) AS i (client, key)
WHERE k.client = i.client AND k.route = $1 AND k.key = i.key
"""


class Lookup(NamedTuple):
    """Everything by which the context of a command is found."""

    client: str
    key: str
    person_id: UUID
    facility_id: UUID
    open_day_id: UUID | None
    occurred_at: datetime


class StoredKey(NamedTuple):
    """A key that was used: the hash of its request, the screening it made (None while it is in progress), and the areas
    that its account had then.

    The first answer itself is version 1 of that screening: observations lie only where row-level security reaches.
    """

    request_hash: bytes
    status: int | None
    screening_id: UUID | None
    areas: str | None


class OpenDayFacility(NamedTuple):
    """Facility of an open day, and its area."""

    facility_id: UUID
    facility_area: str


class Context(NamedTuple):
    """State of the database around a command; None where it has nothing."""

    stored_key: StoredKey | None
    person: Person | None
    facility: Facility | None
    open_day: OpenDayFacility | None
    standing: Sequence[Standing] = ()
    """The person's screenings of about that time that are not voided, newest first."""


class NewScreening(NamedTuple):
    """A judged screening to store: `body` is its JSON text, as it is answered."""

    client: str
    key: str
    request_hash: bytes
    areas: str
    role: str
    body: str
    id: UUID
    sex: Sex
    birth_date: date
    policy: str | None


async def read_contexts(conn: Connection, lookups: Sequence[Lookup]) -> list[Context]:
    """Return the context of each command, in order: its key, person, facility, open day, and what may be its twin."""
    return [_context(row) for row in await conn.fetch(_CONTEXT, ROUTE, *_columns(lookups))]


async def write(
    conn: Connection, screenings: Sequence[NewScreening]
) -> tuple[set[Identity], dict[Identity, StoredKey]]:
    """Store screenings (one per key and id); returns the identities written now, and the keys stored by others.

    An identity in neither was refused because its id is taken; nothing of it remains.
    """
    if not screenings:
        return set(), {}
    rows = await conn.fetch(_WRITE, ROUTE, *_columns(screenings))
    written = {_identity(row) for row in rows if row["stored"]}
    refused = [_identity(row) for row in rows if row["claimed"] and not row["stored"]]
    used = [_identity(row) for row in rows if not row["claimed"]]
    if refused:
        await conn.execute(_RELEASE, ROUTE, *_columns(refused))
    keys = await conn.fetch(_KEYS, ROUTE, *_columns(used)) if used else []
    return written, {_identity(row): _stored_key(row) for row in keys}


async def first_versions(conn: Connection, screenings: Collection[UUID]) -> dict[UUID, Screening]:
    """Return version 1, as it was answered, of those screenings that lie in the transaction's scope."""
    rows = await conn.fetch(_FIRST, list(screenings)) if screenings else []
    return {first.id: first for first in (_first(row["content"]) for row in rows)}


def _first(content: str) -> Screening:
    """Read a stored first version; it serialises to the very text of its first answer.

    jsonb keeps no order of keys: the models give the fields theirs, observations are in order of their codes.
    """
    screening = Screening.model_validate_json(content)
    return screening.model_copy(update={"observations": dict(sorted(screening.observations.items()))})


def _stored_key(row: asyncpg.Record) -> StoredKey:
    reference = orjson.loads(row["response"]) if row["response"] is not None else None
    screening_id = UUID(reference["id"]) if reference is not None else None
    return StoredKey(row["request_hash"], row["status"], screening_id, row["areas"])


def _identity(row: asyncpg.Record) -> Identity:
    return row["client"], row["key"]


def _columns(rows: Iterable[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _context(row: asyncpg.Record) -> Context:
    person = facility = open_day = None
    if row["sex"] is not None:
        person = Person(row["person_id"], row["sex"], row["birth_date"], row["home_area"], row["person_version"])
    if row["kind"] is not None:
        facility = Facility(row["facility_id"], row["kind"], row["area_code"], row["timezone"], row["facility_version"])
    if row["open_day_facility"] is not None:
        open_day = OpenDayFacility(row["open_day_facility"], row["open_day_area"])
    stored_key = _stored_key(row) if row["request_hash"] is not None else None
    return Context(
        stored_key, person, facility, open_day, [_standing(one) for one in orjson.loads(row["standing"] or "[]")]
    )


def _standing(near: Mapping[str, Any]) -> Standing:
    return Standing(UUID(near["id"]), date.fromisoformat(near["day"]), near["home_area"], frozenset(near["codes"]))

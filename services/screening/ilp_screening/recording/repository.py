"""SQL of the hot path: one statement reads all that a group of commands needs, one writes all that it decided.

Keys are claimed in order, then ids in order, so that two groups can wait for each other only one way round. Keys are
looked up one by one (LATERAL … LIMIT 1): a plan made while the table was small must not read all keys of the route.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Final
from uuid import UUID

import asyncpg
import orjson

from ilp_screening.screenings.answers import first_answer
from ilp_screening.screenings.commands import Draft, Identity, Kept, Place, RecordScreening, Surroundings
from ilp_screening.screenings.judging import Facility, Person
from ilp_screening.screenings.schemas import ScreeningAnswer
from ilp_shared.db.connection import Connection

ROUTE: Final = "POST /v1/screenings"

_AROUND = """
SELECT i.person_id, i.facility_id, k.request_hash, k.status, k.response, p.sex, p.birth_date, p.home_area,
       f.kind, f.area_code, f.timezone, d.facility_id AS open_day_facility, d.facility_area AS open_day_area
FROM unnest($2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::uuid[]) WITH ORDINALITY
     AS i (client, key, person_id, facility_id, open_day_id, n)
LEFT JOIN LATERAL (
    SELECT * FROM idempotency_key WHERE client = i.client AND route = $1 AND key = i.key LIMIT 1) k ON true
LEFT JOIN person_copy p ON p.person_id = i.person_id
LEFT JOIN facility_copy f ON f.facility_id = i.facility_id
LEFT JOIN open_day d ON d.id = i.open_day_id
ORDER BY i.n
"""

_WRITE = """
WITH input AS MATERIALIZED (
    SELECT i.*, i.body::jsonb AS doc
    FROM unnest($2::text[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::uuid[], $8::text[], $9::date[],
                $10::text[]) AS i (client, key, request_hash, role, body, id, sex, birth_date, policy)
), claimed AS (
    INSERT INTO idempotency_key (client, route, key, request_hash, status, response)
    SELECT client, $1, key, request_hash, 201, json_build_object('id', id, 'version', 1)::text
    FROM input ORDER BY client, key
    ON CONFLICT DO NOTHING RETURNING client, key
), stored AS (
    INSERT INTO screening (id, version, status, person_id, facility_id, open_day_id, occurred_at, day, home_area,
        facility_area, sex, birth_date, observations, results, not_evaluated, policy, performer_role,
        performer_subject, recorded_at)
    SELECT id, 1, doc->>'status', (doc->>'person_id')::uuid, (doc->>'facility_id')::uuid, (doc->>'open_day_id')::uuid,
        (doc->>'occurred_at')::timestamptz, (doc->>'day')::date, doc->>'home_area', doc->>'facility_area', sex,
        birth_date, doc->'observations', doc->'results', doc->'not_evaluated', policy, doc->'performer'->>'role',
        client, (doc->>'recorded_at')::timestamptz
    FROM input JOIN claimed USING (client, key) ORDER BY id
    ON CONFLICT DO NOTHING RETURNING id, home_area, recorded_at
), kept AS (
    INSERT INTO screening_version (id, version, home_area, content, subject, role, recorded_at)
    SELECT id, 1, s.home_area, doc, client, role, s.recorded_at FROM input JOIN stored s USING (id)
)
SELECT client, key, c.key IS NOT NULL AS claimed, s.id IS NOT NULL AS stored
FROM input LEFT JOIN claimed c USING (client, key) LEFT JOIN stored s USING (id)
"""

_KEPT = """
SELECT k.client, k.key, k.request_hash, k.status, k.response
FROM unnest($2::text[], $3::text[]) AS i (client, key)
CROSS JOIN LATERAL (
    SELECT * FROM idempotency_key WHERE client = i.client AND route = $1 AND key = i.key LIMIT 1) k
"""

_FIRST = "SELECT content FROM screening_version WHERE id = ANY($1) AND version = 1"

_RELEASE = """
DELETE FROM idempotency_key k USING unnest($2::text[], $3::text[]) AS i (client, key)
WHERE k.client = i.client AND k.route = $1 AND k.key = i.key
"""


async def surroundings(conn: Connection, commands: Sequence[RecordScreening]) -> list[Surroundings]:
    """Return what is known around each command, in order: its key, person, facility and open day."""
    rows = await conn.fetch(
        _AROUND,
        ROUTE,
        [c.principal.subject for c in commands],
        [c.key for c in commands],
        [c.request.person_id for c in commands],
        [c.request.facility_id for c in commands],
        [c.request.open_day_id for c in commands],
    )
    return [_surroundings(row) for row in rows]


async def write(conn: Connection, drafts: Sequence[Draft]) -> tuple[set[Identity], dict[Identity, Kept]]:
    """Store drafts (one per key and id); returns the keys written now, and what others had stored under theirs.

    A key in neither was refused because its id is taken; nothing of it remains.
    """
    if not drafts:
        return set(), {}
    rows = await conn.fetch(
        _WRITE,
        ROUTE,
        [d.command.principal.subject for d in drafts],
        [d.command.key for d in drafts],
        [d.command.request_hash for d in drafts],
        [d.command.principal.role for d in drafts],
        [d.body for d in drafts],
        [d.answer.id for d in drafts],
        [d.person.sex for d in drafts],
        [d.person.birth_date for d in drafts],
        [d.answer.policy for d in drafts],
    )
    written = {_identity(row) for row in rows if row["stored"]}
    refused = [_identity(row) for row in rows if row["claimed"] and not row["stored"]]
    known_before = [_identity(row) for row in rows if not row["claimed"]]
    if refused:
        await conn.execute(_RELEASE, ROUTE, *_columns(refused))
    return written, await _kept(conn, known_before) if known_before else {}


async def first_answers(conn: Connection, screenings: Collection[UUID]) -> dict[UUID, ScreeningAnswer]:
    """Return version 1, as it was answered, of those screenings that lie in the transaction's scope."""
    rows = await conn.fetch(_FIRST, list(screenings)) if screenings else []
    answers = [first_answer(row["content"]) for row in rows]
    return {answer.id: answer for answer in answers}


async def _kept(conn: Connection, identities: Sequence[Identity]) -> dict[Identity, Kept]:
    rows = await conn.fetch(_KEPT, ROUTE, *_columns(identities))
    return {_identity(row): _kept_of(row) for row in rows}


def _kept_of(row: asyncpg.Record) -> Kept:
    reference = orjson.loads(row["response"]) if row["response"] is not None else None
    return Kept(row["request_hash"], row["status"], UUID(reference["id"]) if reference is not None else None)


def _identity(row: asyncpg.Record) -> Identity:
    return row["client"], row["key"]


def _columns(identities: Iterable[Identity]) -> tuple[list[str], list[str]]:
    clients, keys = zip(*identities, strict=True)
    return list(clients), list(keys)


def _surroundings(row: asyncpg.Record) -> Surroundings:
    kept = row["request_hash"] is not None
    open_day: UUID | None = row["open_day_facility"]
    return Surroundings(
        kept=_kept_of(row) if kept else None,
        person=Person(row["person_id"], row["sex"], row["birth_date"], row["home_area"]) if row["sex"] else None,
        facility=Facility(row["facility_id"], row["kind"], row["area_code"], row["timezone"]) if row["kind"] else None,
        open_day=Place(open_day, row["open_day_area"]) if open_day else None,
    )

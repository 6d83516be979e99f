"""The raw limit of a durable POST: FastAPI, a checked body, one INSERT, 201.

`python -m tests.load.raw_endpoint PORT URL` serves it: the shortest way to store such a body, without access,
idempotency, rules and event. Same uvicorn settings as a service.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID, uuid4

import asyncpg
import orjson
import uvicorn
from fastapi import FastAPI, Request
from pydantic import BaseModel

TABLE = """
CREATE TABLE raw (
    id uuid PRIMARY KEY, person_id uuid NOT NULL, facility_id uuid NOT NULL, occurred_at timestamptz NOT NULL,
    role text NOT NULL, observations jsonb NOT NULL, recorded_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX raw_person ON raw (person_id, occurred_at)
"""
_INSERT = """
INSERT INTO raw (id, person_id, facility_id, occurred_at, role, observations) VALUES ($1, $2, $3, $4, $5, $6)
"""


class Performer(BaseModel):
    """The role of who measured."""

    role: str


class Body(BaseModel):
    """The same body as that of a screening."""

    person_id: UUID
    facility_id: UUID
    occurred_at: datetime
    observations: dict[str, float | str | bool]
    performer: Performer


class Answer(Body):
    """The stored record."""

    id: UUID


def create_app(url: str) -> FastAPI:
    """Return the app with its one route."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(url, min_size=10, max_size=10) as app.state.pool:
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/raw", status_code=201)
    async def record(request: Request, body: Body) -> Answer:
        """Store one record."""
        stored = Answer(id=uuid4(), **dict(body))
        values = orjson.dumps(body.observations).decode()
        await request.app.state.pool.execute(
            _INSERT, stored.id, body.person_id, body.facility_id, body.occurred_at, body.performer.role, values
        )
        return stored

    return app


if __name__ == "__main__":
    port, address = sys.argv[1:]
    uvicorn.run(
        create_app(address),
        host="127.0.0.1",
        port=int(port),
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
    )

"""`/docs` of the front door: one page that leads to the documents of every service, and to the catalogue of events.

Everything comes from this machine: the page asks no other origin, and it runs no script. Indonesian first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, Final

import yaml
from aiohttp import web

from deploy.dev.config import ROOT
from deploy.dev.refusals import NOT_FOUND, problem
from ilp_shared.text import Text

SCHEMAS: Final = ROOT / "shared" / "schemas"
CATALOG: Final = SCHEMAS / "asyncapi.yaml"
STYLE: Final = "/docs/portal.css"
EVENTS: Final = "/docs/events"
"""The folder of the catalogue: its references to schemas are relative."""
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    )
}
_TITLE: Final = Text("Dokumentasi platform ILP", "Documents of the ILP platform")
_FIRST: Final = Text(
    "Mulai dari registry (orang), lalu screening (hari buka dan skrining), lalu monitoring (situasi). Contoh lengkap"
    " dengan curl ada di README.",
    "Begin with registry (persons), then screening (open days and screenings), then monitoring (situation). The README"
    " has a complete example with curl.",
)
_SERVICES: Final = Text("Layanan", "Services")
_EVENTS: Final = Text("Katalog peristiwa (Kafka)", "Catalogue of events (Kafka)")
_EVENT_LIST: Final = Text(
    "Tiap perubahan menjadi peristiwa tanpa NIK dan nama. Cara membaca, urutan, dan skema ada di berkas AsyncAPI.",
    "Each change becomes an event without NIK and name. How to read them, their order and schemas are in the file.",
)
_PURPOSE: Final = {
    "/registry": Text("Wilayah, faskes, dan orang", "Areas, facilities and persons"),
    "/screening": Text("Penilaian, hari buka, dan skrining", "Judging, open days and screenings"),
    "/cluster-services": Text("Tugas tindak lanjut dan rujukan", "Follow-up tasks and referrals"),
    "/monitoring": Text("Situasi setiap wilayah", "The situation of every area"),
}
_OTHER: Final = Text("Layanan", "A service")


@dataclass(frozen=True)
class Topic:
    """One Kafka topic and the names of its events."""

    address: str
    events: tuple[str, ...]


def add_portal(app: web.Application, prefixes: Iterable[str]) -> None:
    """Serve the page, its style, and the catalogue of events; `prefixes` are those of the services."""
    content = page(tuple(prefixes))

    async def portal(_: web.Request) -> web.Response:
        """Show the page."""
        return web.Response(text=content, content_type="text/html", headers=HEADERS)

    app.router.add_get("/docs", portal)
    app.router.add_get(STYLE, style)
    app.router.add_get(f"{EVENTS}/{CATALOG.name}", catalog)
    app.router.add_get(f"{EVENTS}/{{name:.+}}", schema)


async def style(_: web.Request) -> web.Response:
    """Return the style of the page."""
    return web.Response(text=_STYLE, content_type="text/css")


async def catalog(_: web.Request) -> web.Response:
    """Return the AsyncAPI document."""
    return web.Response(body=CATALOG.read_bytes(), content_type="application/yaml")


async def schema(request: web.Request) -> web.StreamResponse:
    """Return a file that the AsyncAPI document refers to."""
    path = schemas().get(request.match_info["name"])
    return problem(request, 404, NOT_FOUND) if path is None else web.FileResponse(path)


@cache
def schemas() -> dict[str, Path]:
    """Return the files beside the AsyncAPI document by their relative paths."""
    return {path.relative_to(SCHEMAS).as_posix(): path for path in SCHEMAS.rglob("*") if path.is_file()}


@cache
def topics() -> tuple[Topic, ...]:
    """Return the topics that the AsyncAPI document names, with their events."""
    document: dict[str, Any] = yaml.load(CATALOG.read_bytes(), yaml.CSafeLoader)
    channels = document["channels"].values()
    return tuple(Topic(channel["address"], tuple(channel["messages"])) for channel in channels)


def page(prefixes: tuple[str, ...]) -> str:
    """Return the page for services with these path prefixes."""
    return "\n".join(
        (
            '<!doctype html>\n<html lang="id"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<title>{escape(_TITLE.id)}</title><link rel="stylesheet" href="{STYLE}">',
            '<link rel="icon" href="/monitoring/static/mark.svg"></head><body><main>',
            f"<h1>{escape(_TITLE.id)}</h1>{_english(_TITLE)}<p>{escape(_FIRST.id)}</p>{_english(_FIRST)}",
            f"<h2>{escape(_SERVICES.id)}</h2>{_english(_SERVICES)}<ul>",
            *(_service(prefix) for prefix in prefixes),
            f"</ul><h2>{escape(_EVENTS.id)}</h2>{_english(_EVENTS)}",
            f"<p>{escape(_EVENT_LIST.id)}</p>{_english(_EVENT_LIST)}",
            f'<p><a href="{EVENTS}/{CATALOG.name}">asyncapi.yaml</a></p><ul>',
            *_topics(),
            "</ul></main></body></html>\n",
        )
    )


def _english(text: Text) -> str:
    return f'<p class="en" lang="en">{escape(text.en)}</p>'


def _service(prefix: str) -> str:
    purpose = _PURPOSE.get(prefix, _OTHER)
    return (
        f'<li><a href="{prefix}/docs">{prefix.removeprefix("/")}</a>: {escape(purpose.id)}{_english(purpose)}'
        f'<p><a href="{prefix}/openapi.json">openapi.json</a></p></li>'
    )


def _topics() -> Iterator[str]:
    for topic in topics():
        names = ", ".join(f"<code>{escape(name)}</code>" for name in topic.events)
        yield f"<li><b>{escape(topic.address)}</b>: {names}</li>"


_STYLE = """\
:root { color-scheme: light dark; font: 100%/1.5 "Noto Sans", system-ui, sans-serif; }
main { margin: 0 auto; max-width: 45rem; padding: 1.5rem; }
.en { font-size: 0.875rem; margin-top: 0; opacity: 0.75; }
h1, h2, p { margin-bottom: 0.25rem; }
li { margin-bottom: 0.75rem; overflow-wrap: anywhere; }
"""

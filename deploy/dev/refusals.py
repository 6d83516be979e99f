"""What the front door itself refuses: as problem+json, to a browser as a page, with the trace id of its log line."""

from __future__ import annotations

import json
from dataclasses import dataclass

from aiohttp import web

from deploy.dev.observation import PROBLEM, trace_id_for
from ilp_shared.text import Text, preferred_language


@dataclass(frozen=True)
class Refusal:
    """A refusal: the kind of problem, its title, and what it means for the sender."""

    kind: str
    title: Text
    detail: Text


UNAVAILABLE = Refusal(
    "unavailable",
    Text("Layanan sedang tidak tersedia", "Service unavailable"),
    Text(
        "Layanan sedang dimulai; coba lagi sebentar.",
        "The service is starting or restarting; try again in a moment.",
    ),
)
NOT_FOUND = Refusal(
    "not-found",
    Text("Tidak ditemukan", "Not found"),
    Text("Tidak ada layanan di alamat ini; lihat /docs.", "No service is at this address; see /docs."),
)
UNREADABLE = Refusal(
    "bad-request",
    Text("Permintaan tidak dapat dibaca", "Request cannot be read"),
    Text("Ini bukan permintaan HTTP yang sah.", "This is no valid HTTP request."),
)
BROKEN = Refusal(
    "internal",
    Text("Kesalahan di pintu depan", "Error of the front door"),
    Text("Permintaan tidak dapat diteruskan; coba lagi sebentar.", "The request could not be passed on; try again."),
)
TOO_LARGE = Refusal(
    "too-large",
    Text("Isi terlalu besar", "Body too large"),
    Text("Isi melebihi 4 MiB; bagi menjadi beberapa kiriman.", "The body exceeds 4 MiB; split it."),
)
UNAUTHENTICATED = Refusal(
    "unauthenticated",
    Text("Belum masuk", "Not signed in"),
    Text("Metrik untuk operator: sertakan tokennya.", "Metrics are for operators: send a token of one."),
)
FORBIDDEN = Refusal(
    "forbidden",
    Text("Tidak berwenang", "Not allowed"),
    Text("Metrik hanya untuk peran operator.", "Metrics are for the role operator only."),
)
_HOME_LINK = Text("Ke halaman situasi", "To the situation page")
_PAGE = '<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{title}</title>' + (
    '<h1>{title}</h1><p>{detail}</p><p><a href="/">{home}</a></p></html>'
)


def problem(request: web.BaseRequest, status: int, refusal: Refusal) -> web.Response:
    """Return a refusal as problem+json, to a browser as a page; a 503 may be tried again."""
    language = preferred_language(request.headers.get("Accept-Language"))
    title, detail = refusal.title.pick(language), refusal.detail.pick(language)
    again = status == 503
    request[PROBLEM] = refusal.kind
    body = {
        "type": f"urn:ilp:problem:{refusal.kind}",
        "title": title,
        "status": status,
        "detail": detail,
        "retryable": again,
        "trace_id": trace_id_for(request),
    }
    headers = {"Content-Language": language} | ({"Retry-After": "1"} if again else {})
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if "text/html" in request.headers.get("Accept", ""):
        page = _PAGE.format(language=language, title=title, detail=detail, home=_HOME_LINK.pick(language))
        return web.Response(status=status, text=page, content_type="text/html", headers=headers)
    body |= {"retry_after_s": 1} if again else {}
    return web.Response(
        status=status, body=json.dumps(body).encode(), content_type="application/problem+json", headers=headers
    )

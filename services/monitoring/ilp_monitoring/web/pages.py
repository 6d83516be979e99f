"""Routes of the situation page and its static files. Whatever a browser is refused here, it reads as a page.

Addresses on the page are relative, so it works below any prefix of the front door.
"""

import gzip
import re
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from ilp_monitoring.deps import current_period
from ilp_monitoring.indicators.loader import definitions
from ilp_monitoring.indicators.router import SITUATION_READ
from ilp_monitoring.rules.months import Month, asked_month
from ilp_monitoring.sign_in.guard import PageGuard, is_browser, keep_session, session_of, sign_in_of
from ilp_monitoring.situations.repository import areas_by_code, has_example_data
from ilp_monitoring.situations.schemas import SituationKey
from ilp_monitoring.situations.service import read_situation
from ilp_monitoring.web.assets import assets
from ilp_monitoring.web.frame import Frame, as_shown, in_month
from ilp_monitoring.web.geo.maps import drawn_by_village
from ilp_monitoring.web.i18n import Words, words_in
from ilp_monitoring.web.rendering import Refusal, render_refusal, render_situation
from ilp_shared.areas import NATION, REPORTING_AREA_CODE
from ilp_shared.auth.permissions import PUBLIC
from ilp_shared.auth.principal import Principal
from ilp_shared.db.scope import EVERYWHERE
from ilp_shared.http.fixed_files import FOR_EVER
from ilp_shared.http.guard import absent, can
from ilp_shared.http.resources import resources_of
from ilp_shared.problems import NotFound, Problem, Unauthenticated
from ilp_shared.text import Language
from ilp_shared.write.uow import open_read

router = APIRouter(include_in_schema=False)
_READING = ["GET", "HEAD"]
_API = "/v1/"
_LANGUAGE_COOKIE = "ilp_lang"
_YEAR_S = 365 * 24 * 3600

Reader = Annotated[Principal | None, Depends(PageGuard(SITUATION_READ))]


async def page_words(request: Request, lang: Annotated[str | None, Query()] = None) -> Words:
    """Return the words of the language asked for by address or cookie; Indonesian otherwise, for every browser."""
    return _words(request, lang)


def _words(request: Request, lang: str | None) -> Words:
    language: Language = "en" if (lang or request.cookies.get(_LANGUAGE_COOKIE)) == "en" else "id"
    return words_in(language)


Vocabulary = Annotated[Words, Depends(page_words)]


@router.api_route("/wilayah", methods=_READING)
async def home(request: Request, reader: Reader, words: Vocabulary) -> Response:
    """Arahkan ke wilayah akun ini.

    Lead to this account's area.
    """
    if reader is None:
        return await _signed_out(request, words)
    return RedirectResponse(f"wilayah/{reader.areas[0] if reader.areas else NATION}", status_code=307)


@router.api_route("/wilayah/{kode}", methods=_READING)
async def situation_page(
    request: Request,
    reader: Reader,
    words: Vocabulary,
    kode: str,
    periode: Annotated[Month | None, Query()] = None,
    penyebut: str = "riil",
    indikator: str = "",
) -> Response:
    """Tampilkan halaman situasi satu wilayah.

    Show the situation page of one area.
    """
    if reader is None:
        return await _signed_out(request, words)
    try:
        if not re.fullmatch(REPORTING_AREA_CODE, kode) or not reader.covers(kode):
            raise absent()
        key = SituationKey(
            kode,
            asked_month(periode, current_period(resources_of(request).clock, kode), "periode"),
            "projected" if penyebut == "proyeksi" else "real",
            "village" if drawn_by_village(kode) else "children",
        )
        frame = await _frame(request, reader, words, key, indikator)
    except NotFound:
        return await _refusal(request, words, 404, words("error.absent", code=kode[:20]), reader.areas)
    response = answer_page(request, render_situation(frame), words, 200)
    await keep_session(request, response)
    return response


async def _signed_out(request: Request, words: Words) -> Response:
    """Lead a browser to the sign-in and back; say to others, and where there is none, that it is needed."""
    if not (sign_in_of(request).is_offered and is_browser(request)):
        return await _refusal(request, words, 401, words("error.signed_out"))
    page = _path(request).removeprefix("/") + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"{root_of(request)}masuk?{urlencode({'ke': page})}", status_code=303)


async def _frame(request: Request, reader: Principal, words: Words, key: SituationKey, indicator: str) -> Frame:
    resources, in_force = resources_of(request), definitions()
    async with open_read(resources.database, reader.areas) as session:
        situation = as_shown(await read_situation(session, key))
    in_force = in_month(in_force, key.period)
    selected = in_force.indicator(indicator) or in_force.indicators[0]
    opened = await session_of(request)
    return Frame(
        situation,
        in_force,
        words,
        selected,
        resources.clock.now(),
        account=f"{reader.subject} ({reader.role})",
        sign_out="" if opened is None else opened.form_key.hex(),
    )


async def _refusal(request: Request, words: Words, status: int, message: str, areas: Sequence[str] = ()) -> Response:
    """Answer with the page shown in place of one that cannot be shown; `areas` are the account's own."""
    async with open_read(resources_of(request).database, EVERYWHERE) as session:
        known = await areas_by_code(session, areas)
        example = await has_example_data(session)
    own = [(code, known[code].name if code in known else code) for code in areas]
    refusal = Refusal(message, root_of(request), _trace(request), own_areas=own, example_data=example)
    return answer_page(request, render_refusal(words, refusal), words, status)


def refusal_page(request: Request, problem: Problem) -> Response | None:
    """Return a refusal of a browser's request as a page; None for other clients and for routes of the API.

    Reads no database: it also says that the database cannot be reached.
    """
    browser = request.method in _READING and "text/html" in request.headers.get("accept", "")
    if not browser or _path(request).startswith(_API):
        return None
    words = _words(request, request.query_params.get("lang"))
    details = [
        words("error.field", field=error.pointer.rpartition("/")[2], message=error.message.pick(words.language))
        for error in problem.errors
    ]
    message, leads_home = problem.detail.pick(words.language), problem.status != Unauthenticated.status
    refusal = Refusal(message, root_of(request), _trace(request), details=details, leads_home=leads_home)
    answer = answer_page(request, render_refusal(words, refusal), words, problem.status)
    answer.headers["Vary"] += ", Accept"
    return answer


def root_of(request: Request) -> str:
    """Return the way from the address asked for to the root of this service."""
    return "../" * (_path(request).count("/") - 1)


def _path(request: Request) -> str:
    """Return the address asked for, as it was written, below the root of this service."""
    raw, root_path = request.scope.get("raw_path"), request.scope.get("root_path", "")
    path = request.url.path if raw is None else bytes(raw).decode("latin-1")
    return path.removeprefix(root_path)


def _trace(request: Request) -> str:
    return str(request.scope.get("ilp_trace", ""))


def answer_page(request: Request, html: str, words: Words, status: int) -> Response:
    """Return a page as the answer, compressed where the browser takes that."""
    headers = {"Vary": "Accept-Encoding, Cookie", "Content-Language": words.language}
    content = html.encode()
    if "gzip" in request.headers.get("accept-encoding", ""):
        content, headers["Content-Encoding"] = gzip.compress(content, 5), "gzip"
    response = HTMLResponse(content, status, headers)
    if request.query_params.get("lang") == words.language:
        response.set_cookie(_LANGUAGE_COOKIE, words.language, max_age=_YEAR_S, path="/", samesite="lax", httponly=True)
    return response


@router.api_route("/static/{name}", methods=_READING, dependencies=[can(PUBLIC)])
async def static_file(request: Request, name: str) -> Response:
    """Kirim berkas tampilan.

    Send a stylesheet, script or mark; for ever when addressed by its hash.
    """
    asset = assets().get(name)
    if asset is None:
        raise absent()
    current = request.query_params.get("v") == asset.version
    return asset.file.answer(request, {"Cache-Control": FOR_EVER if current else "no-cache"})

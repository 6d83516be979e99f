"""Routes of the sign-in that browsers open: begin, come back from the issuer, leave."""

import hmac
from typing import Annotated, Final
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from ilp_monitoring.sign_in.guard import (
    attempt_of,
    drop_attempt,
    drop_session,
    named_session,
    set_attempt,
    set_session,
    sign_in_of,
)
from ilp_monitoring.sign_in.rules.targets import page_of
from ilp_monitoring.sign_in.service import Answer, SignIn
from ilp_monitoring.web.i18n import Words
from ilp_monitoring.web.pages import Vocabulary, answer_page, root_of
from ilp_monitoring.web.rendering import Refusal, render_refusal
from ilp_shared.auth.permissions import PUBLIC
from ilp_shared.http.boundary import ELSEWHERE
from ilp_shared.http.guard import absent, can
from ilp_shared.http.rates import address_of
from ilp_shared.http.resources import resources_of
from ilp_shared.problems import Forbidden, Problem
from ilp_shared.text import Text

router = APIRouter(include_in_schema=False)
_SEE_OTHER: Final = 303
_LONGEST: Final = 4_096
_FOREIGN: Final = Text(
    "Permintaan keluar ini tidak berasal dari halaman ini; muat ulang halaman dan coba lagi.",
    "This request to sign out does not come from this page; reload the page and try again.",
)
_Given = Annotated[str, Query(max_length=_LONGEST)]


@router.get("/masuk", dependencies=[can(PUBLIC)])
async def begin(request: Request, ke: _Given = "", pilih: bool = False, lagi: bool = False) -> Response:
    """Mulai masuk: arahkan ke penerbit akun.

    Begin a sign-in: lead to the issuer. Cookies of another name of this host would not come back, so it is left first.
    """
    sign_in = _offered(request)
    resources_of(request).rates.take("evaluations", address_of(request))
    if request.headers.get("host", "").lower() != sign_in.host and not lagi:
        query = urlencode({"ke": page_of(ke), "lagi": "1", **({"pilih": "1"} if pilih else {})})
        return _leading_to(request, f"{sign_in.address}/masuk?{query}")
    begun = await sign_in.begin(ke, choose=pilih)
    response = _leading_to(request, begun.address)
    set_attempt(request, response, begun.state, begun.attempt)
    return response


@router.get("/masuk/kembali", dependencies=[can(PUBLIC)])
async def complete(
    request: Request,
    words: Vocabulary,
    code: _Given = "",
    state: _Given = "",
    iss: Annotated[str | None, Query(max_length=_LONGEST)] = None,
    error: Annotated[str | None, Query(max_length=_LONGEST)] = None,
) -> Response:
    """Terima jawaban penerbit akun dan buka sesi.

    Take the issuer's answer and open a session. The reader always gets a new cookie.
    """
    sign_in = _offered(request)
    resources_of(request).rates.take("evaluations", address_of(request))
    answer = Answer(code, state, iss, error)
    response: Response
    try:
        secret, target = await sign_in.complete(answer, attempt_of(request, state), named_session(request))
    except Problem as problem:
        request.scope["ilp_problem"] = problem.slug
        response = _page(request, words, problem.status, problem.detail.pick(words.language))
    else:
        response = RedirectResponse(f"{root_of(request)}{target}", status_code=_SEE_OTHER)
        set_session(request, response, secret)
    drop_attempt(request, response, state)
    return response


@router.post("/keluar", dependencies=[can(PUBLIC)])
async def leave(request: Request, words: Vocabulary) -> Response:
    """Keluar: akhiri sesi di sini dan di penerbit akun.

    Sign out: end the session here and at the issuer, whose answer it does not need. The form's key proves that the
    reader's own page asks for it.
    """
    sign_in, secret = sign_in_of(request), named_session(request)
    session = await sign_in.sessions.named(secret) if secret else None
    if session is None:
        if not sign_in.is_offered:
            raise absent()
        return _left(request, words)
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return _page(request, words, Forbidden.status, _FOREIGN.pick(words.language))
    if not hmac.compare_digest(await _form_key(request), session.form_key.hex()):
        return _page(request, words, Forbidden.status, _FOREIGN.pick(words.language))
    await sign_in.sessions.end(session)
    response = _left(request, words)
    drop_session(request, response)
    if (goodbye := await sign_in.goodbye()) is not None:
        response.headers["Refresh"] = f"0;url={goodbye}"
    return response


@router.get("/keluar", dependencies=[can(PUBLIC)])
async def left(request: Request, words: Vocabulary) -> Response:
    """Tampilkan bahwa pembaca sudah keluar.

    Say that the reader is signed out.
    """
    _offered(request)
    return _left(request, words)


def _offered(request: Request) -> SignIn:
    """Return the sign-in; raises NotFound where there is none."""
    sign_in = sign_in_of(request)
    if not sign_in.is_offered:
        raise absent()
    return sign_in


def _leading_to(request: Request, address: str) -> Response:
    """Lead to another host, which settings name: the boundary lets no other through."""
    response = RedirectResponse(address, status_code=_SEE_OTHER)
    request.scope[ELSEWHERE] = response.headers["location"]
    return response


async def _form_key(request: Request) -> str:
    """Return the key in the form; empty where there is none."""
    try:
        form = parse_qs((await request.body()).decode("ascii"), max_num_fields=8)
    except (UnicodeError, ValueError):
        return ""
    proof = form.get("kunci", [""])[0]
    return proof if proof.isascii() else ""


def _left(request: Request, words: Words) -> Response:
    refusal = Refusal(
        words("sign_in.left_text"),
        root_of(request),
        "",
        heading="sign_in.left",
        sign_in="sign_in.again" if sign_in_of(request).is_offered else "",
    )
    return answer_page(request, render_refusal(words, refusal), words, 200)


def _page(request: Request, words: Words, status: int, message: str) -> Response:
    """Say why the sign-in failed, and lead to another."""
    trace = str(request.scope.get("ilp_trace", ""))
    refusal = Refusal(message, root_of(request), trace, sign_in="sign_in.retry")
    return answer_page(request, render_refusal(words, refusal), words, status)

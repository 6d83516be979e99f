"""What the issuer asks of the pages' client: its public keys, and the end of sessions (Back-Channel Logout 1.0)."""

from typing import Any, Final
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response

from ilp_monitoring.sign_in.guard import sign_in_of
from ilp_shared.auth.permissions import PUBLIC
from ilp_shared.http.guard import absent, can
from ilp_shared.problems import BadRequest
from ilp_shared.text import Text

router = APIRouter(prefix="/masuk", include_in_schema=False)
_NO_TOKEN: Final = Text(
    "Kirim satu logout_token sebagai application/x-www-form-urlencoded.",
    "Send one logout_token as application/x-www-form-urlencoded.",
)


@router.api_route("/kunci", methods=["GET", "HEAD"], dependencies=[can(PUBLIC)])
async def client_keys(request: Request) -> dict[str, Any]:
    """Tampilkan kunci publik klien halaman sebagai JWKS.

    Show the public keys of the pages' client as JWKS.
    """
    sign_in = sign_in_of(request)
    if not sign_in.is_offered:
        raise absent()
    return {"keys": sign_in.keys}


@router.post("/penerbit-keluar", dependencies=[can(PUBLIC)])
async def end_by_issuer(request: Request) -> Response:
    """Akhiri sesi yang diakhiri penerbit akun.

    End the sessions that the issuer has ended.
    """
    sign_in = sign_in_of(request)
    if not sign_in.is_offered:
        raise absent()
    try:
        form = parse_qs((await request.body()).decode("ascii"), max_num_fields=8)
    except (UnicodeError, ValueError):
        form = {}
    tokens = form.get("logout_token", [])
    if len(tokens) != 1:
        raise BadRequest(_NO_TOKEN)
    await sign_in.end_by_issuer(tokens[0])
    return Response(status_code=200)

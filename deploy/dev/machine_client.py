"""`make client NAME=… ROLE=… AREA=…`: a machine client of the development issuer, with a key of its own.

Prints its id, role, areas, key file and token endpoint. With `--token` it asks that endpoint for a token, by
`private_key_jwt` as any machine does, and prints the token alone.
"""

from __future__ import annotations

import argparse
import re
import sys
from typing import Final

import httpx2

from deploy.dev.config import Config
from deploy.dev.display import answered, complain
from deploy.dev.environment import issuer_with_address
from deploy.dev.issue_token import NATIONWIDE, ROLES
from deploy.dev.issuer.clients import PAGES, Client, client_named, made_key, public_half, register
from deploy.dev.issuer.registration import key_file
from ilp_shared.areas import AREA_CODE
from ilp_shared.auth.client_assertion import client_key, proof_of
from ilp_shared.auth.development import identity_of

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{1,39}")
_EXAMPLE: Final = "make client NAME=simpus ROLE=integrator AREA=13.76"
_OUT_OF_REACH: Final = "Penerbit tidak dapat dicapai: jalankan `make run` / the issuer is out of reach: run `make run`"


def main(arguments: list[str] | None = None) -> int:
    """Register a client or print a token of one; return 1 after one line for what is not so."""
    parser = argparse.ArgumentParser(description="machine client")
    for name in ("name", "role", "area"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--token", action="store_true")
    chosen = parser.parse_args(arguments)
    if lacking := _lacking(chosen):
        complain(f"{', '.join(lacking)} belum diisi / not given, e.g. {_EXAMPLE}")
        return 1
    if not _NAME.fullmatch(chosen.name) or chosen.name == PAGES:
        complain("NAME harus huruf kecil, angka, tanda hubung / must be small letters, digits, hyphens")
        return 1
    return answered(lambda: _answer(chosen))


def _lacking(chosen: argparse.Namespace) -> list[str]:
    """Return the variables that are needed and not given; a token needs the name alone, some roles no area."""
    needed = {"NAME": chosen.name}
    if not chosen.token:
        needed |= {"ROLE": chosen.role, "AREA": chosen.area or NATIONWIDE.get(chosen.role, "")}
    return [name for name, value in needed.items() if not value]


def _answer(chosen: argparse.Namespace) -> int:
    config = Config.from_environment()
    issuer_with_address(config)
    return _token(config, chosen.name) if chosen.token else _register(config, chosen.name, chosen.role, chosen.area)


def _register(config: Config, name: str, role: str, area: str) -> int:
    if role not in ROLES:
        complain(f"ROLE harus salah satu dari / must be one of: {' '.join(ROLES)}")
        return 1
    areas = [code for code in (area or NATIONWIDE.get(role, "")).split(",") if code]
    if not areas or not all(re.fullmatch(AREA_CODE, code) for code in areas):
        complain("AREA harus kode wilayah, mis. 13.76, atau id / must be an area code, e.g. 13.76, or id")
        return 1
    file = key_file(config.issuer, name)
    register(config.issuer, Client(name, [public_half(made_key(file))], role=role, areas=areas))
    print(f"client_id: {name}\nrole: {role}\nareas: {' '.join(areas)}\nprivate key: {file}")
    print(f"issuer (aud): {identity_of(config.issuer)}\ntoken endpoint: {identity_of(config.issuer)}/token")
    return 0


def _token(config: Config, name: str) -> int:
    """Ask for a token as the client; the key alone proves who asks."""
    if client_named(config.issuer, name) is None:
        complain(f"{name} belum terdaftar: make client NAME={name} ROLE=… AREA=… / is not registered yet")
        return 1
    issuer, key = identity_of(config.issuer), client_key(key_file(config.issuer, name).read_text())
    form = {"grant_type": "client_credentials", **proof_of(key, name, issuer)}
    try:
        answer = httpx2.post(f"{issuer}/token", data=form)
    except httpx2.HTTPError:
        complain(_OUT_OF_REACH)
        return 1
    if answer.status_code != httpx2.codes.OK:
        complain(f"Ditolak / refused: {answer.json().get('error', answer.status_code)}")
        return 1
    print(answer.json()["access_token"])
    return 0


if __name__ == "__main__":
    sys.exit(main())

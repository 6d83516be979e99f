"""`shared/SETTINGS.md`: every setting of every service, from the classes that read them.

Generated from the `Service` objects, so that the document cannot differ from the code: `python -m
deploy.dev.settings_table write|check`. `check` returns 1 if the committed document differs.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, get_args

from deploy.dev.config import ROOT, SERVICES
from deploy.dev.generated import write_or_check

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

    from ilp_shared.service import Service

DOCUMENT = ROOT / "shared" / "SETTINGS.md"
HEADING = """\
# Settings

Every setting of the services, by its variable in the environment. Generated from the classes by `make schemas`; do not
edit. ● has no default. `_FILE`: the value may lie in a file instead, whose path the variable with this ending holds.
Addresses of databases and Kafka's password are read again from it for each connection, `SIGN_IN_CLIENT_KEY` for each
sign-in; the registry's keys and `SIGN_IN_SEAL_KEY` are read at the start only. `python -m ilp_<service> check-config
--process api|worker|command [--backing]` says everything that is wrong, files that are named and cannot be read
included, and exits with 1. The settings of `make run` are in `.env.example`.
"""
PRODUCTION = """\
## What production refuses
With `PROFILE=production` a process does not start, and says why, for each of these: a variable `ILP_…` that it does not
know (in development it is ignored); `ILP_FAILPOINT`; an address of a database without `sslmode=verify-full`; Kafka by
PLAINTEXT; the owner's address in an api or worker; `OIDC_ISSUER`, `OIDC_JWKS` or `SIGN_IN_ADDRESS` over http;
`DOCUMENTS` not false; no `TRUSTED_HOSTS`; `DEV_SESSION_KEY`; PostgreSQL with `fsync` off, or whose clock differs by
more than 2 seconds; keys of the registry that stored rows need and that are missing or others; an api with fewer open
files than its live screens need; and, for a worker, topics with fewer than six (or other than `KAFKA_PARTITIONS`)
partitions, `retention.ms` below 3 days (an hour for replays), another `message.timestamp.type` than LogAppendTime,
another `cleanup.policy` than delete, or three copies with `min.insync.replicas` below 2.

A registry that has started before its migrations compares keys and stored rows once they have run: while a key does not
fit, api and worker are not ready and say why, and the worker does nothing.
"""


def services() -> list[Service]:
    """Return the description of every service."""
    return [importlib.import_module(f"{names.module}.service").SERVICE for names in SERVICES]


def render() -> str:
    """Return the document; raises ValueError for a setting without words."""
    from ilp_shared.limits import Limits
    from ilp_shared.settings import ServiceSettings
    from ilp_shared.waits import Waits

    parts = [HEADING, "## Every service: `ILP_<SERVICE>_…`", *_table(ServiceSettings, "", set()), ""]
    common = set(ServiceSettings.model_fields)
    for service in services():
        for kind in (service.settings, *service.load_companions()):
            own = list(_table(kind, str(kind.model_config.get("env_prefix", "")), common))
            if len(own) > _HEAD:
                parts += [f"## {service.name}: `{kind.model_config.get('env_prefix')}…`", *own, ""]
    members: type[BaseModel]
    for name, members in (("WAITS", Waits), ("LIMITS", Limits)):
        parts += [f"## In the JSON object `{name}`", *_table(members, "", set(), json=True), ""]
    return "\n".join([*parts, PRODUCTION])


_HEAD = 2


def _table(kind: type[BaseModel], prefix: str, known: set[str], *, json: bool = False) -> Iterator[str]:
    from ilp_shared.secrets import FROM_FILE

    yield "| setting | default | what |"
    yield "| --- | --- | --- |"
    for name, field in kind.model_fields.items():
        if name in known:
            continue
        if not field.description:
            raise ValueError(f"{kind.__name__}.{name} has no words")
        variable = name if json else f"{prefix}{name}".upper()
        file = " (`_FILE`)" if FROM_FILE in field.metadata else ""
        words = " ".join(field.description.split()).replace("|", "\\|")
        yield f"| `{variable}`{file} | {_default(field)} | {words} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "●"
    value: Any = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value in ("", (), {}):
        return "–"
    if not isinstance(value, str | int | float):
        return "below"
    choices = [str(choice) for choice in get_args(field.annotation) if isinstance(choice, str)]
    others = ", ".join(f"`{choice}`" for choice in choices if choice != value)
    return f"`{value}`" + (f" ({others})" if others else "")


def main(arguments: list[str]) -> int:
    """Write or check the document; return 1 if it differs, 2 for a wrong call."""
    return write_or_check(arguments, "deploy.dev.settings_table", DOCUMENT, render)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

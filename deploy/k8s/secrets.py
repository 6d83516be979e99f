"""New secrets for one site, as YAML on stdout: `umask 077; python -m deploy.k8s.secrets > secrets.yaml`.

Once for each site: encrypt the file (SOPS with age, or put it into the store of External Secrets), apply it, and keep a
copy apart from every backup of the databases. **Without `registry-keys` no NIK can be read again.** What operators make
by themselves is not in it: certificates of Kafka, of its accounts, of PostgreSQL and of the gateway.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from deploy.dev.databases import RECOUNT
from deploy.dev.settings_table import services
from deploy.dev.vault import new_client_key, new_key
from deploy.k8s.product import SECRETS, database_of, dump_all, has_pages

if TYPE_CHECKING:
    from ilp_shared.service import Service

_BYTES = 32


def address(service: Service, role: str, password: str) -> str:
    """Return the address of a service's database for a role, as pods use it."""
    authority = f"{SECRETS}/{service.name}-db/ca.crt"
    parameters = f"sslmode=verify-full&sslrootcert={authority}"
    return f"postgresql://{role}:{password}@{service.name}-db-rw:5432/{database_of(service)}?{parameters}"


def new_secrets() -> Iterator[dict[str, Any]]:
    """Yield every Secret that a site makes, with passwords and keys that no one had before."""
    recount = secrets.token_urlsafe(_BYTES)
    for service in services():
        for name, role in (("database", database_of(service)), ("owner", f"{database_of(service)}_owner")):
            password = secrets.token_urlsafe(_BYTES)
            yield _account(f"{service.name}-{name}", role, password, {"url": address(service, role, password)})
    others = {each.name: address(each, RECOUNT, recount) for each in services() if each.name != "monitoring"}
    yield _account("recount-database", RECOUNT, recount, others)
    keys = {"nik-key": new_key(), "nik-key-id": "1", "nik-retired-keys": "{}", "nik-index-key": new_key()}
    yield _secret("registry-keys", "Opaque", keys)
    for service in filter(has_pages, services()):
        yield _secret(f"{service.name}-sign-in", "Opaque", {"client.pem": new_client_key(), "seal": new_key()})


def _account(name: str, role: str, password: str, more: Mapping[str, str]) -> dict[str, Any]:
    return _secret(name, "kubernetes.io/basic-auth", {"username": role, "password": password, **more})


def _secret(name: str, kind: str, data: Mapping[str, str]) -> dict[str, Any]:
    labels = {"app.kubernetes.io/part-of": "ilp", "cnpg.io/reload": "true"}
    metadata = {"name": name, "namespace": "ilp", "labels": labels}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": kind, "stringData": dict(data)}


def main() -> int:
    """Print the Secrets; return 2 where they would be shown on a screen."""
    if sys.stdout.isatty():
        sys.stderr.write("secrets are not shown: umask 077; python -m deploy.k8s.secrets > secrets.yaml\n")
        return 2
    print(dump_all(list(new_secrets())), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())

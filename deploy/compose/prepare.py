"""`make compose-prepare`: what the compose project needs beside its images, as root, and again whenever it changed.

`HOST` is the public name, `ISSUER` the `iss` of tokens, `JWKS` an https address or a file with the issuer's keys. They
are kept in `.env` with the images pinned by digest. `secrets/` gets passwords, keys and certificates: what exists
stays, what is missing or ends soon is made. Each file belongs to the one account that reads it, inside its container.
The registry's keys are in their files only; `vault.json` has what can be made again.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.compose import alerting, roles
from deploy.compose.authority import Authority, ends_soon, hosts_of
from deploy.compose.number_keys import first_keys, leave, lost_keys, refuse_lost_vault, vault_in, were_made
from deploy.compose.replacing import replace_file
from deploy.dev.config import SERVICES
from deploy.dev.databases import RECOUNT
from deploy.dev.display import answered
from deploy.dev.environment import commit
from deploy.dev.failure import StartError
from deploy.dev.kafka import random_id
from deploy.dev.vault import Vault
from deploy.images.pins import read_pins
from deploy.site import faults_of

FOLDER = Path(__file__).resolve().parent
PROCESS, GATEWAY, POSTGRES, KAFKA, ALERTMANAGER = 10_001, 10_002, 999, 1_000, 65_534
"""Accounts inside the containers: of platform and gateway as compose says, of the others as their images have them."""
_TLS = "?sslmode=verify-full&sslrootcert=/run/secrets/ca.crt"
_MOUNTED_JWKS = "/run/secrets/jwks.json"
_VARIABLES = {"host": "HOST", "oidc-issuer": "ISSUER", "oidc-jwks": "JWKS"}
"""What an installer says, by its key of a site."""
_NO_KEYS = '{"keys": []}\n'
_FOLDERS = {"ILP_BACKUP": (POSTGRES, 0o700), "ILP_METRICS": (POSTGRES, 0o755), "ILP_LOST": (PROCESS, 0o700)}
"""What containers write to beside volumes: its one writer and its mode. The node exporter reads metrics."""
_HTTPS_PORT = "443"


@dataclass(frozen=True)
class Certificate:
    """What one account shows; `hosts` are the names under which it serves, `joined`: key and chain in one file."""

    name: str
    reader: int
    hosts: tuple[str, ...] = ()
    joined: bool = False

    @property
    def files(self) -> tuple[str, ...]:
        """Names of its files among the secrets, the one with the certificate first."""
        return (f"{self.name}.pem",) if self.joined else (f"{self.name}.crt", f"{self.name}.key")


class Secrets:
    """The folder of secrets; files are written once, with their reader as owner and for no one else."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        self.folder = folder
        self.vault = vault_in(folder)
        self._authority = Authority(folder / "ca.crt", folder / "ca.key")
        (folder / "ca.crt").chmod(0o444)
        self.signed_again: list[str] = []
        """Certificates of an authority that this one replaced."""

    def write(self, name: str, content: str | bytes, reader: int, *, durable: bool = False) -> None:
        """Write or replace a file in one step; a durable one is on the disk then. Raises OSError without root."""
        raw = content if isinstance(content, bytes) else content.encode()
        replace_file(self.folder / name, raw, 0o400, owner=reader, durable=durable)

    def certify(self, certificate: Certificate) -> None:
        """Sign what is missing, ends soon, or is for other names; what someone else has signed is never replaced."""
        paths = [self.folder / name for name in certificate.files]
        if all(path.exists() for path in paths):
            present = paths[0].read_bytes()
            if self._authority.replaces_issuer_of(present):
                self.signed_again.append(paths[0].name)
            elif not self._authority.has_signed(present):
                if ends_soon(present):
                    print(f"{paths[0].name}: segera berakhir, perbarui sendiri / ends soon, renew it yourself")
                return
            elif not ends_soon(present) and hosts_of(present) == certificate.hosts:
                return
        signed = self._authority.sign(certificate.name, certificate.hosts)
        contents = (signed.key + signed.certificate,) if certificate.joined else (signed.certificate, signed.key)
        for name, content in zip(certificate.files, contents, strict=True):
            self.write(name, content, certificate.reader)


def certificates(host: str) -> Iterator[Certificate]:
    """Yield what is signed; the common name is the account in Kafka."""
    yield Certificate("gateway", GATEWAY, (host,))
    yield Certificate("postgres", POSTGRES, ("postgres",))
    yield Certificate("kafka", KAFKA, ("kafka", "localhost"), joined=True)
    yield Certificate("operator", PROCESS)
    for service in SERVICES:
        yield Certificate(service.label, PROCESS)


def passwords(vault: Vault) -> Iterator[tuple[str, str, int]]:
    """Yield name, content and reader of each file that is made from a generated secret."""
    for service in SERVICES:
        app = f"ilp_{service.name}"
        accounts = {"url": app, "owner-url": f"{app}_owner"}
        if service.name != "monitoring":  # there the recount stores its results, as the application
            accounts["recount-url"] = RECOUNT
        for name, role in ((f"{service.label}-{kind}", role) for kind, role in accounts.items()):
            yield name, f"postgresql://{role}:{vault.password(role)}@postgres:5432/{app}{_TLS}\n", PROCESS
    yield "sign-in-client.pem", vault.client_key("monitoring-sign-in-client"), PROCESS
    yield "sign-in-seal", vault.key("monitoring-sign-in-seal") + "\n", PROCESS
    yield "postgres-password", vault.password("postgres") + "\n", POSTGRES
    yield "postgres-roles.sql", "\n".join(roles.statements(vault)) + "\n", POSTGRES
    yield "backup-passfile", f"postgres:5432:*:{roles.BACKUP}:{vault.password(roles.BACKUP)}\n", POSTGRES


def fill(secrets: Secrets, host: str) -> None:
    """Write what is missing or ends soon; the registry's keys leave the vault once their files have them."""
    for certificate in certificates(host):
        secrets.certify(certificate)
    if secrets.signed_again:
        print(
            f"otoritas baru menandatangani lagi / a new authority signed again: {', '.join(secrets.signed_again)};"
            " mulai ulang semua kontainer / restart all containers: docker compose restart"
        )
    for name, content, reader in passwords(secrets.vault):
        secrets.write(name, content, reader)
    for name, content in first_keys(secrets.folder):
        if not (secrets.folder / name).exists():
            secrets.write(name, content, PROCESS, durable=True)
    leave(secrets.vault)


@dataclass(frozen=True)
class Site:
    """What an installer says of the place: asked for once, then kept in `.env`."""

    host: str
    issuer: str
    jwks: str

    @classmethod
    def of(cls, environment: Mapping[str, str], stored_site: Mapping[str, str]) -> Site:
        """Read the variables, else what was stored.

        Raises StartError where one is in neither, and for each that could not work a line.
        """
        names = {"HOST": "ILP_HOST", "ISSUER": "OIDC_ISSUER", "JWKS": "OIDC_JWKS"}
        values = [environment.get(given) or stored_site.get(stored, "") for given, stored in names.items()]
        if lacking := [given for given, value in zip(names, values, strict=True) if not value]:
            raise StartError(
                f"isi / set {', '.join(lacking)}: make compose-prepare HOST=ilp.dinas.example ISSUER=https://… JWKS=https://…"
            )
        site = cls(*values)
        said = {"host": site.host, "oidc-issuer": site.issuer, "oidc-jwks": site.jwks}
        if not site.jwks.startswith("https://"):
            del said["oidc-jwks"]
            if site.jwks != _MOUNTED_JWKS and not _is_key_set(Path(site.jwks)):
                raise StartError(
                    "JWKS: harus alamat https atau berkas JWKS / must be an https address or a file of keys"
                )
        if faults := faults_of(said):
            raise StartError("\n".join(f"{_VARIABLES[fault.where]}: {fault.why.both}" for fault in faults))
        return site


def address(host: str, port: str) -> str:
    """Return the address that browsers know; its port where it is not that of https. Raises StartError."""
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise StartError(f"ILP_HTTPS_PORT: nomor port / the number of a port, not {port!r}")
    return f"https://{host}" + ("" if port == _HTTPS_PORT else f":{port}")


def image_variable(name: str) -> str:
    """Return the variable of compose.yaml that names the image of a logical name."""
    return f"{name.upper().replace('-', '_')}_IMAGE"


def prepare(folder: Path, environment: Mapping[str, str]) -> None:
    """Write `.env`, `secrets/` and the folders that containers write to below a folder. Raises StartError."""
    if os.geteuid() != 0:
        raise StartError("jalankan sebagai root / run as root: each secret belongs to the account that reads it")
    stored_site = read_env(folder / ".env")
    is_new = "ILP_HOST" not in stored_site and not were_made(folder / "secrets")
    if not is_new and (lost := lost_keys(folder / "secrets")):
        raise StartError(
            f"{', '.join(lost)}: hilang; ambil dari amplop kunci, tanpa itu NIK tidak terbaca"
            " / lost; take it from a key envelope, no NIK can be read without it"
        )
    refuse_lost_vault(folder / "secrets")
    site, pins = Site.of(environment, stored_site), read_pins("compose")
    chosen = {name: value for name in (*alerting.NAMES, "ILP_HTTPS_PORT") if (value := environment.get(name))}
    values = {**stored_site, **chosen}
    receivers = alerting.configuration(values)
    public_address = address(site.host, values.get("ILP_HTTPS_PORT") or _HTTPS_PORT)
    places = {name: folder / (values.get(name) or name.removeprefix("ILP_").lower()) for name in _FOLDERS}
    secrets = Secrets(folder / "secrets")  # all has been checked: nothing is made for a site that cannot work
    fill(secrets, site.host)
    secrets.write("alertmanager.yml", receivers, ALERTMANAGER)
    _make_folders(places)
    write_env(
        folder / ".env",
        {
            **values,
            "ILP_HOST": site.host,
            "ILP_ADDRESS": public_address,
            "OIDC_ISSUER": site.issuer,
            "OIDC_JWKS": _issuer_keys(site.jwks, secrets),
            "KAFKA_CLUSTER_ID": stored_site.get("KAFKA_CLUSTER_ID") or random_id(),
            "ILP_SECRETS": str(secrets.folder),
            "ILP_BUILD": commit(),
            **{name: str(place) for name, place in places.items()},
            **{image_variable(name): reference for name, reference in pins.items()},
        },
    )


def _make_folders(places: Mapping[str, Path]) -> None:
    """Make what containers write to, each for its writer; the disk of another machine may let no one change that."""
    for name, (writer, mode) in _FOLDERS.items():
        place = places[name]
        place.mkdir(parents=True, exist_ok=True)
        if stat.S_IMODE(place.stat().st_mode) != mode:
            place.chmod(mode)
        if place.stat().st_uid != writer:
            os.chown(place, writer, writer)


def _is_key_set(path: Path) -> bool:
    """Tell whether a file holds the public keys of an issuer."""
    try:
        keys = json.loads(path.read_text(encoding="utf-8"))["keys"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return isinstance(keys, list) and bool(keys)


def _issuer_keys(jwks: str, secrets: Secrets) -> str:
    """Return the setting for the issuer's keys; a file is copied to where containers see it."""
    if jwks.startswith("https://"):
        secrets.write("jwks.json", _NO_KEYS, PROCESS)
        return jwks
    if jwks != _MOUNTED_JWKS:
        secrets.write("jwks.json", Path(jwks).read_bytes(), PROCESS)
    return _MOUNTED_JWKS


def read_env(path: Path) -> dict[str, str]:
    """Return the variables of an `.env` file; none where it does not exist."""
    if not path.exists():
        return {}
    lines = (line.split("=", 1) for line in path.read_text(encoding="utf-8").splitlines() if "=" in line)
    return {name.strip(): value.strip() for name, value in lines if not name.startswith("#")}


def write_env(path: Path, variables: Mapping[str, str]) -> None:
    """Replace an `.env` file, for root alone: it may hold the password of a mail account."""
    lines = "".join(f"{name}={value}\n" for name, value in sorted(variables.items()))
    replace_file(path, lines.encode(), 0o600)


def main() -> int:
    """Run `make compose-prepare`; an argument names another folder than that of the project."""
    folder = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else FOLDER
    return answered(lambda: _prepare(folder))


def _prepare(folder: Path) -> int:
    prepare(folder, os.environ)
    print(folder / ".env")
    return 0


if __name__ == "__main__":
    sys.exit(main())

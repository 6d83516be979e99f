"""What an installer says of the place, and what is wrong with it: one implementation for compose and Kubernetes.

A fault names the key, says what is wrong and how to correct it, and shows no value: an address may hold a password.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Final
from urllib.parse import urlsplit

from ilp_shared.operations.production import Fault
from ilp_shared.settings import ServiceSettings
from ilp_shared.text import Text

_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST_NAME: Final = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*\.(?!\d+$){_LABEL}")
_RESOURCE_NAME: Final = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")
_HTTPS: Final = re.compile(r"https://[A-Za-z0-9\[][A-Za-z0-9.:\]-]*(?P<path>/[\w.~:/?#@!$&()*+,;=%-]*)?", re.ASCII)
_HTTP: Final = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.:-]*(/[A-Za-z0-9._/-]*)?")
_BARE: Final = re.compile(r"[^\s\"'\x00-\x1f\x7f]+")
_EXAMPLE_DOMAINS: Final = (".example.go.id", ".example")
"""Those of site.example.env and of the pages for installers."""
_EXAMPLE_NETWORKS: Final = ("192.0.2.", "198.51.100.")
"""For documents only: no machine has such an address."""
_MONITORING: Final = "/monitoring"
"""Path of the pages at the gateway."""
_AUDIENCE: Final = str(ServiceSettings.model_fields["oidc_audience"].default)

_EMPTY = Text("kosong: isi", "is empty: fill it in")
_MISSING = Text("tidak ada: tambahkan, lihat site.example.env", "is missing: add it, see site.example.env")
_TWICE = Text("ada dua kali: hapus salah satu", "is there twice: remove one of them")
_NO_VALUE = Text("baris tanpa =: tulis kunci=nilai", "a line without =: write key=value")
SPACED = Text("ada spasi atau tanda kutip: tulis tanpa itu", "has a space or a quote: write it without")
_UNKNOWN = Text("kunci tidak dikenal: hapus", "is no key of a site: remove it")
_MISSPELT = Text("kunci tidak dikenal: maksudnya {key}?", "is no key of a site: did you mean {key}?")
_UNEDITED = Text("masih nilai contoh: isi dengan milik Anda", "is still the example's: put your own in its place")
_NO_HOST = Text(
    "harus nama saja, huruf kecil, tanpa https:// dan tanpa port, mis. ilp.dinas.example",
    "must be a name alone, in small letters, without https:// and without a port, e.g. ilp.dinas.example",
)
_NO_ADDRESS = Text(
    "harus alamat https tanpa kata sandi dan tanpa #, mis. https://login.dinas.example/realms/ilp",
    "must be an https address without a password and without #, e.g. https://login.dinas.example/realms/ilp",
)
_OTHER_HOST = Text(
    "harus https://<host>/monitoring, dengan host yang sama seperti di kunci host",
    "must be https://<host>/monitoring, with the host of the key host",
)
_IS_AUDIENCE = Text(
    f"tidak boleh {_AUDIENCE}, itu penerima token (aud): pakai nama klien, mis. ilp-pages",
    f"must not be {_AUDIENCE}, which is the audience of tokens: name the client, e.g. ilp-pages",
)
_NO_NAME = Text(
    "harus nama sumber daya di klaster: huruf kecil, angka, tanda hubung, titik",
    "must be the name of a resource in the cluster: small letters, digits, hyphens, dots",
)
_NO_PROMETHEUS = Text(
    "harus alamat, mis. http://prometheus-operated.monitoring.svc:9090",
    "must be an address, e.g. http://prometheus-operated.monitoring.svc:9090",
)
_NO_NETWORK = Text("harus CIDR, mis. 10.1.2.3/32", "must be a CIDR, e.g. 10.1.2.3/32")
_HOST_BITS = Text("tulis {network}, atau {address} untuk satu mesin", "write {network}, or {address} for one machine")


def _host(value: str) -> Text | None:
    if not _HOST_NAME.fullmatch(value):
        return _NO_HOST
    return _UNEDITED if _is_of_example(value) else None


def _address(value: str, forbidden: str = "#") -> Text | None:
    match = _HTTPS.fullmatch(value)
    if match is None or set(forbidden) & set(match["path"] or ""):
        return _NO_ADDRESS
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return _NO_ADDRESS
    return _UNEDITED if _is_of_example(host) else None


def _issuer(value: str) -> Text | None:
    return _address(value, "?#")


def _client(value: str) -> Text | None:
    return _IS_AUDIENCE if value == _AUDIENCE else None


def _anything(_value: str) -> Text | None:
    return None


def _resource(value: str) -> Text | None:
    return None if _RESOURCE_NAME.fullmatch(value) else _NO_NAME


def _prometheus(value: str) -> Text | None:
    return None if _HTTP.fullmatch(value) else _NO_PROMETHEUS


def _network(value: str) -> Text | None:
    try:
        interface = ipaddress.ip_interface(value)
    except ValueError:
        return _NO_NETWORK
    if "/" not in value or "%" in value:
        return _NO_NETWORK
    if value != interface.network.with_prefixlen:
        single = ipaddress.ip_network(interface.ip)
        return _HOST_BITS.format(network=interface.network.with_prefixlen, address=single.with_prefixlen)
    return _UNEDITED if value.startswith(_EXAMPLE_NETWORKS) else None


def _is_of_example(host: str) -> bool:
    return f".{host.lower()}".endswith(_EXAMPLE_DOMAINS)


def is_bare(value: str) -> bool:
    """Tell whether a value has neither spaces nor quotes, which files of variables are read with in several ways."""
    return _BARE.fullmatch(value) is not None


CHECKS: Final[Mapping[str, Callable[[str], Text | None]]] = {
    "host": _host,
    "oidc-issuer": _issuer,
    "oidc-jwks": _address,
    "oidc-roles-claim": _anything,
    "oidc-areas-claim": _anything,
    "oidc-facility-claim": _anything,
    "sign-in-address": _issuer,
    "sign-in-client": _client,
    "gateway-class": _resource,
    "certificate-issuer": _resource,
    "storage-class": _resource,
    "prometheus": _prometheus,
    "issuer-cidr": _network,
    "api-server-cidr": _network,
    "backup-cidr": _network,
}
"""What each key of a site must be; one that is empty, or has spaces or quotes, is wrong anyway."""


def faults_of(values: Mapping[str, str]) -> list[Fault]:
    """Return what is wrong with values of a site; raises KeyError for a key that a site does not have."""
    faults = {key: why for key, value in values.items() if (why := _fault(key, value)) is not None}
    if {"host", "sign-in-address"} <= values.keys() - faults.keys():
        parts = urlsplit(values["sign-in-address"])
        if (parts.hostname, parts.path) != (values["host"], _MONITORING):
            faults["sign-in-address"] = _OTHER_HOST
    return [Fault(key, why) for key, why in faults.items()]


def _fault(key: str, value: str) -> Text | None:
    if not value:
        return _EMPTY
    if not is_bare(value):
        return SPACED
    return CHECKS[key](value)


def faults_of_file(text: str) -> list[Fault]:
    """Return what is wrong with a file of a site (`key=value` lines, as kustomize reads them)."""
    faults: list[Fault] = []
    values: dict[str, str] = {}
    for line in text.split("\n"):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        written, separator, value = line.partition("=")
        key = written.strip()
        if why := _fault_of_key(written.lstrip(), separator, values):
            faults.append(Fault(key, why))
        if key in CHECKS:
            values.setdefault(key, value)
    return [*faults, *faults_of(values), *_missing(values)]


def _fault_of_key(key: str, separator: str, values: Mapping[str, str]) -> Text | None:
    if key.strip() not in CHECKS:
        near = get_close_matches(key.strip().lower().replace("_", "-"), CHECKS, n=1)
        return _MISSPELT.format(key=near[0]) if near else _UNKNOWN
    if not separator:
        return _NO_VALUE
    if key != key.strip():
        return SPACED
    return _TWICE if key in values else None


def _missing(values: Mapping[str, str]) -> Iterator[Fault]:
    yield from (Fault(key, _MISSING) for key in CHECKS if key not in values)

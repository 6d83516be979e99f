"""Finds what must not be in any log, topic, trace, error or crash file: personal numbers, names, and secrets.

Each line of a service's log must also have the form of `deploy/observability/log.schema.json`.

A finding says what and where, never the secret itself.
"""

import datetime
import hashlib
import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import orjson
from aiokafka.errors import CorruptRecordException
from aiokafka.record.memory_records import MemoryRecords
from jsonschema import Draft202012Validator

from deploy.dev.config import ROOT
from deploy.dev.demo.population import GIVEN, SECOND

PROVINCES = frozenset(
    [*range(11, 20), 21, *range(31, 37), *range(51, 54), *range(61, 66), *range(71, 77), 81, 82, *range(91, 97)]
)
_DIGITS = re.compile(rb"(?<![0-9a-fA-F.-])\d{16}(?![0-9a-fA-F])")
"""Sixteen digits on their own: no part of a UUID, hash or trace, no fraction of a number."""
_GIVEN = "|".join(sorted(name for names in GIVEN.values() for name in names))
_JWK_D = rb'"d"\s*:\s*"[\w-]{20,}"'
_TESTED = ("Contoh Orang", "Contoh Anak", "Orang Lain", "Siti Contoh")
"""How persons are called whom tests and fault campaigns register."""
_PATTERNS: Mapping[str, tuple[bytes, re.Pattern[bytes]]] = {
    "name of a demonstration person": (b" ", re.compile(rf"\b(?:{_GIVEN}) (?:{'|'.join(SECOND)})\b".encode())),
    "name of a person of the tests": (b" ", re.compile("|".join(_TESTED).encode())),
    "telephone number": (b"8", re.compile(rb"(?<![\w.:+-])(?:\+62|0)8[1-9]\d{7,10}(?![\w.-])")),
    "token": (b"eyJ", re.compile(rb"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}")),
    "private key": (b"PRIVATE KEY-----", re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
    "private key (JWK)": (
        b'"kty"',
        re.compile(rb'\{[^{}]*"kty"[^{}]*' + _JWK_D + rb"|\{[^{}]*" + _JWK_D + rb'[^{}]*"kty"'),
    ),
    "authorization header": (
        b"uthorization",
        re.compile(rb"(?i:authorization)\W{1,6}(?i:bearer|basic) [\w.~+/=-]{8,}"),
    ),
    "session cookie": (b"ilp_session", re.compile(rb"ilp_session\W{1,4}[\w.-]{20,}")),
    "address with a password": (b"://", re.compile(rb"\b[a-z][a-z0-9+]{2,20}://[^\s:/@'\"]+:[^\s@/'\"]{3,}@")),
}
"""By kind: what a text must hold at all, and the form."""
LOG = re.compile(r"(?:registry|screening|cluster-services|monitoring)-(?:api|worker)[\w-]*\.log|front-door\.log")
_SEGMENT = re.compile(r"\d{20}\.log")
_KEPT_SECRETS = ("secrets.json", "private.json", "private.pem")
_DATABASE = "PG_VERSION"
"""Marks a folder of PostgreSQL: who may read what in it is the database's matter."""
_LARGEST = 256 << 20


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that must not be there."""

    where: str
    kind: str
    at: int
    """Offset in the text, or in a topic's segment the offset of the record."""


def is_nik(digits: bytes) -> bool:
    """Tell whether sixteen digits have the structure of a NIK: province, and a possible date (women: day + 40)."""
    text = digits.decode()
    day, month, year = int(text[6:8]), int(text[8:10]), int(text[10:12])
    if int(text[:2]) not in PROVINCES:
        return False
    try:
        datetime.date(2000 + year, month, day - 40 if day > 40 else day)
    except ValueError:
        return False
    return True


def findings_in(text: bytes, where: str, secrets: Mapping[str, bytes] | None = None) -> Iterator[Finding]:
    """Yield what a text holds; `secrets` are generated values by name that must not occur either."""
    for match in _DIGITS.finditer(text):
        if is_nik(match[0]):
            yield Finding(where, "NIK", match.start())
    for kind, (hint, pattern) in _PATTERNS.items():
        if hint in text:
            yield from (Finding(where, kind, match.start()) for match in pattern.finditer(text))
    for name, value in (secrets or {}).items():
        if value in text:
            yield Finding(where, f"secret {name}", text.index(value))


def findings_in_log(log: bytes, where: str) -> Iterator[Finding]:
    """Yield the lines of a service's log that `log.schema.json` refuses; not the last one, if it was cut."""
    at = 0
    for line in log[: log.rfind(b"\n") + 1].splitlines(keepends=True):
        try:
            error = next(_log_lines().iter_errors(orjson.loads(line)), None)
            wrong = error and error.json_path
        except orjson.JSONDecodeError:
            wrong = "no JSON"
        if wrong:
            yield Finding(where, f"log line against its schema ({wrong})", at)
        at += len(line)


@cache
def _log_lines() -> Draft202012Validator:
    schema = orjson.loads((ROOT / "deploy" / "observability" / "log.schema.json").read_bytes())
    return Draft202012Validator(schema)


def findings_below(folder: Path, without: Collection[Path] = ()) -> Iterator[Finding]:
    """Yield what every file below a folder holds: logs, topics, lists, crash files; generated secrets included.

    Left out are the folders named in `without`, those of PostgreSQL, and the files that keep the secrets themselves.
    Equal files are looked at once: replicated brokers keep the same segments.
    """
    seen: set[tuple[object, ...]] = set()
    for path in _outputs(folder, without):
        where = path.relative_to(folder).as_posix()
        if path.stat().st_size > _LARGEST:
            yield Finding(where, "too large to be looked at", 0)
            continue
        raw, secrets = path.read_bytes(), _secrets_of(path, folder)
        is_segment = bool(_SEGMENT.fullmatch(path.name))
        key = (is_segment, hashlib.sha256(raw).digest(), *sorted(secrets.values()))
        if key in seen:
            continue
        seen.add(key)
        if is_segment:
            yield from _findings_in_segment(raw, where, secrets)
        else:
            yield from findings_in(raw.rstrip(b"\0"), where, secrets)  # indexes are mostly empty
        if LOG.fullmatch(path.name) and path.parent.name == "logs":
            yield from findings_in_log(raw, where)


def _findings_in_segment(segment: bytes, where: str, secrets: Mapping[str, bytes]) -> Iterator[Finding]:
    """Yield what records hold, each at its offset; they are looked at one by one only where there is anything."""
    records = list(_records(segment))
    if not any(findings_in(b"\n".join(record for _, record in records), where, secrets)):
        return
    for offset, record in records:
        yield from (Finding(where, finding.kind, offset) for finding in findings_in(record, where, secrets))


def _outputs(folder: Path, without: Collection[Path]) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if Path(parent, name) not in without)
        if _DATABASE in names:
            folders.clear()
            names = [name for name in names if name.endswith(".log")]
        paths = [Path(parent, name) for name in sorted(names) if name not in _KEPT_SECRETS]
        yield from (path for path in paths if path.is_file() and not path.is_symlink())


def _secrets_of(path: Path, folder: Path) -> dict[str, bytes]:
    for parent in path.parents:
        vault = parent / _KEPT_SECRETS[0]
        if vault.is_file():
            secrets = orjson.loads(vault.read_bytes())
            return {
                name: value.encode() for name, value in secrets.items() if isinstance(value, str) and len(value) > 15
            }
        if parent == folder:
            break
    return {}


def _records(segment: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield offset and content of every record of a Kafka log segment; none after a torn batch."""
    batches = MemoryRecords(segment)
    try:
        while (batch := batches.next_batch()) is not None:
            for record in batch:
                headers = b"\n".join(value or b"" for _, value in record.headers)
                yield record.offset, b"\n".join((record.key or b"", record.value or b"", headers))
    except CorruptRecordException:
        return

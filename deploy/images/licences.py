"""Licences of what is in the image: how a package says its own, and which the image may have.

Python packages run in the process of the platform: permissive licences and the MPL only. Debian's packages are programs
and libraries beside it, as Debian distributes them: GPL and LGPL are usual there; AGPL and what is not free are not.
Runs in the build of the image: standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from email.message import Message

ALLOWED = frozenset(
    {
        *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0"),
        *("Unlicense", "Zlib"),
    }
)
"""SPDX identifiers that packages of the platform's own process may have."""
FORBIDDEN_IN_DEBIAN = re.compile(r"(?i)\bAGPL|affero|\bnon-?free\b|\bSSPL|\bBUSL")
_CLASSIFIERS: Mapping[str, str] = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
_FREE_TEXT: Mapping[str, str] = {
    "3-clause bsd license": "BSD-3-Clause",
    "apache 2": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "isc license": "ISC",
    "mit license": "MIT",
}
_WORDS = re.compile(r"[^\s()]+")
_OPERATORS = frozenset({"AND", "OR", "WITH"})
_COMMON = re.compile(r"/usr/share/common-licenses/([A-Za-z]+(?:-[0-9.]*[0-9])?)")
_STATED = re.compile(r"^License:[ \t]*(\S[^\n]*)", re.MULTILINE)
_IN_WORDS: Sequence[tuple[str, re.Pattern[str]]] = (
    ("public-domain", re.compile(r"public\s+domain", re.IGNORECASE)),
    ("BSD", re.compile(r"Redistribution and use in source and binary forms", re.IGNORECASE)),
    ("Expat", re.compile(r"Permission is hereby granted, free of charge", re.IGNORECASE)),
    ("MIT", re.compile(r"Permission to use, copy, modify,? (?:and(?:/or)? )?distribute", re.IGNORECASE)),
)


def licence_of(metadata: Message) -> str:
    """Return the SPDX expression of a Python package from its metadata; empty where it says none."""
    if expression := metadata.get("License-Expression"):
        return str(expression)
    classified = sorted(
        {
            _CLASSIFIERS[name]
            for line in metadata.get_all("Classifier") or []
            if line.startswith("License :: ") and (name := line.rpartition(" :: ")[2]) in _CLASSIFIERS
        }
    )
    text = str(metadata.get("License") or "").strip()
    stated = _FREE_TEXT.get(text.lower(), text if text in ALLOWED else "")
    return stated or " OR ".join(classified)


def is_allowed(expression: str) -> bool:
    """Tell whether every licence of an SPDX expression is allowed, each of alternatives too."""
    names = [word for word in _WORDS.findall(expression) if word not in _OPERATORS]
    return bool(names) and ALLOWED.issuperset(names)


def licences_of_debian(copyright_file: str) -> list[str]:
    """Return the names of licences in a Debian package's copyright file; empty where none is recognised.

    Files in Debian's machine-readable form say them; of the others, the common licences that they refer to, else the
    wording of the usual ones.
    """
    if stated := {name.strip() for name in _STATED.findall(copyright_file)}:
        return sorted(stated)
    if common := set(_COMMON.findall(copyright_file)):
        return sorted(common)
    return [name for name, wording in _IN_WORDS if wording.search(copyright_file)]


def refused(licences: Mapping[str, str]) -> list[str]:
    """Return the packages, of Python, whose licences are not allowed, each with its licence."""
    return [
        f"{name}: {expression or 'none'}" for name, expression in sorted(licences.items()) if not is_allowed(expression)
    ]


def refused_of_debian(licences: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the packages, of Debian, that say no licence or one that is not free for this use."""
    return sorted(
        name
        for name, stated in licences.items()
        if not list(stated) or any(FORBIDDEN_IN_DEBIAN.search(each) for each in stated)
    )

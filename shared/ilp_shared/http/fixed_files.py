"""Files that never change while a process runs: compressed once, and sent so where the client takes that."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from fastapi import Request, Response

FOR_EVER: Final = "public, max-age=31536000, immutable"
"""Cache-Control of an address that names its content by hash."""
MEDIA_TYPES: Final = {
    "bin": "application/octet-stream",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
}
"""Media types by the ending of a name."""


@dataclass(frozen=True, slots=True)
class FixedFile:
    """A file, and the same compressed."""

    content: bytes
    compressed: bytes
    media_type: str

    @classmethod
    def of(cls, name: str, content: bytes) -> Self:
        """Return a file by its name and content; raises KeyError for an unknown ending."""
        return cls(content, gzip.compress(content, 9, mtime=0), MEDIA_TYPES[name.rpartition(".")[2]])

    def answer(self, request: Request, headers: Mapping[str, str]) -> Response:
        """Return it as the answer to a request, with more headers."""
        sent = {**headers, "Vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self.compressed, media_type=self.media_type, headers=sent | {"Content-Encoding": "gzip"})
        return Response(self.content, media_type=self.media_type, headers=sent)

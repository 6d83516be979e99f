"""The refusals of a service, as RFC 9457 problem+json.

Problem
├── Unauthenticated 401        ├── Conflict 409 ── StaleVersion, KeyInProgress
├── Forbidden 403              │                └── AlreadyStored
├── NotFound 404               ├── TooLarge 413
├── MethodNotAllowed 405       ├── InvalidInput 422 ── KeyReused, KeyMissing ── KeyUnusable
├── TooSlow 408                ├── TooMany 429
└── BadRequest 400             └── Unavailable 503

`slug` is the contract; texts may change. `retryable` tells a client whether the same request can succeed later.
"""

import re
from typing import Annotated, ClassVar, Final, Self
from uuid import UUID

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from ilp_shared.models import Frozen, Output
from ilp_shared.text import Language, Text

MESSAGE: Final = "message"
"""Where the context of a validator's error holds its sentence."""
CHECK_FIELDS = Text("Periksa isian yang ditandai, lalu kirim lagi.", "Check the marked fields and send again.")
ABSENT = Text("Tidak ada, atau di luar wilayah akun ini.", "It does not exist, or lies outside this account's area.")
"""Of an id that does not exist and of one outside the caller's areas: the same."""
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}|\d{1,4}|")


def _without_data(pointer: str) -> str:
    return "/".join(part if _FIELD_NAME.fullmatch(part) else "?" for part in pointer.split("/"))


class FieldError(Frozen):
    """Satu kesalahan isian: di mana, apa, dan kalimatnya dalam dua bahasa.

    One fault of a body: where (JSON pointer), what (stable code), and the sentence in both languages.

    A part of the pointer that does not look like a field name may itself be data; it is replaced by `?`.
    """

    pointer: Annotated[str, BeforeValidator(_without_data)]
    """Letak isian sebagai JSON Pointer / JSON Pointer to the faulty field"""
    code: str
    """Sandi kesalahan yang tetap, untuk program / stable code of the fault, for programs"""
    message: Text
    """Kalimat untuk pengguna / sentence for the user"""


class FieldWarning(FieldError):  # noqa: N818 - a model, no exception
    """Satu hal yang diterima tetapi perlu diperiksa: di mana, apa, dan kalimatnya dalam dua bahasa.

    Something that was accepted but should be looked at again, in the form of a fault.
    """

    existing_id: Annotated[UUID | None, Field(exclude_if=lambda value: value is None)] = None
    """Catatan lain yang dimaksud; tanpa isian ini bila tidak ada / the other record, where it is about one"""


class ProblemDocument(Output):
    """Penolakan sebagai problem+json (RFC 9457): apa, di mana, dan apa yang dapat dilakukan.

    The wire form of a problem (RFC 9457) with our extensions.
    """

    type: str
    """Jenis penolakan yang tetap, untuk program / stable kind of refusal, for programs"""
    title: str
    """Judul singkat dalam bahasa yang diminta / short headline in the preferred language"""
    status: int
    """Kode HTTP jawaban / HTTP code of the answer"""
    detail: str
    """Apa yang terjadi dan cara memperbaikinya / what happened and how to fix it"""
    instance: str | None = None
    """Alamat yang diminta / path of the request"""
    trace_id: str | None = None
    """Nomor jejak, sebutkan saat melapor / number to quote in a report"""
    retryable: bool
    """Kiriman yang sama dapat berhasil nanti / whether the same request can succeed later"""
    retry_after_s: float | None = None
    """Tunggu sekian detik sebelum mengulang / seconds to wait before the next attempt"""
    existing_id: UUID | None = None
    """Catatan yang sudah tersimpan, bila akun boleh melihatnya / the stored record, if the account may see it"""
    current_version: int | None = None
    """Versi yang tersimpan, bila versi yang dikirim sudah lama / the stored number, where an older one was sent"""
    errors: tuple[FieldError, ...] = ()
    """Isian yang perlu diperbaiki / fields to correct"""


def misshapen(code: str, message: Text) -> PydanticCustomError:
    """Return the error of a validator that says by itself what is wrong; `message` must not repeat the value."""
    return PydanticCustomError(code, message.en, {MESSAGE: message})


class Problem(Exception):  # noqa: N818 - it is an answer, not only an error
    """Base of all refusals; each subclass has its own status, slug and title."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal"
    title: ClassVar[Text] = Text("Kesalahan pada server", "Server error")
    retryable: ClassVar[bool] = False
    object_id: UUID | None = None
    """What a body named that does not exist for the account: for the access audit, not for the answer."""
    existing_id: UUID | None = None
    current_version: int | None = None

    def __init__(
        self, detail: Text, *, errors: list[FieldError] | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(detail.en)
        self.detail = detail
        self.errors = errors or []
        self.retry_after_s = retry_after_s

    @classmethod
    def urn(cls) -> str:
        """Return the `type` of these problems on the wire."""
        return f"urn:ilp:problem:{cls.slug}"

    @property
    def may_be_repeated(self) -> bool:
        """Whether the same request can succeed later."""
        return self.retryable or self.retry_after_s is not None

    def document(
        self, language: Language, *, instance: str | None = None, trace_id: str | None = None
    ) -> ProblemDocument:
        """Return the wire form in one language."""
        return ProblemDocument(
            type=self.urn(),
            title=self.title.pick(language),
            status=self.status,
            detail=self.detail.pick(language),
            instance=instance,
            trace_id=trace_id,
            retryable=self.may_be_repeated,
            retry_after_s=self.retry_after_s,
            existing_id=self.existing_id,
            current_version=self.current_version,
            errors=tuple(self.errors),
        )


class Unauthenticated(Problem):
    """No token, or an invalid one."""

    status, slug = 401, "unauthenticated"
    title = Text("Perlu masuk", "Sign-in needed")


class Forbidden(Problem):
    """The role does not include this action."""

    status, slug = 403, "forbidden"
    title = Text("Tidak berwenang", "Not allowed")


class NotFound(Problem):
    """No such record, or none that this account may see."""

    status, slug = 404, "not-found"
    title = Text("Tidak ditemukan", "Not found")

    def __init__(
        self,
        detail: Text,
        *,
        errors: list[FieldError] | None = None,
        retry_after_s: float | None = None,
        object_id: UUID | None = None,
    ) -> None:
        super().__init__(detail, errors=errors, retry_after_s=retry_after_s)
        self.object_id = object_id


class BadRequest(Problem):
    """The request could not be read at all."""

    status, slug = 400, "bad-request"
    title = Text("Permintaan tidak dapat dibaca", "Request cannot be read")


class MethodNotAllowed(Problem):
    """The path exists, but not for this HTTP method."""

    status, slug = 405, "method-not-allowed"
    title = Text("Metode tidak dilayani", "Method not served")


class Conflict(Problem):
    """The request is valid but contradicts stored data."""

    status, slug = 409, "conflict"
    title = Text("Bertentangan dengan data tersimpan", "In conflict with stored data")


class StaleVersion(Conflict):
    """The record has a newer version than the one the client changed; the account may read it."""

    slug = "stale-version"

    def __init__(self, detail: Text, current_version: int) -> None:
        super().__init__(detail)
        self.current_version = current_version


class AlreadyStored(Conflict):
    """The same record is stored already."""

    slug = "already-stored"

    def __init__(
        self, detail: Text, existing_id: UUID | None = None, *, errors: list[FieldError] | None = None
    ) -> None:
        super().__init__(detail, errors=errors)
        self.existing_id = existing_id


class KeyInProgress(Conflict):
    """The first request with this Idempotency-Key has not finished."""

    slug = "idempotency-key-in-progress"
    retryable = True


class TooSlow(Problem):
    """The body did not arrive in time."""

    status, slug, retryable = 408, "too-slow", True
    title = Text("Kiriman terlalu lama", "Sent too slowly")


class TooLarge(Problem):
    """Body above the limit."""

    status, slug = 413, "too-large"
    title = Text("Isi terlalu besar", "Body too large")


class InvalidInput(Problem):
    """An invalid body, query or header; `errors` names the fields and reasons."""

    status, slug = 422, "invalid-input"
    title = Text("Isian tidak dapat diterima", "Input cannot be accepted")

    def __init__(self, detail: Text = CHECK_FIELDS, *, errors: list[FieldError] | None = None) -> None:
        super().__init__(detail, errors=errors)

    @classmethod
    def at(cls, pointer: str, code: str, message: Text, detail: Text = CHECK_FIELDS) -> Self:
        """Return the refusal of one field; `message` must not repeat the value."""
        return cls(detail, errors=[FieldError(pointer=pointer, code=code, message=message)])


class KeyReused(InvalidInput):
    """The Idempotency-Key was used before with another body."""

    slug = "idempotency-key-reused"


class KeyMissing(InvalidInput):
    """A write without an Idempotency-Key: of the header, or of an item of a batch."""

    slug, code = "idempotency-key-missing", "missing"

    def __init__(self, detail: Text, pointer: str = "/header/idempotency-key") -> None:
        super().__init__(detail, errors=[FieldError(pointer=pointer, code=self.code, message=detail)])


class KeyUnusable(KeyMissing):
    """The Idempotency-Key that was sent cannot be one: too long, not printable, or of the form of a NIK."""

    slug, code = "idempotency-key-unusable", "unusable_key"


class TooMany(Problem):
    """The client asks too often, or for too much at once."""

    status, slug, retryable = 429, "too-many-requests", True
    title = Text("Terlalu banyak permintaan", "Too many requests")


class Unavailable(Problem):
    """The service cannot serve now; nothing was stored."""

    status, slug, retryable = 503, "unavailable", True
    title = Text("Layanan sedang tidak tersedia", "Service unavailable")


def problems_of(status: int | None = None) -> list[type[Problem]]:
    """Return the kinds of problems with a status, or all kinds; the most general first."""
    kinds: list[type[Problem]] = [Problem]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return [kind for kind in kinds if status in (None, kind.status)]

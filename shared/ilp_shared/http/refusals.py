"""The rendering of every refusal: our own, FastAPI's, the database's, and unexpected errors.

As problem+json; where a service has pages, as its page for a browser that asks for one.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from ilp_shared.db.transient import is_transient
from ilp_shared.http.accesses import note_object
from ilp_shared.problems import (
    CHECK_FIELDS,
    MESSAGE,
    BadRequest,
    FieldError,
    InvalidInput,
    MethodNotAllowed,
    NotFound,
    Problem,
    TooLarge,
    TooSlow,
    Unavailable,
)
from ilp_shared.text import Text, preferred_language
from ilp_shared.write.keys import Replayed

log = structlog.get_logger()
RefusalPage = Callable[[Request, Problem], Response | None]
"""Renders a refusal as a page of its service; None where the client reads no pages."""

_DOWN = Text("Penyimpanan data sedang tidak dapat dicapai. Coba lagi.", "Storage is out of reach. Try again.")
UNCERTAIN = Text(
    "Belum pasti tersimpan: penyimpanan data terputus. Kirim lagi dengan Idempotency-Key yang sama.",
    "It is not certain whether this was stored: storage was cut off. Send it again with the same Idempotency-Key.",
)
_BROKEN = Text(
    "Terjadi kesalahan di server; sebutkan trace_id saat melapor.",
    "The server failed; quote trace_id when you report it.",
)
_NO_ROUTE = Text("Alamat ini tidak ada; lihat /docs.", "There is nothing at this address; see /docs.")
_METHOD = Text("Metode HTTP ini tidak dilayani di sini.", "This HTTP method is not served here.")

_NO_JSON = Text(
    "Kirim isinya dengan header Content-Type: application/json.",
    "Send the body with the header Content-Type: application/json.",
)
_CHOICES = Text("Bukan salah satu pilihan: {expected}.", "Not one of the choices: {expected}.")
_MESSAGES = {
    "missing": Text("Wajib diisi.", "Required."),
    "extra_forbidden": Text("Isian ini tidak dikenal.", "Unknown field."),
    "model_attributes_type": Text("Harus berupa objek JSON.", "Must be a JSON object."),
    "string_type": Text("Harus berupa teks.", "Must be text."),
    "string_pattern_mismatch": Text("Bentuknya tidak sesuai.", "Does not have the expected form."),
    "string_too_short": Text("Terlalu pendek: paling sedikit {min_length} huruf.", "Too short: {min_length} at least."),
    "string_too_long": Text("Terlalu panjang: paling banyak {max_length} huruf.", "Too long: {max_length} at most."),
    "int_type": Text("Harus bilangan bulat.", "Must be a whole number."),
    "int_parsing": Text("Harus bilangan bulat.", "Must be a whole number."),
    "float_type": Text(
        "Harus bilangan, tanpa tanda kutip dan dengan titik, mis. 10.5.",
        "Must be a number, without quotes and with a point, e.g. 10.5.",
    ),
    "finite_number": Text("Harus bilangan berhingga.", "Must be a finite number."),
    "bool_type": Text("Harus true atau false.", "Must be true or false."),
    "uuid_parsing": Text("Harus UUID.", "Must be a UUID."),
    "date_from_datetime_parsing": Text("Harus tanggal TTTT-BB-HH.", "Must be a date YYYY-MM-DD."),
    "date_parsing": Text("Harus tanggal TTTT-BB-HH.", "Must be a date YYYY-MM-DD."),
    "datetime_from_date_parsing": Text("Harus waktu ISO 8601 dengan zona.", "Must be an ISO 8601 time with zone."),
    "year_out_of_range": Text("Tahunnya harus antara 1900 dan 2200.", "The year must lie between 1900 and 2200."),
    "no_letter": Text("Nama perlu paling sedikit satu huruf.", "A name needs at least one letter."),
    "timezone_aware": Text("Waktu harus menyebut zona, mis. +07:00.", "The time must name its zone, e.g. +07:00."),
    "literal_error": _CHOICES,
    "enum": _CHOICES,
    "greater_than": Text("Terlalu kecil: harus lebih dari {gt}.", "Too small: must be above {gt}."),
    "greater_than_equal": Text("Terlalu kecil: paling sedikit {ge}.", "Too small: {ge} at least."),
    "less_than": Text("Terlalu besar: harus kurang dari {lt}.", "Too large: must be below {lt}."),
    "less_than_equal": Text("Terlalu besar: paling banyak {le}.", "Too large: {le} at most."),
    "too_long": Text("Terlalu banyak butir: paling banyak {max_length}.", "Too many items: {max_length} at most."),
    "too_short": Text("Terlalu sedikit butir: paling sedikit {min_length}.", "Too few items: {min_length} at least."),
}
_MOST_NAMED: Final = 10
_UNKNOWN_PARAMETER = Text("Parameter ini tidak dikenal; yang ada: {names}.", "Unknown parameter; there are: {names}.")
_OTHER = Text("Nilai tidak sesuai.", "The value does not fit.")


def install_refusals(app: FastAPI, page: RefusalPage | None = None) -> None:
    """Register the handlers on an app, and how it shows refusals to readers of its pages."""
    app.state.refusal_page = page
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(Replayed, _replayed)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(SQLAlchemyError, _sqlalchemy)


def field_errors(error: RequestValidationError) -> list[FieldError]:
    """Translate pydantic's findings; values are never repeated."""
    errors = []
    for item in error.errors():
        place = [str(part).replace("~", "~0").replace("/", "~1") for part in item["loc"] if part != "body"]
        pointer = "".join(f"/{part}" for part in place)
        errors.append(FieldError(pointer=pointer, code=item["type"], message=_message(item)))
    return errors


def _message(item: Mapping[str, Any]) -> Text:
    """Return the sentence of one finding: its validator's own, else that of its kind with the limit or the choices."""
    context = dict(item.get("ctx", {}))
    own = context.get(MESSAGE)
    if isinstance(own, Text):
        return own
    if item["type"] == "model_attributes_type" and isinstance(item.get("input"), bytes):  # it was not read as JSON
        return _NO_JSON
    if "expected" in context:  # pydantic writes "'a', 'b' or 'c'"
        context["expected"] = context["expected"].replace("' or '", "', '").replace("'", "")
    return _MESSAGES.get(item["type"], _OTHER).format(**context)


def render(request: Request, problem: Problem) -> Response:
    """Return the response of one problem: a page where the client reads one, else the document of RFC 9457."""
    request.scope["ilp_problem"] = problem.slug
    note_object(request, problem)
    page: RefusalPage | None = getattr(getattr(request.scope.get("app"), "state", None), "refusal_page", None)
    answer = (page(request, problem) if page is not None else None) or _document(request, problem)
    if problem.retry_after_s is not None:
        answer.headers["Retry-After"] = str(max(1, round(problem.retry_after_s)))
    if problem.status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(problem, (TooSlow, TooLarge)):
        answer.headers["Connection"] = "close"  # the rest of the body is not read
    return answer


def _document(request: Request, problem: Problem) -> Response:
    """Return a problem as problem+json, in the language that the client prefers."""
    language = preferred_language(request.headers.get("accept-language"))
    document = problem.document(language, instance=request.url.path, trace_id=request.scope.get("ilp_trace"))
    content, headers = document.model_dump_json(exclude_none=True), {"Content-Language": language}
    return Response(content, problem.status, headers, "application/problem+json")


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - registered for this class
    return render(request, error)


async def _replayed(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Replayed)  # noqa: S101 - registered for this class
    return Response(error.body, error.status, {"Idempotent-Replayed": "true"}, "application/json")


async def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    return render(request, InvalidInput(errors=[_with_known(request, fault) for fault in field_errors(error)]))


def _with_known(request: Request, fault: FieldError) -> FieldError:
    """Return a fault; that of an unknown parameter of the address names the first of those that the route has."""
    names = _parameters_of(request) if fault.code == "extra_forbidden" and fault.pointer.startswith("/query/") else []
    if not names:
        return fault
    return fault.model_copy(update={"message": _UNKNOWN_PARAMETER.format(names=", ".join(names[:_MOST_NAMED]))})


def _parameters_of(request: Request) -> list[str]:
    """Return the names of the parameters that the route of a request reads from its address."""
    names: list[str] = []
    for parameter in request.scope["route"].dependant.query_params:
        form = parameter.field_info.annotation
        if isinstance(form, type) and issubclass(form, BaseModel):
            names += [field.alias or name for name, field in form.model_fields.items()]
        else:
            names.append(parameter.alias)
    return names


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    if error.status_code == 404:
        return render(request, NotFound(_NO_ROUTE))
    answer = render(request, MethodNotAllowed(_METHOD) if error.status_code == 405 else BadRequest(CHECK_FIELDS))
    answer.headers.update(error.headers or {})  # Allow, of a 405
    return answer


async def _sqlalchemy(request: Request, error: Exception) -> Response:
    return render_unexpected(request, error)


def render_unexpected(request: Request, error: Exception) -> Response:
    """Answer an unexpected exception: 503 where the same request can succeed later, else 500 with a trace id only."""
    if is_transient(error):
        log.warning("storage_unavailable", reason=type(error).__name__)
        return render(request, Unavailable(_DOWN if request.method == "GET" else UNCERTAIN, retry_after_s=2))
    log.error("request_failed", reason=type(error).__name__, exc_info=error)
    return render(request, Problem(_BROKEN))

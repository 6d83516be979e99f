"""Structured logs: one JSON line per event, UTC, with anything that looks like personal data masked.

Masking is the last wall, not the first: an architecture test checks that log calls take no personal data.
"""

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from importlib.metadata import version
from pathlib import Path

import orjson
import structlog

_PERSONAL_KEYS = frozenset({"nik", "name", "full_name", "phone", "address", "birth_date", "nama", "alamat", "token"})
_LONG_DIGITS = re.compile(r"\d{16}")
_TRACE = re.compile(r"[0-9a-f]{32}")
_REPETITIVE = ("aiokafka", "asyncpg", "asyncio")
MASK = "[disamarkan]"


class Why(str):
    """A note on an error in this platform's own words, for operators; logs show no other text of an error."""

    __slots__ = ()


def mask_personal_data(
    _logger: object, _method: str, event: MutableMapping[str, object]
) -> MutableMapping[str, object]:
    """Replace values of personal keys, and any run of 16 digits (a NIK) inside other values.

    One trace in a few thousand has such a run by chance; a trace that is masked is found nowhere else.
    """
    for key, value in event.items():
        if key in _PERSONAL_KEYS:
            event[key] = MASK
        elif key == "trace_id" and isinstance(value, str) and _TRACE.fullmatch(value):
            continue
        elif isinstance(value, str):
            event[key] = _LONG_DIGITS.sub(MASK, value)
        elif isinstance(value, (dict, list, tuple)):
            event[key] = _LONG_DIGITS.sub(MASK, repr(value))
    return event


def describe_exception(
    _logger: object, _method: str, event: MutableMapping[str, object]
) -> MutableMapping[str, object]:
    """Replace an exception by its types and stack, and our notes: messages may repeat a row (as DETAIL does)."""
    info = event.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info[1] if isinstance(info, tuple) else info
    chain: list[str] = []
    notes: list[str] = []
    while isinstance(error, BaseException) and len(chain) < 5:
        frames = traceback.extract_tb(error.__traceback__)[-8:]
        where = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(frames))
        state = getattr(error, "sqlstate", None) or getattr(getattr(error, "orig", None), "sqlstate", "")
        chain.append(f"{type(error).__name__} {state} at {where}")
        notes += [note for note in getattr(error, "__notes__", ()) if isinstance(note, Why)]
        error = error.__cause__ or error.__context__
    if chain:
        event["exception"] = chain
    if notes:
        event["why"] = "; ".join(dict.fromkeys(notes))
    return event


class OncePerInterval(logging.Filter):
    """Passes the same message of a library once in ten seconds: clients retry a lost broker often."""

    interval_s = 10.0

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether ten seconds have passed since this message was written."""
        message = f"{record.name} {record.msg}"
        if record.created - self._last.get(message, 0.0) < self.interval_s:
            return False
        if len(self._last) > 500:
            self._last.clear()
        self._last[message] = record.created
        return True


def configure_logging(service: str, level: str) -> None:
    """Send structlog and the standard library's loggers to stdout in one format."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        describe_exception,
        mask_personal_data,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _to_json],
        )
    )
    structlog.contextvars.bind_contextvars(service=service, version=version("ilp-shared"))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in ("aiokafka", "uvicorn.access", "ilp_shared.db.pools"):  # SQLAlchemy names a pool's logger by its class
        logging.getLogger(noisy).setLevel(logging.WARNING)
    sys.excepthook = log_death
    seldom = OncePerInterval()
    handler.addFilter(lambda record: not record.name.startswith(_REPETITIVE) or seldom.filter(record))


def log_death(kind: type[BaseException], error: BaseException, _traceback: object) -> None:
    """Write what ends this process as one line, by the kinds of errors: their text may repeat a row."""
    if issubclass(kind, KeyboardInterrupt):
        return
    structlog.get_logger("ilp").critical("process_died", reason=kind.__name__, exc_info=error)


def _to_json(_logger: object, _method: str, event: MutableMapping[str, object]) -> str:
    return orjson.dumps(dict(event), default=str).decode()

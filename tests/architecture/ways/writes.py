"""Writes: idempotency keys, the audit of accesses, copies of other services' records, events and their traces."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.names import names_of
from tests.architecture.rules import (
    SHARED,
    Rule,
    call_of,
    calls,
    classes,
    either,
    fields_of,
    named_tables,
    parameters,
    text_matching,
)
from tests.architecture.sources import Source

_SQL_NAME = r'(?i)\b(INTO|FROM|UPDATE|TABLE|JOIN|USING|ONLY|ON|TRUNCATE)\s+(IF\s+(NOT\s+)?EXISTS\s+)?("?\w+"?\.)?'
_KEY = re.compile(r"(?i)(^|_)(idempotency|idem)_?key$")
_KEY_TEXT = re.compile(r"(?i)(http[-_]|x-)?idempotency[-_ ]?key")
_KEY_PATTERN = re.compile(r"(?i)^_*key(_?(pattern|regex|re|form|rule|type|length|schema))?$|idempotency")
_KEY_LENGTH = re.compile(r"(^|[_.])(idempotency_)?key$")
_CONSTRAINTS = {"compile", "Field", "StringConstraints", "Header", "constr", "Annotated"}


def key_rules(source: Source) -> Iterator[int]:
    """Find what decides which text is a usable key: patterns, lengths, validators, readers of the header."""
    for node in source.walk(ast.Attribute):
        if isinstance(node, ast.Attribute) and node.attr == "isprintable":
            yield node.lineno
    yield from _constrained_keys(source)
    yield from _measured_keys(source)
    yield from _read_keys(source)


def _constrained_keys(source: Source) -> Iterator[int]:
    """Find fields, parameters and types of keys with a constraint, and fields of inputs without the common one."""
    for node in source.walk(ast.AnnAssign, ast.arg, ast.Assign):
        assert isinstance(node, ast.AnnAssign | ast.arg | ast.Assign)
        named = node if isinstance(node, ast.arg) else node.targets[0] if isinstance(node, ast.Assign) else node.target
        name = str(getattr(named, "id", "") or getattr(named, "arg", ""))
        pattern = _KEY_PATTERN if isinstance(node, ast.Assign) else _KEY
        parts = [part for part in (getattr(node, "annotation", None), getattr(node, "value", None)) if part is not None]
        if pattern.search(name) and any(_constrains(source, part) for part in parts):
            yield node.lineno
    for each, bases in classes(source):
        if not bases & {"Output", "BatchResult"} and any(map(_KEY.search, fields_of(each))):
            yield each.lineno


def _constrains(source: Source, part: ast.AST) -> bool:
    """Tell whether an annotation or value narrows a text: `Field(max_length=…)`, a compiled pattern, JSON Schema."""
    for node in ast.walk(part):
        if isinstance(node, ast.Call) and names_of(source).path(node.func).rpartition(".")[2] in _CONSTRAINTS:
            return True
        if isinstance(node, ast.Dict) and any(
            isinstance(key, ast.Constant) and key.value in ("maxLength", "minLength", "pattern") for key in node.keys
        ):
            return True
    return False


def _measured_keys(source: Source) -> Iterator[int]:
    """Find comparisons of the length of a key, and regular expressions applied to one."""
    for node in source.walk(ast.Compare):
        if isinstance(node, ast.Compare):
            for side in (node.left, *node.comparators):
                if isinstance(side, ast.Call) and ast.unparse(side.func) == "len" and _is_key(side.args):
                    yield node.lineno
    for call, name in calls(source):
        if name in ("fullmatch", "match", "search", "isascii", "isalnum") and _is_key(
            [*call.args, *([call.func.value] if isinstance(call.func, ast.Attribute) else [])]
        ):
            yield call.lineno


def _is_key(nodes: list[ast.expr]) -> bool:
    return any(_KEY_LENGTH.search(ast.unparse(node)) for node in nodes)


def _read_keys(source: Source) -> Iterator[int]:
    """Find what reads a key from a header or a body, or checks it by a validator; sending one is no reading."""
    for node in source.walk(ast.Call, ast.Subscript):
        if isinstance(node, ast.Call):
            read = [*node.args, *(each.value for each in node.keywords if each.arg in ("alias", "validation_alias"))]
        else:
            assert isinstance(node, ast.Subscript)
            read = [node.slice] if isinstance(node.ctx, ast.Load) else []
        if any((text := names_of(source).text(each)) and _KEY_TEXT.fullmatch(text) for each in read):
            yield node.lineno


def version_upserts(source: Source) -> Iterator[int]:
    """Find upserts built by SQLAlchemy that compare versions, or that set a version without comparing it."""
    for node, name in calls(source):
        if name in ("on_conflict_do_update", "on_duplicate_key_update", "merge") and "version" in ast.unparse(node):
            yield node.lineno


_BY_VERSION = re.compile(r"""(?:\.|\[?["'])(?:\w+_)?version\b""")


def sorted_by_version(source: Source) -> Iterator[int]:
    """Find the newest of something picked by its version."""
    for node, name in calls(source):
        if name in ("sorted", "max", "sort", "nlargest", "groupby", "reduce"):
            keys = [each.value for each in node.keywords if each.arg in ("key", None)] + node.args[1:]
            if any(_BY_VERSION.search(ast.unparse(key)) for key in keys):
                yield node.lineno


def carried_traces(source: Source) -> Iterator[int]:
    """Find parameters and fields that carry a trace context."""
    yield from (each.lineno for each in parameters(source) if each.arg in _TRACES)
    yield from (node.lineno for node, _ in classes(source) if _TRACES & fields_of(node))


_TRACES = {"traceparent", "trace_parent", "trace_context", "tracestate"}


def archived_by_hand(source: Source) -> Iterator[int]:
    """Find calls of the archive's `append`."""
    for node, name in calls(source):
        if name == "append" and names_of(source).path(node.func).endswith("event_log.append"):
            yield node.lineno


RULES = (
    Rule(
        "access audit",
        "use db.audit.record_access",
        either(
            text_matching(r"\baccess_audit\b"),
            text_matching(rf"{_SQL_NAME}\"?\w*(audit|access_log)\w*"),
            named_tables(r"audit|access_log"),
        ),
        planted=(
            "A = 'INSERT INTO access_audit VALUES ($1)'",
            "class Row:\n    __tablename__ = 'access_audit'",
            "A = 'INSERT INTO person_audit (at) VALUES ($1)'",
            "A = 'CREATE TABLE IF NOT EXISTS screening.access_log (at timestamptz)'",
            "class Row(SQLModel, table=True):\n    __tablename__ = 'reading_audit'",
            "import sqlalchemy as sa\nA = sa.Table('audit_trail', metadata)",
            "A = 'INSERT INTO ' + 'person_audit' + ' VALUES ($1)'",
        ),
        innocent=("A = 'an audit of the year'", "log.info('audited')"),
        allowed={
            f"{SHARED}db/audit.py": "the one table and the one statement",
            f"{SHARED}db/migrate.py": "names the tables that no service describes",
        },
    ),
    Rule(
        "idempotency keys",
        "use http.submissions, or write.keys",
        either(text_matching(rf"{_SQL_NAME}\"?idempotency_?keys?\b"), named_tables("idempotency|idem_key")),
        planted=(
            "A = 'INSERT INTO idempotency_key (client) VALUES ($1)'",
            "A = f'{x} DELETE FROM s.idempotency_key'",
            "A = 'UPDATE \"idempotency_key\" SET status = 1'",
            "class KeyRow(SQLModel, table=True):\n    __tablename__ = 'idempotency_key'",
            "from sqlalchemy import table as t\nA = t('idempotency_key')",
            "TABLE = 'idempotency_key'\nA = f'SELECT 1 FROM {TABLE}'",
        ),
        innocent=("A = 'idempotency_key'",),
        allowed={
            f"{SHARED}write/keys.py": "the one set of statements",
            f"{SHARED}write/retention.py": "deletes expired keys",
            f"{SHARED}write/tables.py": "creates the table",
            "services/screening/ilp_screening/recording/repository.py": "hot path: one statement claims and stores",
        },
    ),
    Rule(
        "the rule of idempotency keys",
        "use http.submissions.key_of or read_item: write.keys.usable_key decides; write.keys.KEY_SCHEMA describes it",
        key_rules,
        planted=(
            "def usable(key):\n    return key.strip() if key.isprintable() else None",
            "ok = all(map(str.isprintable, key))",
            "class A(Input):\n    idempotency_key: Annotated[str, Field(max_length=255)]",
            "class A(Input):\n    idempotency_key: str",
            "class A(Output):\n    idempotency_key: Annotated[str, StringConstraints(pattern='^[ -~]+$')]",
            "IdempotencyKey = Annotated[str, StringConstraints(min_length=1)]\n",
            "KEY_PATTERN = re.compile(r'^[!-~]{1,255}$')",
            "from re import compile as c\n_KEY = c('[!-~]+')",
            "async def f(idempotency_key: Annotated[str, Header(max_length=64)]) -> None: ...",
            "async def f(key: Annotated[str, Header(alias='Idempotency-Key')]) -> None: ...",
            "key = request.headers.get('idempotency-key')",
            "key = request.headers['Idempotency-Key']",
            "key = item['idempotency_key']",
            "if len(key) > 255:\n    raise KeyMissing(X)",
            "if not _FORM.fullmatch(item.key):\n    raise KeyMissing(X)",
            "@field_validator('idempotency_key')\ndef check(cls, value): ...",
            "_KEY = {'schema': {'type': 'string', 'maxLength': 255}}",
        ),
        innocent=(
            "headers = {'Idempotency-Key': key}",
            "class A(BatchResult):\n    idempotency_key: str | None",
            "a = BatchResult(idempotency_key=item.sent_key)",
            "headers['Idempotency-Key'] = key",
            "KEY: Final = 'idempotency_key'",
            "a = len(keys) > 3",
        ),
        allowed={
            f"{SHARED}write/keys.py": "the one rule, and its JSON Schema",
            f"{SHARED}http/submissions.py": "reads the key of a request",
            f"{SHARED}auth/claims.py": "the subject of a token, which the access audit must hold: no key",
        },
    ),
    Rule(
        "local copies",
        "use db.copies.Copy, and copies.newest where a version decides between events",
        either(
            text_matching(
                r"(?is)\b(\w+\.)?version\s*[<>]=?\s*\(?\s*excluded\.|\bexcluded\.\w*version\s*[<>]=?"
                r"|\bDO\s+UPDATE\b.*\bWHERE\b.*version\s*[<>]|\bDO\s+UPDATE\b.*\bWHERE\b.*[<>]=?\s*(\w+\.)?version\b"
                r"|\bGREATEST\s*\([^()]*version|\bWHEN\s+MATCHED\b[^;]*version"
                r"|^\s*UPDATE\b.*\bWHERE\b.*version\s*<=?\s*(\$|:|%|\{)"
            ),
            version_upserts,
            sorted_by_version,
        ),
        planted=(
            "A = 'ON CONFLICT (id) DO UPDATE SET a = 1 WHERE facility.version < excluded.version'",
            "A = 'ON CONFLICT (id) DO UPDATE SET a = 1 WHERE excluded.version > facility.version'",
            "A = 'ON CONFLICT (id) DO UPDATE SET a = 1\\nWHERE facility.version <= EXCLUDED.version'",
            "A = 'INSERT INTO f VALUES ($1) ON CONFLICT (id) DO UPDATE SET a = $1 WHERE f.version < $2'",
            "A = 'INSERT INTO f VALUES ($1) ON CONFLICT (id) DO UPDATE SET a = $1 WHERE $2 > f.version'",
            "A = 'ON CONFLICT (id) DO UPDATE SET ' + changes + ' WHERE t.version < ' + 'excluded.version'",
            "A = 'MERGE INTO f USING s ON f.id = s.id WHEN MATCHED AND f.version < s.version THEN UPDATE SET a = 1'",
            "A = 'ON CONFLICT (id) DO UPDATE SET version = GREATEST(f.version, 3)'",
            "A = 'UPDATE facility SET name = $2 WHERE id = $1 AND version < $3'",
            "s = insert(Row).values(rows)\ns = s.on_conflict_do_update(set_=x, where=Row.version < s.excluded.version)",
            "from sqlalchemy.dialects.postgresql import insert as put\n"
            "s = put(Row)\na = s.on_conflict_do_update(index_elements=['id'], set_={'version': s.excluded.version})",
            "upsert = statement.on_conflict_do_update\na = upsert(where=Row.version < 3)",
            "newest = sorted(events, key=lambda event: event.aggregate_version)",
            "newest = max(events, key=attrgetter('aggregate_version'))",
            "events.sort(key=lambda event: event.version)",
        ),
        innocent=(
            "A = 'INSERT INTO f VALUES ($1) ON CONFLICT (id) DO UPDATE SET a = excluded.a'",
            "a = insert(Row).on_conflict_do_nothing()",
            "A = 'UPDATE facility SET version = version + 1 WHERE id = $1 AND version = $2'",
            "rows = sorted(rows, key=itemgetter(0))",
        ),
        allowed={
            f"{SHARED}db/copies.py": "the one statement, and the one choice of the newest",
            "deploy/dev/postgres_binaries.py": "versions of PostgreSQL, not of records",
            "services/monitoring/ilp_monitoring/projections/area_tree.py": "a tree has many rows: first its root",
        },
    ),
    Rule(
        "trace context",
        "read it in `emit`: tracing.current_traceparent()",
        either(carried_traces, text_matching(r"(?i)^(ilp_)?(traceparent|tracestate)$")),
        planted=(
            "async def record(unit, traceparent: str | None) -> None: ...",
            "class Draft:\n    traceparent: str",
            "a = request.scope['ilp_traceparent']",
            "a = request.headers.get('Traceparent')",
            "def f(*, trace_context: str) -> None: ...",
        ),
        innocent=("unit.emit(data, traceparent=command.traceparent)",),
        allowed={
            f"{SHARED}tracing.py": "reads the header",
            f"{SHARED}http/boundary.py": "hands the header over",
            f"{SHARED}bus/archive/unit.py": "puts it into the event",
            f"{SHARED}bus/contract/envelope.py": "the event",
            f"{SHARED}bus/consume/applier.py": "takes the trace of a parked event from the event",
            f"{SHARED}bus/kafka.py": "names the traces of a round of the relay",
            "services/monitoring/ilp_monitoring/live/hub.py": "names the traces of the changes that it pushes",
            "deploy/dev/observation.py": "reads the header: the front door begins traces, and raises no events",
            "deploy/dev/front_door.py": "hands the header over to the service",
            "services/screening/ilp_screening/recording/recorder.py": "its commands wait in a queue",
        },
    ),
    Rule(
        "raised events",
        "use unit.emit",
        either(
            call_of("NewEvent"),
            archived_by_hand,
            text_matching(r'(?i)\b(INSERT\s+INTO|COPY)\s+("?\w+"?\.)?"?(event_log|outbox)\b'),
        ),
        planted=(
            "e = NewEvent(data, id, 1, home, area, now)",
            "await event_log.append(conn, events)",
            "from ilp_shared.bus.archive.unit import NewEvent as Raised\ne = Raised(data)",
            "from ilp_shared.bus.archive import event_log as archive\nawait archive.append(conn, events)",
            "from ilp_shared.bus.archive.event_log import append as store\nawait store(conn, events)",
            "import ilp_shared.bus.archive.event_log as log\nput = log.append\nawait put(conn, e)",
            "A = 'INSERT INTO event_log (id) VALUES ($1)'",
        ),
        innocent=("events.append(event)", "A = 'SELECT 1 FROM event_log'"),
        allowed={
            f"{SHARED}bus/archive/unit.py": "emit",
            f"{SHARED}bus/archive/event_log.py": "the archive's statement",
        },
    ),
)

"""The rules of one way for everything: how each of these things is done, in all services."""

import ast
import re
from collections.abc import Callable, Iterator

from tests.architecture.rules import (
    Rule,
    call_of,
    calls,
    classes,
    either,
    fields_of,
    parameters,
    text_matching,
    texts,
)
from tests.architecture.sources import Source

SHARED = "shared/ilp_shared/"
CHECK_FIELDS = "Periksa isian yang ditandai"
_BATCH = {"BatchResult", "BatchAnswer"}
_OTHER_ENDINGS = ("Out", "In", "Request", "Answer", "Response", "Create", "Read")
_AREA = r"[\w.]*(area|code|home)\w*"
_PREFIX_SQL = rf"\bstarts_with\s*\(\s*($|{_AREA})|{_AREA}\)?\s+I?LIKE\b|^\s*I?LIKE\b|\^@|~>=~"
"""What an interpolated column holds cannot be seen, so it counts as an area; other columns may be searched."""


def area_prefixes(source: Source) -> Iterator[int]:
    """Find comparisons of the beginnings of area codes in Python."""
    for node, name in calls(source):
        compared = " ".join(ast.unparse(argument) for argument in node.args)
        if name in ("startswith", "removeprefix") and re.search("area|scope", compared):
            yield node.lineno


def second_batch_forms(source: Source) -> Iterator[int]:
    """Find classes of batch results that are not those of the shared library."""
    for node, bases in classes(source):
        if node.name.endswith(tuple(_BATCH)) and not bases & _BATCH:
            yield node.lineno


def language_twins(source: Source) -> Iterator[int]:
    """Find names that end in a language, and classes that hold one field for each language."""
    for node in source.walk(ast.Name, ast.arg, ast.keyword, ast.Attribute):
        name = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "arg", None)
        if isinstance(name, str) and re.fullmatch(r"[a-z]\w*_en", name):
            yield getattr(node, "lineno", 0)
    for text in texts(source):
        if re.fullmatch(r"[a-z][a-z_]*_en", str(text.value)):
            yield text.lineno
    yield from (node.lineno for node, _ in classes(source) if {"id", "en"} <= fields_of(node))


def own_bases(source: Source) -> Iterator[int]:
    """Find pydantic models with a base or a configuration of their own."""
    yield from (node.lineno for node, bases in classes(source) if "BaseModel" in bases)
    yield from call_of("ConfigDict")(source)


def other_wire_names(source: Source) -> Iterator[int]:
    """Find wire models with endings other than `Input` and `Query`."""
    for node, bases in classes(source) if source.path.endswith("schemas.py") else ():
        if node.name.endswith(_OTHER_ENDINGS) and not bases & _BATCH:
            yield node.lineno


def attributes_of_functions(source: Source) -> Iterator[int]:
    """Find attributes that are set on functions of the module."""
    functions = {node.name for node in source.walk(ast.FunctionDef, ast.AsyncFunctionDef) if hasattr(node, "name")}
    for node in source.walk(ast.Assign):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and getattr(target.value, "id", None) in functions:
                    yield node.lineno
    yield from (node.lineno for node, name in calls(source) if name == "setattr" and _first(node) in functions)


def imports_of(name: str) -> Callable[[Source], Iterator[int]]:
    """Return the search for imports of a module."""

    def find(source: Source) -> Iterator[int]:
        for node in source.walk(ast.Import, ast.ImportFrom):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if name in modules or getattr(node, "module", None) == name:
                yield getattr(node, "lineno", 0)

    return find


def carried_traces(source: Source) -> Iterator[int]:
    """Find parameters and fields that carry a trace context."""
    yield from (each.lineno for each in parameters(source) if each.arg == "traceparent")
    yield from (node.lineno for node, _ in classes(source) if "traceparent" in fields_of(node))


def archived_by_hand(source: Source) -> Iterator[int]:
    """Find calls of the archive's `append`."""
    for node, name in calls(source):
        if name == "append" and ast.unparse(node.func).endswith("event_log.append"):
            yield node.lineno


def _first(call: ast.Call) -> str | None:
    return getattr(call.args[0], "id", None) if call.args else None


RULES = (
    Rule(
        "area filter",
        "use db.scoped.within or Conditions.within",
        either(text_matching(_PREFIX_SQL), call_of("starts_with", "like", "ilike"), area_prefixes),
        planted=(
            "A = 'SELECT 1 FROM x WHERE starts_with(area_code, $1)'",
            "A = f\"SELECT 1 FROM x WHERE {a} LIKE $1 || '.%'\"",
            "rows = select(x).where(func.starts_with(x.c.area, area))",
            "rows = select(x).where(x.c.home.like(prefix))",
            "inside = code.startswith(area + '.')",
        ),
        innocent=(
            '"""Rows LIKE others."""\nA = name.startswith("_")\n',
            "A = 'SELECT 1 FROM x WHERE search LIKE $1 AND starts_with(t.term, $2)'",
        ),
        allowed={
            f"{SHARED}areas.py": "the arithmetic itself, which the filters equal",
            f"{SHARED}db/scope.py": "the same in SQL, for row-level security",
            f"{SHARED}db/scoped.py": "the one filter",
        },
    ),
    Rule(
        "area code pattern",
        "use areas.AREA_CODE, scalars.AreaCode",
        text_matching(r"(\[0-9\]|\\d)(\{2\}|\1)[()?:]*\\\."),
        planted=(r"A = r'^\d{2}(\.\d{2})?$'", r"A = '[0-9]{2}\\.[0-9]{2}'", r"A = r'^\d\d\.'"),
        innocent=(r"A = r'\d{4}-\d{2}'",),
        allowed={f"{SHARED}areas.py": "the one pattern"},
    ),
    Rule(
        "access audit",
        "use db.audit.record_access",
        text_matching(r"\baccess_audit\b"),
        planted=(
            "A = 'INSERT INTO access_audit VALUES ($1)'",
            "class Row:\n    __tablename__ = 'access_audit'",
        ),
        allowed={
            f"{SHARED}db/audit.py": "the one table and the one statement",
            f"{SHARED}db/migrate.py": "names the tables that no service describes",
        },
    ),
    Rule(
        "idempotency keys",
        "use http.submissions, or write.keys",
        text_matching(r"(?i)\b(INTO|FROM|UPDATE|TABLE|JOIN)\s+(\w+\.)?idempotency_key\b"),
        planted=("A = 'INSERT INTO idempotency_key (client) VALUES ($1)'", "A = f'{x} DELETE FROM s.idempotency_key'"),
        innocent=("A = 'idempotency_key'",),
        allowed={
            f"{SHARED}write/keys.py": "the one set of statements",
            f"{SHARED}write/retention.py": "deletes expired keys",
            f"{SHARED}write/tables.py": "creates the table",
            "services/screening/ilp_screening/recording/repository.py": "hot path: one statement claims and stores",
        },
    ),
    Rule(
        "batch answers",
        "subclass http.batches.BatchResult",
        second_batch_forms,
        planted=("class BatchAnswer(Output):\n    pass", "class ScreeningBatchResult(Frozen):\n    pass"),
        innocent=("class ScreeningBatchResult(BatchResult):\n    pass", "class Answers(BatchAnswer[X]):\n    pass"),
        allowed={f"{SHARED}http/batches.py": "the one form"},
    ),
    Rule(
        "texts in two languages",
        "use text.Text, one field",
        language_twins,
        planted=(
            "class A(Output):\n    label_id: str\n    label_en: str",
            "class A(Output):\n    id: str\n    en: str",
            "a = f(message=x, message_en=y)",
            "a = row['name_en']",
            "def f(text_en: str) -> None: ...",
        ),
        innocent=("class A(Output):\n    id: UUID\n    label: Text", "a = text.en"),
        allowed={f"{SHARED}text.py": "the one type"},
    ),
    Rule(
        "model bases",
        "use models.Frozen, Input or Output",
        own_bases,
        planted=(
            "class A(BaseModel):\n    pass",
            "A = ConfigDict(frozen=True)",
            "class A(pydantic.BaseModel):\n    pass",
        ),
        innocent=("def f(form: type[BaseModel]) -> None: ...", "class A(Frozen):\n    pass"),
        allowed={
            f"{SHARED}models.py": "the bases",
            f"{SHARED}events/base.py": "payloads ignore unknown fields: readers are older than writers",
            f"{SHARED}text.py": "a dataclass, which refuses unknown languages",
        },
    ),
    Rule(
        "names of wire models",
        "call it `X` going out, `XInput` coming in, `XQuery` for a query",
        other_wire_names,
        planted=(
            "class TaskOut(Output):\n    pass",
            "class AreaIn(Input):\n    pass",
            "class RecordRequest(Input):\n    pass",
        ),
        innocent=("class TaskInput(Input):\n    pass", "class PersonBatchAnswer(BatchAnswer[X]):\n    pass"),
    ),
    Rule(
        "route guards",
        "use http.guard.can, or a small class with `.permission`",
        either(call_of("require"), attributes_of_functions),
        planted=(
            "A = Depends(require(Permission.X))",
            "def guard() -> None: ...\nguard.permission = X",
            "async def guard() -> None: ...\nsetattr(guard, 'permission', X)",
        ),
        innocent=("def f() -> None: ...\nself.f = 1\nother.f = 2",),
    ),
    Rule(
        "paging",
        "use http.paging.Paged and page_of",
        either(call_of("encode_cursor", "decode_cursor"), imports_of("base64")),
        planted=(
            "a = encode_cursor(row)",
            "a = paging.decode_cursor(b)",
            "import base64",
            "from base64 import b64encode",
        ),
        allowed={
            f"{SHARED}http/paging.py": "the one cursor",
            "services/registry/ilp_registry/settings.py": "keys in the environment are base64",
        },
    ),
    Rule(
        "files of tables",
        "use tables.reading.read_table and tables.writing.write_table",
        imports_of("csv"),
        planted=("import csv", "from csv import DictReader"),
        innocent=("from ilp_monitoring.situations.csv import csv_response",),
        allowed={
            f"{SHARED}tables/reading.py": "the one reader",
            f"{SHARED}tables/writing.py": "the one writer",
            "services/registry/ilp_registry/reference/files.py": "reads files of this repository",
            "services/screening/ilp_screening/packs/loader.py": "reads files of this repository",
            "services/monitoring/ilp_monitoring/sasaran/loader.py": "reads files of this repository",
            "services/monitoring/ilp_monitoring/recount/targets.py": "reads them a second time, with nothing of ours",
        },
    ),
    Rule(
        "local copies",
        "use db.copies.Copy",
        text_matching(r"\bversion\s*<\s*(excluded|EXCLUDED)\.version\b"),
        planted=("A = 'ON CONFLICT (id) DO UPDATE SET a = 1 WHERE facility.version < excluded.version'",),
        allowed={
            f"{SHARED}db/copies.py": "the one statement",
            "services/monitoring/ilp_monitoring/projections/area_tree.py": "a tree has many rows: first its root",
        },
    ),
    Rule(
        "trace context",
        "read it in `emit`: tracing.current_traceparent()",
        either(carried_traces, text_matching(r"^ilp_traceparent$")),
        planted=(
            "async def record(unit, traceparent: str | None) -> None: ...",
            "class Draft:\n    traceparent: str",
            "a = request.scope['ilp_traceparent']",
        ),
        innocent=("unit.emit(data, traceparent=command.traceparent)",),
        allowed={
            f"{SHARED}tracing.py": "reads the header",
            f"{SHARED}bus/archive/unit.py": "puts it into the event",
            f"{SHARED}bus/contract/envelope.py": "the event",
            "services/screening/ilp_screening/recording/recorder.py": "its commands wait in a queue",
        },
    ),
    Rule(
        "raised events",
        "use unit.emit",
        either(call_of("NewEvent"), archived_by_hand),
        planted=("e = NewEvent(data, id, 1, home, area, now)", "await event_log.append(conn, events)"),
        innocent=("events.append(event)",),
        allowed={f"{SHARED}bus/archive/unit.py": "emit"},
    ),
    Rule(
        "the sentence of a refusal",
        "use problems.CHECK_FIELDS",
        text_matching(CHECK_FIELDS),
        planted=(f"A = Text('{CHECK_FIELDS}.', 'Check the marked fields.')",),
        allowed={f"{SHARED}problems.py": "the one sentence"},
    ),
)

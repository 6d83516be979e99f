"""One place commits, few places speak SQL: everything else asks a repository and raises events."""

import ast
import re

from tests.architecture.sources import Source, service_sources

# The unit of work commits by its session (units of hot paths and consumers: `conn.transaction()`); migrate runs before
# any service; the consumer, and the command by which it starts over, commit Kafka offsets.
MAY_COMMIT = {
    "shared/ilp_shared/write/uow.py",
    "shared/ilp_shared/db/migrate.py",
    "shared/ilp_shared/bus/consume/consumer.py",
    "shared/ilp_shared/operations/administration.py",
}
# The hot path of monitoring's projection: each of these modules holds the statements of the tables that it writes.
_PROJECTION = {
    f"services/monitoring/ilp_monitoring/projections/{name}.py"
    for name in ("announcements", "area_tree", "cells", "clock", "completeness", "rebuild", "state")
}
MAY_SPEAK_SQL = _PROJECTION
_SQL = re.compile(
    r"^\s*(SELECT\s|INSERT\s+INTO\s|UPDATE\s+[\w.\"{]+(\s+(AS\s+)?\w+)?\s+SET\s|DELETE\s+FROM\s|WITH\s+(RECURSIVE\s+)?\w+.*\sAS\s)",
    re.DOTALL,
)
_BUILDERS = {"select", "insert", "update", "delete"}


def may_speak_sql(source: Source) -> bool:
    """Tell whether a module is a place for SQL, by its name."""
    parts = source.path.split("/")
    module = parts[-1].removesuffix(".py")
    return (
        "repository" in module
        or "migrations" in parts
        or source.path.startswith(("shared/ilp_shared/bus/", "shared/ilp_shared/db/", "shared/ilp_shared/write/"))
        or source.path in MAY_SPEAK_SQL
    )


def commits_in(source: Source) -> list[str]:
    """Return the calls by which a module ends or begins a transaction of a session, or commits anything."""
    calls = []
    for node in source.walk(ast.Call):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            opens = node.func.attr in ("begin", "begin_nested") and "session" in ast.unparse(node.func.value)
            if node.func.attr in ("commit", "rollback") or opens:
                calls.append(f"{source.path}:{node.lineno} {ast.unparse(node.func)}")
    return calls


def test_only_the_units_of_work_commit() -> None:
    judged = [source for source in service_sources() if "migrations" not in source.path]
    assert [call for source in judged if source.path not in MAY_COMMIT for call in commits_in(source)] == []


def test_the_search_for_commits_finds_them() -> None:
    text = "await session.commit()\nwith db.session() as s, session.begin(): ...\nconn.rollback()\nclient.begin()\n"
    assert len(commits_in(Source("x.py", text, ast.parse(text)))) == 3


def test_every_exception_is_still_needed() -> None:
    sources = {source.path: source for source in service_sources()}
    assert [path for path in MAY_COMMIT if not commits_in(sources[path])] == []
    assert [path for path in MAY_SPEAK_SQL if not sql_texts(sources[path])] == []


def test_sql_only_in_repositories() -> None:
    findings = []
    for source in service_sources():
        if not may_speak_sql(source):
            findings += [f"{source.path}:{line}" for line in sql_texts(source)]
    assert findings == []


def test_statements_are_built_only_in_repositories() -> None:
    findings = []
    for source in service_sources():
        if may_speak_sql(source):
            continue
        for node in source.walk(ast.ImportFrom):
            assert isinstance(node, ast.ImportFrom)
            if (node.module or "").split(".")[0] in ("sqlalchemy", "sqlmodel"):
                findings += [f"{source.path}: {alias.name}" for alias in node.names if alias.name in _BUILDERS]
    assert findings == []


def test_the_search_for_sql_finds_it() -> None:
    text = 'A = "SELECT 1 FROM x"\nB = f"""\nUPDATE task SET a = {A}"""\nC = "Select one"\nD = "WITH a AS (SELECT 1)"\n'
    assert sql_texts(Source("x.py", text, ast.parse(text))) == [1, 2, 5]


def sql_texts(source: Source) -> list[int]:
    """Return the lines of string constants that begin as an SQL statement does."""
    return sorted(
        node.lineno
        for node in source.walk(ast.Constant)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SQL.match(node.value)
    )

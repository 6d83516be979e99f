"""Nothing that identifies a person is handed to a log call; services do not print."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.sources import Source, service_sources

LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log", "bind", "msg"}
# Names of values that are, or hold, what identifies a person, and whole bodies that may.
PERSONAL = re.compile(
    r"(^|_)(nik|kk|name|nama|phone|telepon|address|alamat|birth_date|mother|household|email|person|persons|"
    r"body|payload|request_body|value|observations|token|secret|password)$"
)
HARMLESS = {"__name__", "task_name", "service_name"}
# The command line of a service and the report of a recount are read at a terminal.
MAY_PRINT = re.compile(r"shared/ilp_shared/cli\.py|services/monitoring/ilp_monitoring/recount/.*|.*/__main__\.py")


def log_calls(source: Source) -> Iterator[ast.Call]:
    """Yield calls of a logger."""
    for node in source.walk(ast.Call):
        assert isinstance(node, ast.Call)
        call = node.func
        if isinstance(call, ast.Attribute) and call.attr in LEVELS:
            owner = ast.unparse(call.value).split(".")[-1].split("(")[0]
            if owner in ("log", "_log", "logger", "_logger", "logging"):
                yield node


def names_in(call: ast.Call) -> Iterator[str]:
    """Yield keyword names, and every name, attribute and key that the arguments' values use."""
    for keyword in call.keywords:
        if keyword.arg:
            yield keyword.arg
    for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
        for node in ast.walk(argument):
            if isinstance(node, ast.Name):
                yield node.id
            elif isinstance(node, ast.Attribute):
                yield node.attr
            elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
                yield str(node.slice.value)


def personal(call: ast.Call) -> list[str]:
    """Return the names in a log call that must not be there."""
    return sorted({name for name in names_in(call) if name not in HARMLESS and PERSONAL.search(name.lower())})


def test_log_calls_take_nothing_that_identifies_a_person() -> None:
    findings = []
    for source in service_sources():
        for call in log_calls(source):
            bad = personal(call)
            plain = bool(call.args) and isinstance(call.args[0], ast.Constant)
            if bad or (call.args and not plain):
                findings.append(f"{source.path}:{call.lineno} {bad or 'the message is not a constant'}")
    assert findings == []


def test_the_search_for_log_calls_finds_them() -> None:
    text = "\n".join(
        [
            "log.info('x', nik=a)",
            "log.warning('x', who=person.full_name)",
            "self._log.error('x', row=row['phone'])",
            "log.info('x', reason=type(error).__name__)",
        ]
    )
    source = Source("x.py", text, ast.parse(text))
    assert [personal(call) for call in log_calls(source)] == [["nik"], ["full_name", "person"], ["phone"], []]


def test_services_do_not_print() -> None:
    findings = []
    for source in service_sources():
        if MAY_PRINT.fullmatch(source.path):
            continue
        for node in source.walk(ast.Call):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
                findings.append(f"{source.path}:{node.lineno}")
    assert findings == []


def test_there_are_log_calls_to_judge() -> None:
    assert sum(1 for source in service_sources() for _ in log_calls(source)) > 5

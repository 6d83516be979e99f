"""Routes: how they are guarded, and how lists are paged."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.names import names_of
from tests.architecture.rules import SHARED, Rule, call_of, calls, classes, either, fields_of, import_of, text_matching
from tests.architecture.sources import Source

_PAGING = {
    *("limit", "cursor", "offset", "page", "page_size", "page_number", "per_page", "page_token", "skip", "top", "size"),
    *("count", "after", "before", "next_cursor", "start_after", "starting_after", "max_results"),
}
"""Names of fields and parameters by which lists are paged elsewhere."""
_OF_ANSWERS = {"next", "next_cursor", "next_page", "has_more", "total_pages"}
_VERBS = {"get", "post", "put", "patch", "delete", "api_route"}
_MODELS = {"BaseModel", "Frozen", "Input"}
_ENCODINGS = ("base64", "binascii", "codecs")


def attributes_of_functions(source: Source) -> Iterator[int]:
    """Find attributes that are set on functions of the module."""
    functions = {node.name for node in source.walk(ast.FunctionDef, ast.AsyncFunctionDef) if hasattr(node, "name")}
    for node in source.walk(ast.Assign):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and getattr(target.value, "id", None) in functions:
                    yield node.lineno
    yield from (node.lineno for node, name in calls(source) if name == "setattr" and _first(node) in functions)


def roles_by_hand(source: Source) -> Iterator[int]:
    """Find questions whether a role may, and its refusal, outside the guard."""
    for node, name in calls(source):
        if name in ("may", "Forbidden", "Security", "HTTPBearer", "OAuth2PasswordBearer"):
            yield node.lineno


def own_paging(source: Source) -> Iterator[int]:
    """Find fields of inputs and parameters of routes that page a list, and answers with a page's fields."""
    for node, bases in classes(source):
        if bases & _MODELS and _PAGING & fields_of(node):
            yield node.lineno
        if "Output" in bases and _OF_ANSWERS & fields_of(node):
            yield node.lineno
    for function in source.walk(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        paths = [names_of(source).path(each).removesuffix("()") for each in function.decorator_list]
        is_route = bool(_VERBS & {path.rpartition(".")[2] for path in paths})
        arguments = [*function.args.args, *function.args.kwonlyargs, *function.args.posonlyargs]
        for each in arguments:
            if each.arg in _PAGING and (is_route or _is_of_the_query(source, each)):
                yield each.lineno


def _is_of_the_query(source: Source, parameter: ast.arg) -> bool:
    """Tell whether FastAPI reads a parameter of a dependency from the query."""
    return parameter.annotation is not None and any(
        isinstance(node, ast.Call) and names_of(source).path(node.func).rpartition(".")[2] == "Query"
        for node in ast.walk(parameter.annotation)
    )


def read_parameters(source: Source) -> Iterator[int]:
    """Find readings of paging parameters from the query of a request, without a model."""
    for node in source.walk(ast.Call, ast.Subscript):
        read = node.args[:1] if isinstance(node, ast.Call) else [node.slice] if isinstance(node, ast.Subscript) else []
        owner = ast.unparse(node.func if isinstance(node, ast.Call) else getattr(node, "value", node))
        if "query_params" in owner and any(getattr(each, "value", None) in _PAGING for each in read):
            yield getattr(node, "lineno", 0)


def _first(call: ast.Call) -> str | None:
    return getattr(call.args[0], "id", None) if call.args else None


def cut_pages(source: Source) -> Iterator[int]:
    """Find rows cut to a limit by hand, and queries with an offset."""
    for node in source.walk(ast.Subscript):
        upper = getattr(getattr(node, "slice", None), "upper", None)
        if upper is not None and re.fullmatch(r"([\w.]+\.)?(limit|page_size)", ast.unparse(upper)):
            yield upper.lineno
    yield from call_of("offset", "fetch_page", "paginate")(source)


RULES = (
    Rule(
        "route guards",
        "use http.guard.can, or a small class with `.permission`",
        either(call_of("require"), attributes_of_functions, roles_by_hand),
        planted=(
            "A = Depends(require(Permission.X))",
            "def guard() -> None: ...\nguard.permission = X",
            "async def guard() -> None: ...\nsetattr(guard, 'permission', X)",
            "from x import require as needs\nA = Depends(needs(X))",
            "if not principal.may(TASKS_READ):\n    raise Forbidden(X)",
            "from ilp_shared.problems import Forbidden as No\nraise No(X)",
            "from fastapi import Security as S\nA = S(guard, scopes=['x'])",
        ),
        innocent=("def f() -> None: ...\nself.f = 1\nother.f = 2",),
        allowed={
            f"{SHARED}http/guard.py": "the one guard",
            "services/registry/ilp_registry/registration/router.py": "a conflict shows who to those who may search",
            "deploy/dev/front_door.py": "no FastAPI: its own metrics, to operators",
            "services/cluster-services/ilp_cluster_services/tasks/service.py": "kader: by the kind of a task",
            "deploy/compose/kafka_setup.py": "Kafka's `Security`, not FastAPI's",
        },
    ),
    Rule(
        "files of tables",
        "use tables.reading.read_table and tables.writing.write_table",
        import_of("csv"),
        planted=("import csv", "import csv as c", "from csv import DictReader"),
        innocent=("from ilp_monitoring.situations.csv import csv_response",),
        allowed={
            f"{SHARED}tables/reading.py": "the one reader",
            f"{SHARED}tables/writing.py": "the one writer",
            "services/registry/ilp_registry/reference/files.py": "reads files of this repository",
            "services/screening/ilp_screening/packs/lms_tables.py": "reads files of this repository",
            "services/monitoring/ilp_monitoring/sasaran/loader.py": "reads files of this repository",
            "deploy/dev/demo/growth.py": "reads files of this repository",
            "deploy/dev/demo/network.py": "reads files of this repository",
            "deploy/dev/kafka_jars.py": "reads files of this repository, before anything is installed",
            "services/monitoring/ilp_monitoring/recount/targets.py": "reads them a second time, with nothing of ours",
        },
    ),
    Rule(
        "paging",
        "use http.paging.Paged and page_of",
        either(
            call_of("encode_cursor", "decode_cursor"),
            import_of(*_ENCODINGS),
            own_paging,
            read_parameters,
            cut_pages,
            text_matching(r"\bOFFSET\s+(\$|:|%|\{|\d)"),
        ),
        planted=(
            "a = encode_cursor(row)",
            "a = paging.decode_cursor(b)",
            "import base64",
            "import base64 as b",
            "from base64 import b64encode",
            "from binascii import b2a_base64 as encode",
            "class TaskQuery(Input):\n    limit: int = 50",
            "from ilp_shared.models import Input as In\nclass TaskQuery(In):\n    cursor: str | None = None",
            "class TaskQuery(Frozen):\n    page: int = 1\n    page_size: int = 20",
            "class Tasks(Output):\n    items: list[int]\n    next_cursor: str | None",
            "@router.get('/x')\nasync def f(limit: int = 50) -> None: ...",
            "@router.get('/x')\nasync def f(principal: X, *, cursor: Annotated[str, Query()]) -> None: ...",
            "async def paging(page: Annotated[int, Query(ge=1)] = 1) -> int: ...",
            "from fastapi import Query as Q\nasync def paging(skip: Annotated[int, Q()] = 0) -> int: ...",
            "limit = int(request.query_params.get('limit', 50))",
            "limit = request.query_params['cursor']",
            "page = rows[:limit]",
            "page = rows[: query.limit]",
            "rows = select(Row).offset(20)",
            "A = 'SELECT 1 FROM x ORDER BY id LIMIT $1 OFFSET $2'",
        ),
        innocent=(
            "async def read_tasks(conn, areas, cursor: X, limit: int) -> None: ...",
            "class TaskQuery(Paged):\n    limit: int = 50",
            "first = rows[:3]",
            "a = codes.limit",
        ),
        allowed={
            f"{SHARED}http/paging.py": "the one cursor",
            f"{SHARED}http/feed.py": "the feed of events goes by sequence and shard",
            f"{SHARED}tables/reading.py": "byte order marks",
            f"{SHARED}tables/writing.py": "byte order marks",
            "services/monitoring/ilp_monitoring/projections/clock.py": "deletes all but the newest rows: no page",
            f"{SHARED}secrets.py": "keys in the environment are base64",
            f"{SHARED}auth/sealing.py": "what is sealed for a cookie",
            "deploy/dev/vault.py": "makes those keys",
            "deploy/dev/kafka.py": "Kafka's ids of clusters are base64",
        },
    ),
)

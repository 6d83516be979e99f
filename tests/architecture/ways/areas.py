"""Area codes: one filter of queries, one arithmetic, one pattern."""

import ast
import re
import warnings
from collections.abc import Iterator

from tests.architecture.names import names_of
from tests.architecture.rules import SHARED, Rule, calls, either, text_matching, texts
from tests.architecture.sources import Source

_NAMED = r'[\w."]*(?:area|code|home|scope|wilayah)[\w"]*'
_COLUMN = rf"(?:\{{[^{{}}]*\}}|{_NAMED})\)?(?:::\w+)?"
"""What an interpolated column holds cannot be seen, so it counts as an area; other columns may be searched."""
_CUTTING = (
    r"(?:starts_with|left|substr|substring|split_part|strpos|regexp_like|regexp_match|regexp_matches|regexp_replace"
    r"|regexp_substr|string_to_array|text2ltree|overlay|rpad|lpad|ltrim)"
)
"""SQL functions that look at the beginning of a text, or take it apart."""
_SQL = "|".join(
    (
        rf"\b{_CUTTING}\s*\(\s*(?:\w+\s*\(\s*)?{_COLUMN}",
        rf"\bposition\s*\([^()]*\bin\s+{_COLUMN}",
        rf"{_COLUMN}\s+(?:NOT\s+)?I?LIKE\b",
        rf"\bI?LIKE\s+\(?{_NAMED}",
        r"^\s*(?:NOT\s+)?I?LIKE\b",
        rf"{_COLUMN}\s*!?~\*?\s*(?:\$|%|'|:|\()",
        rf"{_COLUMN}\s+(?:NOT\s+)?SIMILAR\s+TO\b",
        r"\^@|~>=~|~<~|~>~|~<=~",
        rf"{_COLUMN}\s*>=\s*\S+\s+AND\s+{_COLUMN}\s*<",
        rf"{_COLUMN}\s+BETWEEN\b",
        rf"{_COLUMN}\s*<@",
    )
)
_ALWAYS = {"starts_with", "like", "ilike", "not_like", "not_ilike", "notlike", "notilike", "istartswith"}
_FUNCTIONS = {
    *("left", "substr", "substring", "split_part", "strpos", "position", "regexp_like", "regexp_match"),
    "rpad",
}
"""Of `sqlalchemy.func`."""
_METHODS = {
    *("startswith", "removeprefix", "regexp_match", "regexp_replace", "between", "op", "bool_op", "contains"),
    *(
        "partition",
        "rpartition",
        "split",
        "rsplit",
        "count",
        "fnmatch",
        "fnmatchcase",
        "commonprefix",
        "is_relative_to",
    ),
}
_AREA = re.compile(
    r"(^|_)(area|area_code|home|home_area|village|district|regency|kecamatan|desa|scope|wilayah)(_code)?$"
)


def _is_area(node: ast.AST) -> bool:
    """Tell whether an expression is an area code by its name."""
    if isinstance(node, ast.Call | ast.Subscript):
        return isinstance(node, ast.Call) and any(map(_is_area, node.args))  # `str(area)`, `len(area)`, `col(X.area)`
    if isinstance(node, ast.BinOp):
        return _is_area(node.left) or _is_area(node.right)
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) and _is_area(part.value) for part in node.values)
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return bool(_AREA.search(name)) or (isinstance(node, ast.Attribute) and name == "code")


def cut_codes(source: Source) -> Iterator[int]:
    """Find calls that look at the beginning of a code, or take it apart."""
    for node, name in calls(source):
        path = names_of(source).path(node.func)
        owner = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        if (
            name in _ALWAYS
            or (name in _FUNCTIONS and ".func." in f".{path}" and (not node.args or _could_be_area(node.args[0])))
            or (name in _METHODS and any(map(_is_area, [*owner, *node.args])))
        ):
            yield node.lineno


def _could_be_area(node: ast.AST) -> bool:
    return _is_area(node) or bool(re.search(r"area|code|home|scope|column", ast.unparse(node)))


def sliced_codes(source: Source) -> Iterator[int]:
    """Find slices of a code, and searches for a scope among the areas above a code."""
    for node in source.walk(ast.Subscript, ast.Compare):
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice) and _is_area(node.value):
            yield node.lineno
        elif isinstance(node, ast.Compare) and any(isinstance(each, ast.In | ast.NotIn) for each in node.ops):
            for side in node.comparators:
                if isinstance(side, ast.Call) and names_of(source).path(side.func).endswith("lineage"):
                    yield node.lineno


_CODES = ("13.76", "13.76.01", "13.76.01.1002")
_NO_CODES = ("ab", "1.5", "100.5", "2026-11", "")


def code_patterns(source: Source) -> Iterator[int]:
    """Find regular expressions that match area codes and little else."""
    for line, text in texts(source):
        if 4 < len(text) < 300 and re.search(r"\\\.|\[\.\]", text) and _matches_codes(text):
            yield line


def _matches_codes(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # most texts are no patterns
            pattern = re.compile(text.replace("[:digit:]", "0-9"))
    except re.error:
        return False
    return any(map(pattern.fullmatch, _CODES)) and not any(map(pattern.fullmatch, _NO_CODES))


RULES = (
    Rule(
        "area filter",
        "use db.scoped.within or Conditions.within; in Python areas.covers, parent_of, lineage, village_of",
        either(text_matching(rf"(?i){_SQL}"), cut_codes, sliced_codes),
        planted=(
            "A = 'SELECT 1 FROM x WHERE starts_with(area_code, $1)'",
            "A = f\"SELECT 1 FROM x WHERE {a} LIKE $1 || '.%'\"",
            "rows = select(x).where(func.starts_with(x.c.area, area))",
            "rows = select(x).where(x.c.home.like(prefix))",
            "inside = code.startswith(area + '.')",
            "A = 'SELECT 1 FROM x WHERE left(area_code, 5) = $1'",
            "A = 'SELECT 1 FROM x WHERE LEFT( lower(x.home_area), length($1)) = $1'",
            "A = 'SELECT 1 FROM x WHERE substring(area_code from 1 for 5) = $1'",
            "A = \"SELECT 1 FROM x WHERE split_part(area_code, '.', 1) = $1\"",
            "A = 'SELECT 1 FROM x WHERE position($1 in area_code) = 1'",
            "A = 'SELECT 1 FROM x WHERE area_code ~ $1'",
            "A = 'SELECT 1 FROM x WHERE area_code::text SIMILAR TO $1'",
            "A = 'SELECT 1 FROM x WHERE area_code >= $1 AND area_code < $2'",
            "A = 'SELECT 1 FROM x WHERE home_area BETWEEN $1 AND $2'",
            "A = \"SELECT 1 FROM x WHERE $1 LIKE scope || '.%'\"",
            "A = 'SELECT 1 FROM x WHERE area_code::ltree <@ $1'",
            "A = 'SELECT 1 FROM x WHERE ' + column + ' LIKE $1'",
            "A = ' '.join(['SELECT 1 FROM x', 'WHERE area_code', 'LIKE $1'])",
            "COLUMN = 'home_area'\nA = f'SELECT 1 FROM x WHERE left({COLUMN}, 5) = $1'",
            "A = 'SELECT 1 FROM x WHERE left({}, 5) = $1'.format(column)",
            "import sqlalchemy as sa\nrows = sa.select(x).where(sa.func.left(x.c.area_code, 5) == area)",
            "from sqlalchemy import func as f\nrows = f.left(col(Row.area_code), n) == area",
            "from sqlalchemy import func\nleft = func.left\nrows = left(Row.area_code, n) == area",
            "from sqlalchemy import func\nrows = getattr(func, 'substr')(Row.area_code, 1, 5) == area",
            "from sqlalchemy.sql.expression import func as fn\nrows = fn.split_part(Row.home_area, '.', 1) == area",
            "rows = select(Row).where(Row.area_code.startswith(area))",
            "rows = select(Row).where(Row.area_code.op('^@')(area))",
            "rows = select(Row).where(Row.area_code.between(area, area + '/'))",
            "rows = select(Row).where(Row.home_area.regexp_match(pattern))",
            "near = [p for p in rows if p.area[: len(scope)] == scope]",
            "near = [p for p in rows if scope in lineage(p.area)]",
            "kecamatan = village.rpartition('.')[0]",
            "deep = area.count('.') > 1",
            "from ilp_shared.areas import lineage as path\ninside = scope in path(code)",
        ),
        innocent=(
            '"""Rows LIKE others."""\nA = name.startswith("_")\n',
            "A = 'SELECT 1 FROM x WHERE search LIKE $1 AND starts_with(t.term, $2)'",
            "A = 'SELECT 1 FROM x LEFT JOIN y ON x.area = y.area'",
            "from sqlalchemy import func\nrows = func.left(Row.name, 5)",
            "areas = found_areas[:5]\nfirst = lineage(area)[1]\nfor each in lineage(area): ...",
            "A = 'SELECT 1 FROM x WHERE area_code = ANY($1) ORDER BY area_code'",
            "A = f'{area} / {village}'",
        ),
        allowed={
            f"{SHARED}areas.py": "the arithmetic itself, which the filters equal",
            f"{SHARED}db/scope.py": "the same in SQL, for row-level security",
            f"{SHARED}db/scoped.py": "the one filter",
            "services/monitoring/ilp_monitoring/projections/area_tree.py": "all trees of a batch at once, by regency",
            "services/monitoring/ilp_monitoring/situations/repository.py": "joins and groups by an area above",
            "services/monitoring/ilp_monitoring/situations/arrivals_repository.py": "joins the village of a facility",
            "services/monitoring/ilp_monitoring/recount/counting.py": "imports nothing of the platform",
            "services/monitoring/ilp_monitoring/recount/history.py": "imports nothing of the platform",
            "services/registry/ilp_registry/areas/repository.py": "search: a code as it is typed, also half a segment",
        },
    ),
    Rule(
        "area code pattern",
        "use areas.AREA_CODE, scalars.AreaCode",
        either(text_matching(r"(\[0-9\]|\\d|\[\[:digit:\]\])(\{2\}|\1)[()?:]*(\\\.|\[\.\])"), code_patterns),
        planted=(
            r"A = r'^\d{2}(\.\d{2})?$'",
            r"A = '[0-9]{2}\\.[0-9]{2}'",
            r"A = r'^\d\d\.'",
            r"A = r'^[0-9]{2}[.]'",
            r"A = '^[[:digit:]]{2}\\.'",
            r"A = r'^[0-9][0-9][.][0-9][0-9]$'",
            r"A = r'(?:[0-9]{2}\.){2,3}[0-9]{2,4}'",
            r"A = r'\d{2}(?:[.]\d{2})*'",
            "TWO = '[0-9]{2}'\nA = re.compile(rf'^{TWO}\\.{TWO}$')",
            r"A = '^[0-9]' + '{2}[.][0-9]{2}$'",
        ),
        innocent=(r"A = r'\d{4}-\d{2}'", r"A = r'\d+\.\d+'", r"A = r'[\w.]+\.py'", "A = '13.76.01.1002'"),
        allowed={f"{SHARED}areas.py": "the one pattern"},
    ),
)

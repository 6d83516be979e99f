"""What names of a module mean: imports under other names, plain aliases and `getattr` do not hide what is called."""

import ast
from collections.abc import Iterator
from functools import lru_cache

from tests.architecture.sources import Source

_DEPTH = 8
"""How many names of names are followed: a module may define them in a circle."""
_SAME_TEXT = {"dedent", "cleandoc", "text"}
"""Functions whose result is still the text: `textwrap.dedent(…)`, `sqlalchemy.text(…)`."""


class Names:
    """The meaning of names: dotted paths, and the texts of constants."""

    def __init__(self, source: Source) -> None:
        self._meanings: dict[str, str] = {}
        self._constants: dict[str, ast.expr] = {}
        for node in source.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    name = alias.asname or alias.name.partition(".")[0]
                    self._meanings[name] = alias.name if alias.asname else name
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    self._meanings[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        for node in source.nodes:
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    if isinstance(target, ast.Name):
                        self._define(target.id, node.value)

    def _define(self, name: str, value: ast.expr) -> None:
        """Note an alias, or a constant text; the first definition of a name counts."""
        is_alias = isinstance(value, ast.Name | ast.Attribute) or (isinstance(value, ast.Call) and _is_reference(value))
        if is_alias and name not in self._meanings:
            self._meanings[name] = self.path(value)
        elif isinstance(value, ast.Constant | ast.JoinedStr | ast.BinOp):
            self._constants[name] = value

    def path(self, node: ast.AST) -> str:
        """Return the dotted path of an expression, imports and aliases resolved; unknown parts are empty."""
        if isinstance(node, ast.Name):
            return self._meanings.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            return f"{self.path(node.value)}.{node.attr}"
        if isinstance(node, ast.Subscript | ast.Await):
            return self.path(node.value)
        if isinstance(node, ast.Call):
            return self._path_of_call(node)
        return ""

    def _path_of_call(self, node: ast.Call) -> str:
        called = self.path(node.func)
        if called == "getattr" and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
            return f"{self.path(node.args[0])}.{node.args[1].value!s}"
        if called.rpartition(".")[2] == "partial" and node.args:
            return self.path(node.args[0])
        return f"{called}()"

    def text(self, node: ast.AST, depth: int = _DEPTH) -> str | None:
        """Return the text that an expression builds, with `{…}` for what is not known; None if it builds none.

        Texts are put together from literals, f-strings, `+`, `%`, `join`, and constants of the module.
        """
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else None
        if isinstance(node, ast.JoinedStr):
            return "".join(self._part(part, depth) for part in node.values)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
            return self._text_of_operation(node, depth)
        return self._text_of_call(node, depth) if isinstance(node, ast.Call) else None

    def _part(self, node: ast.AST, depth: int) -> str:
        inner = node.value if isinstance(node, ast.FormattedValue) else node
        if isinstance(inner, ast.Name) and inner.id in self._constants and depth:
            inner = self._constants[inner.id]
        known = self.text(inner, depth - 1) if depth else None
        return known if known is not None else f"{{{ast.unparse(inner)}}}"

    def _text_of_operation(self, node: ast.BinOp, depth: int) -> str | None:
        left, right = self.text(node.left, depth), self.text(node.right, depth)
        if left is None and right is None:
            return None
        if isinstance(node.op, ast.Mod):
            return left
        return self._part(node.left, depth) + self._part(node.right, depth)

    def _text_of_call(self, node: ast.Call, depth: int) -> str | None:
        name = self.path(node.func).rpartition(".")[2]
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        if name == "join" and owner is not None and node.args and isinstance(node.args[0], ast.List | ast.Tuple):
            glue = self.text(owner, depth)
            return None if glue is None else glue.join(self._part(part, depth) for part in node.args[0].elts)
        if name == "format" and owner is not None:
            return self.text(owner, depth)
        return self.text(node.args[0], depth) if name in _SAME_TEXT and node.args else None

    def parts(self, node: ast.expr) -> Iterator[ast.expr]:
        """Yield the expressions whose texts a text is put together from, at every depth."""
        for part in self._own_parts(node):
            inner = part.value if isinstance(part, ast.FormattedValue) else part
            if self.text(inner) is not None:
                yield inner
                yield from self.parts(inner)

    def _own_parts(self, node: ast.expr) -> list[ast.expr]:
        if isinstance(node, ast.JoinedStr):
            return node.values
        if isinstance(node, ast.BinOp):
            return [node.left, node.right] if isinstance(node.op, ast.Add) else [node.left]
        if not isinstance(node, ast.Call):
            return []
        owner = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        listed = node.args[0].elts if node.args and isinstance(node.args[0], ast.List | ast.Tuple) else node.args[:1]
        return owner if self.path(node.func).endswith("format") else [*owner, *listed]


def _is_reference(call: ast.Call) -> bool:
    """Tell whether a call only refers to something: `getattr(x, "y")`, `partial(f, …)`."""
    return ast.unparse(call.func).rpartition(".")[2] in ("getattr", "partial")


@lru_cache(maxsize=1_000)
def names_of(source: Source) -> Names:
    """Return the names of a module."""
    return Names(source)

"""Wrong manifests, made from right ones by seed: a field is misspelt, or has a value of another kind."""

import copy
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

from deploy.k8s.objects import Rendering, name_of

FREE = {
    *("metadata", "labels", "annotations", "matchLabels", "config", "parameters", "data", "requests", "limits"),
    *("selector", "stringData", "acls", "namespaceSelector", "podSelector", "capabilities"),
}
"""Below these, names are the author's own, or an absent one means something: rules and edges judge what they say."""
Path = tuple[str | int, ...]


class Mutation(NamedTuple):
    """One wrong object: where it is wrong, and the object."""

    what: str
    changed: dict[str, Any]


def mutations(manifests: Rendering, seed: int, number: int) -> Iterator[Mutation]:
    """Yield so many wrong objects; the same for the same seed."""
    chance = random.Random(seed)
    objects = [each for each in manifests.objects if "spec" in each]
    kinds = sorted({each["kind"] for each in objects})
    names: set[str] = set()
    while len(names) < number:
        kind = kinds[len(names) % len(kinds)]
        each = copy.deepcopy(chance.choice([each for each in objects if each["kind"] == kind]))
        path = chance.choice(list(_fields(each["spec"], ("spec",))))
        change = chance.choice((_misspell, _retype))
        name = f"{kind} {name_of(each)}: {change.__name__} {'.'.join(map(str, path))}"
        if name not in names:
            names.add(name)
            yield Mutation(name, change(each, path, chance))


def _fields(node: object, path: Path) -> Iterator[Path]:
    """Yield the path of every field whose name a schema knows."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name not in FREE:
                yield (*path, name)
                yield from _fields(value, (*path, name))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _fields(value, (*path, index))


def _holder(each: Any, path: Path) -> Any:
    for step in path[:-1]:
        each = each[step]
    return each


def _misspell(each: Any, path: Path, chance: random.Random) -> Any:
    holder, name = _holder(each, path), str(path[-1])
    at = chance.randrange(1, len(name)) if len(name) > 1 else 0
    holder[name[:at] + name[at + 1 :] + "q"] = holder.pop(path[-1])  # no field of any kind ends like that
    return each


def _retype(each: Any, path: Path, _chance: random.Random) -> Any:
    holder = _holder(each, path)
    value = holder[path[-1]]
    holder[path[-1]] = "text" if isinstance(value, (dict, list, bool, int)) else {"text": value}
    return each

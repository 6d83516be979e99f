"""Every scalar that comes in has limits and is read as it is written: bodies, queries and paths of all routes.

Read from the apps and models themselves. Headers have the server's limits. Pages outside the OpenAPI documents compare
what they are asked for with lists, and refuse in HTML.
"""

import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest
from fastapi import Query
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_dependant
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, JsonValue, StrictBool
from pydantic.fields import FieldInfo

from ilp_shared import scalars
from ilp_shared.models import Frozen, Input
from tests.architecture.test_routes import SERVICES, app_of, children, service_named

Limits = tuple[object, ...]
INSTEAD = "use a type of ilp_shared.scalars"


@dataclass(frozen=True)
class Leaf:
    """One scalar of a door: its place, its type, and what limits it."""

    place: str
    kind: Any
    limits: Limits

    def has(self, *names: str) -> bool:
        """Tell whether one of these limits is set."""
        return any(getattr(limit, name, None) is not None for limit in self.limits for name in names)

    @property
    def strict(self) -> bool:
        """Whether only its own JSON type is taken, or a validator of the shared scalars reads it."""
        return self.read or any(getattr(limit, "strict", None) is True for limit in self.limits)

    @property
    def read(self) -> bool:
        """Whether a validator of the shared scalars reads it: text of queries and paths has no JSON type."""
        return any(map(read_by_scalars, self.limits))


def read_by_scalars(limit: object) -> bool:
    """Tell whether a limit is the reader of a shared scalar."""
    return isinstance(limit, BeforeValidator) and inspect.getmodule(limit.func) is scalars


def flat(limits: Iterable[object]) -> Iterator[object]:
    """Yield limits one by one, those of a `Field` too."""
    for limit in limits:
        if isinstance(limit, FieldInfo):
            yield from limit.metadata
        else:
            yield limit


def leaves(place: str, hint: Any, limits: Limits = ()) -> Iterator[Leaf]:
    """Yield the scalars of a type. An object whose content is checked later (observations, items) is none."""
    origin = get_origin(hint)
    if origin is Annotated:
        inner, *more = get_args(hint)
        yield from leaves(place, inner, (*flat(more), *limits))
    elif origin in (Union, UnionType):
        for choice in get_args(hint):
            yield from leaves(place, choice, limits)
    elif hint == dict[str, JsonValue] or origin is Literal:
        return
    elif origin is not None:
        for inner in get_args(hint):
            yield from leaves(f"{place}/*", inner) if inner is not Ellipsis else ()
    elif inspect.isclass(hint) and issubclass(hint, BaseModel):
        yield from leaves_of(place, hint)
    else:
        yield Leaf(place, hint, limits)


def leaves_of(place: str, model: type[BaseModel]) -> Iterator[Leaf]:
    """Yield the scalars of a model's fields."""
    hints = get_type_hints(model, include_extras=True)
    for name, field in model.model_fields.items():
        yield from leaves(f"{place}/{name}", hints[name], tuple(field.metadata))


def is_bare(leaf: Leaf, *, in_body: bool = True) -> bool:
    """Tell whether a scalar may be of any size, or be read from another JSON type or, outside bodies, spelling."""
    bounded = leaf.has("ge", "gt") and leaf.has("le", "lt")
    strict = leaf.strict if in_body else leaf.read
    if leaf.kind is int:
        return not (bounded and strict)
    if leaf.kind is float:
        return not strict or not (bounded or any(getattr(x, "allow_inf_nan", True) is False for x in leaf.limits))
    if leaf.kind is str:
        return not leaf.has("max_length", "pattern")
    if leaf.kind in (date, datetime, AwareDatetime):
        return not leaf.read
    if leaf.kind is bool:
        return not strict
    return leaf.kind not in (UUID, NoneType)


def bare_in(model: type[BaseModel]) -> set[str]:
    """Return the fields of a model that hold a bare scalar."""
    return {leaf.place for leaf in leaves_of(model.__name__, model) if is_bare(leaf)}


def inputs(base: type[BaseModel] = Input) -> Iterator[type[BaseModel]]:
    """Yield every form of the services."""
    for model in base.__subclasses__():
        if model.__module__.startswith("ilp_"):
            yield model
        yield from inputs(model)


def parameters(dependant: Dependant) -> Iterator[Leaf]:
    """Yield the scalars of a route's query and path, those of its dependencies included."""
    for each in (dependant, *children(dependant)):
        for parameter in (*each.query_params, *each.path_params):
            info = parameter.field_info
            yield from leaves(parameter.name, info.annotation, tuple(info.metadata))


@pytest.mark.parametrize("name", SERVICES)
def test_no_route_takes_a_bare_scalar(name: str) -> None:
    places, bare = 0, set()
    for context in iter_route_contexts(app_of(service_named(name)).routes):
        route = context.original_route
        if isinstance(route, APIRoute) and route.include_in_schema:
            for leaf in parameters(context.dependant):
                places += 1
                if is_bare(leaf, in_body=False):
                    bare.add(f"{context.path} {leaf.place}")
            for body in context.dependant.body_params:
                bare |= {leaf.place for leaf in leaves(f"{context.path}", body.field_info.annotation) if is_bare(leaf)}
    assert places > 3, "the parameters were not found"
    assert bare == set(), INSTEAD


def test_no_form_holds_a_bare_scalar() -> None:
    for name in SERVICES:
        service_named(name)
    forms = set(inputs())
    assert len(forms) > 15, "the forms were not found"
    assert {place for form in forms for place in bare_in(form)} == set(), INSTEAD


class Inner(Frozen):
    """A value inside a form."""

    born: date


class Planted(Input):
    """A form with every kind of bare scalar."""

    day: date
    at: AwareDatetime | None = None
    moment: datetime
    count: int
    lower_only: int = Field(ge=0, strict=True)
    lax: Annotated[int, Field(ge=0, le=9)]
    share: float
    lax_share: Annotated[float, Field(ge=0, le=1)]
    text: str
    texts: tuple[str, ...]
    agreed: bool
    inner: Inner
    choice: str | Literal["x"]
    table: dict[str, str]
    short: Annotated[str | None, Field(min_length=1)] = None


class Innocent(Input):
    """A form with every kind of scalar that a door may take."""

    id: UUID | None = None
    day: scalars.Day
    until: Annotated[scalars.Day | None, Field(alias="to")] = None
    at: scalars.Instant
    version: scalars.Version
    limit: scalars.Limit
    share: scalars.Latitude
    number: scalars.Number
    name: scalars.Name
    areas: tuple[scalars.AreaCode, ...]
    agreed: StrictBool
    sex: Literal["male", "female"]
    observations: dict[str, JsonValue]


def planted_route(
    path: str,
    lax: Annotated[int, Query(ge=0, le=9)],
    strict: Annotated[int, Query(ge=0, le=9, strict=True)],
    endless: Annotated[int | None, Query(ge=0), scalars.WRITTEN_INTEGER] = None,
    day: date | None = None,
) -> None:
    """Take every kind of bare scalar in its query and path."""


def innocent_route(
    record: scalars.RecordId,
    limit: scalars.Limit,
    after: Annotated[scalars.SequenceNumber, Query(description="x")] = 0,
    shard: Annotated[Annotated[int, Field(ge=0, lt=64), scalars.WRITTEN_INTEGER] | None, Query()] = None,
    day: scalars.Day | None = None,
) -> None:
    """Take what a query and a path may hold."""


def test_the_search_finds_a_planted_query_and_path() -> None:
    planted = parameters(get_dependant(path="/{path}", call=planted_route))
    assert {leaf.place for leaf in planted if is_bare(leaf, in_body=False)} == {
        "path", "lax", "strict", "endless", "day",
    }  # fmt: skip
    innocent = list(parameters(get_dependant(path="/{record}", call=innocent_route)))
    assert {leaf.place for leaf in innocent} == {"record", "limit", "after", "shard", "day"}
    assert [leaf.place for leaf in innocent if is_bare(leaf, in_body=False)] == []


def test_the_search_finds_what_is_planted_and_nothing_else() -> None:
    bare = {place.removeprefix("Planted/").split("/")[0] for place in bare_in(Planted)}
    assert bare == set(Planted.model_fields)
    assert bare_in(Innocent) == set()

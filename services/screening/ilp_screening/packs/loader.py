"""Reads the packs and their tables from folders, once, into frozen objects; a damaged pack stops the start.

The only I/O of the screening rules. Each pack is a folder `<code>/<version>` with `pack.yaml` and `golden.yaml`; those
of this package come first, then those of the site's own folder.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from ilp_screening.packs.checks import faults_of
from ilp_screening.packs.errors import PackError
from ilp_screening.packs.golden import failures_of
from ilp_screening.packs.lms_tables import read_lms
from ilp_screening.rules.contents import Choice, Library, ObservationCatalog, Pack
from ilp_screening.rules.forms import Bounds, Observation, SummaryPolicy
from ilp_screening.rules.kinds.every import AnyPack
from ilp_screening.rules.kinds.lms import LmsPack
from ilp_screening.rules.material import Material

_FORM: TypeAdapter[AnyPack] = TypeAdapter(AnyPack)


@lru_cache(maxsize=4)
def load_library(site: Traversable | None = None) -> Library:
    """Return every packaged pack and those of a site's folder; raises PackError with all that is wrong."""
    root = files("ilp_screening.packs")
    actions = {each["code"]: each for each in _yaml(root / "actions.yaml")["actions"]}
    folders = [folder for place in (root, site) if place is not None for folder in _folders(place)]
    places = dict(folders)
    forms = [_form(name, folder, actions) for name, folder in folders]
    catalog = _catalog(_yaml(root / "observations.yaml"), forms)
    policy = _yaml(root / "policy.yaml")
    packs = [
        Pack(form, _material(folder, form, catalog.observations))
        for (_, folder), form in zip(folders, forms, strict=True)
    ]
    library = Library(
        versions=_versions(packs, policy["order"]),
        choices=tuple(Choice.model_validate(each) for each in policy["choices"]),
        catalog=catalog,
        summary=SummaryPolicy.model_validate(_yaml(root / "summary.yaml")),
    )
    known = set() if site is None else {pack.name for pack in load_library().all}
    new = [pack for pack in packs if pack.name not in known]  # the platform's golden cases know no pack of a site
    faults = [f"{pack.name}: {fault}" for pack in new for fault in faults_of(pack)] + _unknown_choices(library)
    if not faults:
        for pack in new:
            cases = _yaml(places[pack.name] / "golden.yaml")["cases"]
            faults += [f"{pack.name}: {failure}" for failure in failures_of(library, pack, cases)]
    if faults:
        raise PackError("; ".join(faults))
    return library


def _folders(place: Traversable) -> Iterator[tuple[str, Traversable]]:
    """Yield the folders of the versions below a place with their names, in the order of these."""
    if not place.is_dir():
        raise PackError(f"{place.name}: no such folder")
    for code in sorted(place.iterdir(), key=lambda each: each.name):
        if code.is_dir() and not code.name.startswith(("_", ".")):
            for version in sorted(code.iterdir(), key=lambda each: each.name):
                if version.is_dir():
                    yield f"{code.name}/{version.name}", version


def _form(name: str, folder: Traversable, actions: Mapping[str, Mapping[str, object]]) -> AnyPack:
    content = _yaml(folder / "pack.yaml")
    for holder in _holders_of_actions(content):
        holder["actions"] = [_resolved(entry, actions) for entry in holder["actions"]]
    try:
        form = _FORM.validate_python(content)
    except ValidationError as error:
        said = (f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors())
        raise PackError(f"{name}/pack.yaml: {'; '.join(said)}") from None
    if f"{form.code}/{form.version}" != name:
        raise PackError(f"{name}/pack.yaml: calls itself {form.code}/{form.version}")
    return form


def _catalog(listed: Mapping[str, Any], forms: Sequence[AnyPack]) -> ObservationCatalog:
    """Return all observations; a code that comes twice must be the same one."""
    observations: dict[str, Observation] = {}
    for each in (*map(Observation.model_validate, listed["observations"]), *(o for f in forms for o in f.observations)):
        if observations.setdefault(each.code, each) != each:
            raise PackError(f"observation {each.code} is introduced twice, and differs")
    ages = {code: Bounds.model_validate(bounds) for code, bounds in listed["ages"].items()}
    return ObservationCatalog(observations, ages, listed["days_per_month"])


def _material(folder: Traversable, form: AnyPack, catalog: Mapping[str, Observation]) -> Material:
    unknown = sorted(form.reads - catalog.keys())
    if unknown:
        raise PackError(f"{form.code}/{form.version}: unknown observations {', '.join(unknown)}")
    tables = read_lms(folder, form.tables) if isinstance(form, LmsPack) else {}
    return Material({code: each for code, each in catalog.items() if code in form.reads}, tables)


def _versions(packs: Sequence[Pack], order: Sequence[str]) -> Mapping[str, Sequence[Pack]]:
    """Return the versions of each pack by its code: first the codes in order, then the others by name."""
    names = [(pack.form.code, pack.form.version) for pack in packs]
    twice = sorted({f"{code}/{version}" for code, version in names if names.count((code, version)) > 1})
    if twice:
        raise PackError(f"more than one {', '.join(twice)}")
    rank = {code: index for index, code in enumerate(order)}
    codes = sorted({code for code, _ in names}, key=lambda code: (rank.get(code, len(order)), code))
    in_order = sorted(packs, key=lambda pack: pack.precedence)
    return {code: tuple(pack for pack in in_order if pack.form.code == code) for code in codes}


def _unknown_choices(library: Library) -> list[str]:
    names = {pack.name for pack in library.all}
    return [
        f"policy.yaml: no pack {each.pack}/{each.version}"
        for each in library.choices
        if f"{each.pack}/{each.version}" not in names
    ]


def _holders_of_actions(node: object) -> Iterator[dict]:  # type: ignore[type-arg]  # raw YAML before validation
    if isinstance(node, dict):
        if "actions" in node:
            yield node
        for child in list(node.values()):
            yield from _holders_of_actions(child)
    elif isinstance(node, list):
        for child in node:
            yield from _holders_of_actions(child)


def _resolved(entry: str | dict[str, object], actions: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
    named: dict[str, object] = {"code": entry} if isinstance(entry, str) else entry
    code = str(named["code"])
    if code not in actions:
        raise PackError(f"unknown action {code}")
    return {**actions[code], **named}


def _yaml(resource: Traversable) -> dict:  # type: ignore[type-arg]  # raw YAML before validation
    try:
        content = yaml.safe_load(resource.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise PackError(f"{resource.name}: {type(error).__name__}") from None
    if not isinstance(content, dict):
        raise PackError(f"{resource.name}: not a mapping")
    return content

"""Models: their bases, the names of those on the wire, batch answers, texts in two languages and sentences."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.rules import (
    SHARED,
    Rule,
    call_of,
    calls,
    classes,
    fields_of,
    text_matching,
    texts,
)
from tests.architecture.sources import Source

SENTENCES = r"Periksa isian yang ditandai|Check the marked fields"
_BATCH = {"BatchResult", "BatchAnswer"}
_OTHER_ENDINGS = (
    *("Out", "In", "Request", "Answer", "Response", "Create", "Read", "Update", "Patch", "DTO", "Dto", "Payload"),
    *("Body", "Schema", "Params", "Filters", "Filter", "Form", "Model"),
)
_WIRE = {"Input", "Output", "Paged", "Receipt"}
_BASES = {"BaseModel", "RootModel", "GenericModel", "BaseSettings"}


def second_batch_forms(source: Source) -> Iterator[int]:
    """Find classes of batch results that are not those of the shared library."""
    for node, bases in classes(source):
        if re.search(r"(Batch|Bulk)\w*(Result|Answer|Outcome|Response)s?$", node.name) and not bases & _BATCH:
            yield node.lineno


def language_twins(source: Source) -> Iterator[int]:
    """Find names that end in a language, classes with one field for each language, and dicts of both by hand."""
    for node in source.walk(ast.Name, ast.arg, ast.keyword, ast.Attribute):
        name = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "arg", None)
        if isinstance(name, str) and re.fullmatch(r"[a-z]\w*_en", name):
            yield getattr(node, "lineno", 0)
    yield from (line for line, text in texts(source) if re.fullmatch(r"[a-z][a-z_]*_en", text))
    yield from (node.lineno for node, _ in classes(source) if {"id", "en"} <= fields_of(node))
    for node in source.walk(ast.Dict):
        if isinstance(node, ast.Dict) and {"id", "en"} == {getattr(key, "value", None) for key in node.keys}:
            yield node.lineno


def own_bases(source: Source) -> Iterator[int]:
    """Find pydantic models with a base or a configuration of their own."""
    for node, bases in classes(source):
        if bases & _BASES or {"frozen", "extra"} & {keyword.arg for keyword in node.keywords}:
            yield node.lineno
        yield from (item.lineno for item in node.body if _configures(item))
    yield from call_of("ConfigDict", "create_model")(source)
    for decorated in source.walk(ast.ImportFrom):
        if isinstance(decorated, ast.ImportFrom) and decorated.module == "pydantic.dataclasses":
            yield decorated.lineno


def _configures(item: ast.stmt) -> bool:
    """Tell whether a statement of a class configures pydantic; settings name their prefix so."""
    if isinstance(item, ast.Assign | ast.AnnAssign):
        target = item.targets[0] if isinstance(item, ast.Assign) else item.target
        is_of_settings = item.value is not None and ast.unparse(item.value).startswith("SettingsConfigDict(")
        return getattr(target, "id", None) == "model_config" and not is_of_settings
    return isinstance(item, ast.ClassDef) and item.name == "Config"


def other_wire_names(source: Source) -> Iterator[int]:
    """Find wire models with endings other than `Input` and `Query`, and those beside the feature's schemas."""
    if source.path.endswith("schemas.py"):
        for node, bases in classes(source):
            if node.name.endswith(_OTHER_ENDINGS) and node.name not in _OTHER_ENDINGS and not bases & _BATCH:
                yield node.lineno
    elif source.path.endswith(("router.py", "service.py")):
        yield from (node.lineno for node, bases in classes(source) if bases & _WIRE)


def languages_by_hand(source: Source) -> Iterator[int]:
    """Find readings of Accept-Language that are not the argument of `preferred_language`."""
    used = {
        id(inner)
        for node, name in calls(source)
        if name == "preferred_language"
        for argument in node.args
        for inner in ast.walk(argument)
    }
    for node in source.walk(ast.Constant, ast.arg):
        name = str(getattr(node, "value", "") or getattr(node, "arg", ""))
        if re.fullmatch(r"(?i)(http_)?accept[-_]language", name) and id(node) not in used:
            yield getattr(node, "lineno", 0)


RULES = (
    Rule(
        "batch answers",
        "subclass http.batches.BatchResult",
        second_batch_forms,
        planted=(
            "class BatchAnswer(Output):\n    pass",
            "class ScreeningBatchResult(Frozen):\n    pass",
            "from x import BatchResult as Base\nclass BatchResult(Other):\n    pass",
            "class BulkOutcome(Output):\n    pass",
            "class BatchResponse(Output):\n    pass",
        ),
        innocent=(
            "class ScreeningBatchResult(BatchResult):\n    pass",
            "class Answers(BatchAnswer[X]):\n    pass",
            "from x import BatchResult as Base\nclass PersonBatchResult(Base):\n    pass",
        ),
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
            "a = {'id': 'Tidak', 'en': 'No'}",
        ),
        innocent=("class A(Output):\n    id: UUID\n    label: Text", "a = text.en"),
        allowed={f"{SHARED}text.py": "the one type"},
    ),
    Rule(
        "the language of an answer",
        "use text.preferred_language(request.headers.get('accept-language'))",
        languages_by_hand,
        planted=(
            "language = 'en' if 'en' in request.headers.get('Accept-Language', '') else 'id'",
            "async def f(language: Annotated[str, Header(alias='accept-language')]) -> None: ...",
            "async def f(accept_language: Annotated[str, Header()]) -> None: ...",
            "header = request.headers['accept-language']",
        ),
        innocent=(
            "language = preferred_language(request.headers.get('accept-language'))",
            "from ilp_shared.text import preferred_language as of\nlanguage = of(headers.get('Accept-Language'))",
        ),
        allowed={f"{SHARED}text.py": "the one rule"},
    ),
    Rule(
        "model bases",
        "use models.Frozen, Input or Output",
        own_bases,
        planted=(
            "class A(BaseModel):\n    pass",
            "A = ConfigDict(frozen=True)",
            "class A(pydantic.BaseModel):\n    pass",
            "from pydantic import BaseModel as Base\nclass A(Base):\n    pass",
            "import pydantic as p\nBase = p.BaseModel\nclass A(Base):\n    pass",
            "class A(Frozen):\n    model_config = {'extra': 'allow'}",
            "class A(Output, extra='allow'):\n    pass",
            "class A(RootModel[list[int]]):\n    pass",
            "A = create_model('A', x=(int, ...))",
            "from pydantic.dataclasses import dataclass",
        ),
        innocent=("def f(form: type[BaseModel]) -> None: ...", "class A(Frozen):\n    pass"),
        allowed={
            f"{SHARED}models.py": "the bases",
            f"{SHARED}settings.py": "the base of settings",
            f"{SHARED}events/base.py": "payloads ignore unknown fields: readers are older than writers",
            f"{SHARED}text.py": "a dataclass, which refuses unknown languages",
        },
    ),
    Rule(
        "names of wire models",
        "call it `X` going out, `XInput` coming in, `XQuery` for a query; in `schemas.py`",
        other_wire_names,
        planted=(
            "class TaskOut(Output):\n    pass",
            "class AreaIn(Input):\n    pass",
            "class RecordRequest(Input):\n    pass",
            "class TaskPayload(Input):\n    pass",
        ),
        innocent=("class TaskInput(Input):\n    pass", "class PersonBatchAnswer(BatchAnswer[X]):\n    pass"),
    ),
    Rule(
        "the sentence of a refusal",
        "use problems.CHECK_FIELDS",
        text_matching(rf"(?i){SENTENCES}"),
        planted=(
            "A = Text('Periksa isian yang ditandai.', 'Look again.')",
            "A = Text('Isian salah.', 'Check the marked fields.')",
            "A = 'Periksa isian ' + 'yang ditandai'",
        ),
        allowed={f"{SHARED}problems.py": "the one sentence"},
    ),
)

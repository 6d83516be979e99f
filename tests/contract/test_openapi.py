"""OpenAPI documents: valid, without a dangling reference, complete, and accepted by a generator of clients."""

import copy
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from openapi_schema_validator import OAS31Validator

from ilp_shared.http.openapi import OPERATIONS
from tests.contract.documents import (
    NAMES,
    Document,
    descriptions,
    document_of,
    faults_of,
    references,
    says_something,
    write_examples,
)

GENERATOR = Path(sys.executable).parent / "openapi-python-client"


@pytest.mark.parametrize("name", NAMES)
def test_each_document_is_valid(name: str) -> None:
    assert faults_of(document_of(name)) == []


def test_a_reference_that_leads_nowhere_is_found() -> None:
    document = copy.deepcopy(document_of("registry"))
    document["components"]["schemas"]["Problem404"]["properties"]["errors"]["items"]["$ref"] = "#/$defs/FieldError"
    assert faults_of(document) == ["dangling reference #/$defs/FieldError"]
    document = copy.deepcopy(document_of("registry"))
    del document["components"]["schemas"]["FieldError"]
    assert faults_of(document) == ["dangling reference #/components/schemas/FieldError"]


def test_what_the_specification_forbids_is_found() -> None:
    document = copy.deepcopy(document_of("registry"))
    del document["info"]["title"]
    assert faults_of(document) == ['"title" is a required property']


@pytest.mark.parametrize("name", NAMES)
def test_a_generator_of_clients_accepts_each_document(name: str, tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_bytes(orjson.dumps(document_of(name)))
    (tmp_path / "config.yaml").write_text("post_hooks: []\n")
    files = ["--path", "openapi.json", "--config", "config.yaml", "--output-path", "client"]
    command = [str(GENERATOR), "generate", *files, "--meta", "none", "--fail-on-warning"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    schemas = {reference.rpartition("/")[2] for reference in references(document_of(name))}
    assert len(list((tmp_path / "client" / "models").glob("*.py"))) > len(schemas) / 2


def test_a_write_without_a_token_may_be_refused_for_its_rate() -> None:
    paths = document_of("screening")["paths"]
    refusals = {status for status in paths["/v1/evaluations"]["post"]["responses"] if status.startswith("4")}
    assert "429" in refusals
    assert refusals.isdisjoint({"401", "403"})
    assert "429" not in paths["/v1/packs"]["get"]["responses"]


@pytest.mark.parametrize("name", NAMES)
def test_each_operation_names_the_refusals_of_its_door(name: str) -> None:
    wrong = []
    for path, operations_of_path in document_of(name)["paths"].items():
        for method, operation in operations_of_path.items():
            if path.startswith("/health"):
                continue
            doors = {"401", "403", "429"} & set(operation["responses"])
            # An anonymous write is limited by its address; an anonymous read is not.
            limited = {"429"} if method != "get" else set()
            expected = limited if "security" in operation else {"401", "403", "429"}
            if doors != expected:
                wrong.append(f"{method} {path}: {sorted(doors)}")
    assert wrong == []


@pytest.mark.parametrize("name", NAMES)
def test_the_two_answers_of_the_feed_are_told_apart(name: str) -> None:
    document = document_of(name)
    answer = document["paths"]["/v1/events"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    page, events = answer["oneOf"]
    assert "anyOf" not in answer
    assert page == {"$ref": "#/components/schemas/FeedPage"}
    assert (events["type"], events["items"]) == ("array", {"$ref": "#/components/schemas/FeedEvent"})
    assert "Tanpa `shard`" in answer["description"]
    assert "dengan `shard`" in events["description"]
    schemas = document["components"]["schemas"]
    for form, when in (("FeedPage", "tanpa"), ("CloudEvent", "tanpa"), ("FeedEvent", "dengan")):
        assert f"{when} `shard`" in schemas[form]["description"], form


@pytest.mark.parametrize("name", NAMES)
def test_each_tag_is_described_in_the_order_of_a_newcomer(name: str) -> None:
    document = document_of(name)
    used = {tag for operation in operations(document) for tag in operation["tags"]}
    tags = document["tags"]
    assert {tag["name"] for tag in tags} == used
    assert tags[-1]["name"] == OPERATIONS
    assert [tag["name"] for tag in tags if " / " not in tag["description"]] == []


@pytest.mark.parametrize("name", NAMES)
def test_each_refusal_names_the_types_that_it_can_have(name: str) -> None:
    document = document_of(name)
    for operation in operations(document):
        for status, response in operation["responses"].items():
            if int(status) < 400 or "application/problem+json" not in response["content"]:
                continue
            reference = response["content"]["application/problem+json"]["schema"]["$ref"]
            problem = document["components"]["schemas"][reference.rpartition("/")[2]]["properties"]
            assert problem["status"]["const"] == int(status)
            assert problem["type"]["enum"]
            assert all(kind.startswith("urn:ilp:problem:") for kind in problem["type"]["enum"])


@pytest.mark.parametrize("name", NAMES)
def test_everything_is_described_in_both_languages_and_no_name_is_merely_repeated(name: str) -> None:
    every = list(descriptions(document_of(name)))
    assert len(every) > 50
    assert [f"{place}: {field}: {text}" for place, field, text in every if not says_something(field, text)] == []


def test_each_body_has_an_example_that_fits_its_schema() -> None:
    for name in NAMES:
        document = document_of(name)
        validator = OAS31Validator({**document, "$ref": "#/components/schemas/ProblemDocument"})
        for method, path, example in write_examples(document):
            assert example is not None, f"{name}: {method} {path} has no example"
            body = document["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
            named = (
                body.get("examples") or document["components"]["schemas"][body["$ref"].rpartition("/")[2]]["examples"]
            )
            assert named == [example], f"{name}: {method} {path} shows its example where no tool looks"
            faults = validator.evolve(schema={**document, **body}).iter_errors(example)
            assert [error.message for error in faults] == [], f"{name}: {method} {path}"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("birth_date", None),
        ("birth_date", "Tanggal lahir"),
        ("birth_date", "Tanggal lahir / the birth date"),
        ("birth_date", " / day of birth"),
    ],
)
def test_a_description_that_says_nothing_is_found(name: str, text: str | None) -> None:
    assert not says_something(name, text)
    assert says_something(name, "Tanggal lahir / day on which the person was born")


def operations(document: Document) -> list[Document]:
    """Return every operation of a document."""
    return [operation for path in document["paths"].values() for operation in path.values()]

"""One sentence in two languages: as a field of models, in JSON, and in data files."""

import pytest
import yaml
from pydantic import ValidationError

from ilp_shared.models import Frozen
from ilp_shared.text import Text, preferred_language


class _Label(Frozen):
    label: Text
    hint: Text | None = None


def test_json_has_one_field_with_both_languages() -> None:
    label = _Label(label=Text("Berat badan", "Weight"))
    assert label.model_dump(mode="json", exclude_none=True) == {"label": {"id": "Berat badan", "en": "Weight"}}
    assert _Label.model_validate_json(label.model_dump_json()) == label


def test_a_data_file_is_read_the_same_way() -> None:
    document = yaml.safe_load("label: {id: Berat badan, en: Weight}\nhint:\n  id: dalam kg\n  en: in kg\n")
    label = _Label.model_validate(document)
    assert (label.label, label.hint) == (Text("Berat badan", "Weight"), Text("dalam kg", "in kg"))


@pytest.mark.parametrize(
    "label",
    [{"id": "Berat"}, {"en": "Weight"}, {"id": "a", "en": "b", "jv": "c"}, "Berat", ["Berat", "Weight"], {}, None],
    ids=str,
)
def test_a_text_has_both_languages_and_no_third(label: object) -> None:
    with pytest.raises(ValidationError):
        _Label.model_validate({"label": label})


def test_the_schema_documents_both_languages() -> None:
    schema = _Label.model_json_schema()["$defs"]["Text"]
    assert schema["required"] == ["id", "en"]
    assert schema["additionalProperties"] is False


def test_placeholders_are_filled_in_both_languages() -> None:
    text = Text("{n} anak", "{n} children").format(n=3)
    assert text == Text("3 anak", "3 children")
    assert (text.pick("id"), text.pick("en"), text.both) == ("3 anak", "3 children", "3 anak / 3 children")


def test_a_text_is_a_value() -> None:
    assert {Text("a", "b"), Text("a", "b")} == {Text("a", "b")}
    with pytest.raises(AttributeError):
        Text("a", "b").id = "c"  # type: ignore[misc]  # that is what is refused


LANGUAGES = {"": "id", "en": "en", "en-GB,id": "en", "id,en": "id", "in": "id", "de,en": "en", "*": "id", None: "id"}


@pytest.mark.parametrize(("header", "language"), LANGUAGES.items())
def test_english_only_when_it_is_preferred(header: str | None, language: str) -> None:
    assert preferred_language(header) == language

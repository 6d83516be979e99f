"""Refusals of the registry beyond the shared ones."""

from uuid import UUID

from ilp_shared.problems import Conflict, FieldError, InvalidInput, ProblemDocument
from ilp_shared.text import Language, Text

_REPEATED = Text(
    "Id ini sudah dipakai butir lain dalam kiriman ini.", "Another item of this submission already has this id."
)
_INPUT = Text("Periksa isian yang ditandai, lalu kirim lagi.", "Check the marked fields and send again.")


class ExistingDocument(ProblemDocument):
    """A conflict that names the record already there, when this account may know of it."""

    existing_id: UUID | None


class AlreadyStored(Conflict):
    """The same thing is stored already."""

    slug = "already-stored"

    def __init__(
        self, detail: Text, existing_id: UUID | None = None, *, errors: list[FieldError] | None = None
    ) -> None:
        super().__init__(detail, errors=errors)
        self.existing_id = existing_id

    def document(
        self, language: Language, *, instance: str | None = None, trace_id: str | None = None
    ) -> ProblemDocument:
        """Render with the id of the existing record."""
        plain = super().document(language, instance=instance, trace_id=trace_id)
        return ExistingDocument(**plain.model_dump(), existing_id=self.existing_id)


def repeated_id(existing_id: UUID | None) -> AlreadyStored:
    """Return the refusal of an item whose id an earlier item of its batch has; the id only if that one was stored."""
    fault = FieldError(pointer="/id", code="repeated_id", message=_REPEATED.id, message_en=_REPEATED.en)
    return AlreadyStored(_REPEATED, existing_id, errors=[fault])


def bad_field(pointer: str, code: str, text: Text) -> InvalidInput:
    """Return the refusal of one field; the text never repeats its value."""
    return InvalidInput(_INPUT, errors=[FieldError(pointer=pointer, code=code, message=text.id, message_en=text.en)])

"""The bases of event payloads. Readers ignore unknown fields, because payloads grow inside a major version."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class EventPart(BaseModel):
    """A value inside a payload."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class EventData(EventPart):
    """Payload of one event type. Nothing in it identifies a person except a random `person_id`."""

    TYPE: ClassVar[str]
    """`ilp.<domain>.<past-tense>.v<major>`"""

"""How the clients of a process prove who they are to Kafka, and how Kafka proves it to them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pydantic import SecretStr

from ilp_shared.settings import KafkaProtocol, ServiceSettings
from ilp_shared.tls import verifying


@dataclass(frozen=True, slots=True)
class Security:
    """Protocol, certificates and account, as a service's settings say them; files are read when a client is made."""

    protocol: KafkaProtocol = "PLAINTEXT"
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    mechanism: str = "SCRAM-SHA-512"
    username: str = ""
    password: SecretStr | None = None

    @classmethod
    def of(cls, settings: ServiceSettings) -> Self:
        """Return what a service's settings say."""
        return cls(
            settings.kafka_security_protocol,
            settings.kafka_ca_file,
            settings.kafka_certificate_file,
            settings.kafka_key_file,
            settings.kafka_sasl_mechanism,
            settings.kafka_username,
            settings.kafka_password,
        )

    def options(self) -> dict[str, Any]:
        """Return the options of aiokafka for any client; raises OSError where a file of certificates is missing."""
        if self.protocol == "PLAINTEXT":
            return {}
        context = verifying(self.ca, self.certificate, self.key)
        options: dict[str, Any] = {"security_protocol": self.protocol, "ssl_context": context}
        if self.password is not None:
            options["sasl_mechanism"] = self.mechanism
            options["sasl_plain_username"] = self.username
            options["sasl_plain_password"] = _PresentPassword(self.password)
        return options


class _PresentPassword(str):
    """The password as it is at the moment of a connection: aiokafka keeps this object and encodes it each time."""

    __slots__ = ("_secret",)
    _secret: SecretStr

    def __new__(cls, secret: SecretStr) -> Self:
        """Hold the secret, and no text."""
        password = super().__new__(cls)
        password._secret = secret
        return password

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """Return the password of now."""
        return self._secret.get_secret_value().encode(encoding, errors)

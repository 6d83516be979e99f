"""Events and logs of a run are pseudonymous health data: no other account of the machine reads them."""

import stat

from tests.support.platform import Platform


async def test_kafka_and_logs_are_private(platform: Platform) -> None:
    data = platform.data
    for folder in (data / "logs", data / "kafka"):
        if folder.exists():  # Kafka may be somewhere else
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder
    logs = list((data / "logs").iterdir())
    assert logs
    assert [log.name for log in logs if stat.S_IMODE(log.stat().st_mode) & 0o077] == []

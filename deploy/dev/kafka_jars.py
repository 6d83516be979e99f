"""The download of Apache Kafka's jars, by exact coordinate, into a cache that all clones of this user share.

Maven's own resolver made the list with sha256 (Kafka 4.3.1 with log4j 2.25.3); it is not resolved again here: jgo
only downloads single files. A file enters the cache by rename after its hash was checked, so a cut download leaves no
half file.
"""

from __future__ import annotations

import csv
import hashlib
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from deploy.dev.failure import StartError, explain

LIST = Path(__file__).with_name("kafka_4.3.1_jars.tsv")
THREADS = 8
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Jar:
    """One line of the list."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def filename(self) -> str:
        """Name in the cache and on the class path."""
        return f"{self.artifact}-{self.version}.jar"


def jars(path: Path = LIST) -> list[Jar]:
    """Return the committed list, in order."""
    with path.open(newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return [Jar(row["group"], row["artifact"], row["version"], row["sha256"]) for row in rows]


def is_intact(jar: Jar, file: Path) -> bool:
    """Tell whether the cached file exists and has the listed hash."""
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest() == jar.sha256
    except OSError:
        return False


def fetch_jars(folder: Path, progress: Progress | None = None) -> list[Path]:
    """Return Kafka's class path; fetch what is missing (blocks, 8 threads). Raises StartError."""
    listed = jars()
    folder.mkdir(parents=True, exist_ok=True)
    missing = [jar for jar in listed if not is_intact(jar, folder / jar.filename)]
    if missing:
        draft = Path(tempfile.mkdtemp(prefix=".fetch-", dir=folder))
        try:
            _fetch_all(missing, folder, draft, progress)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return [folder / jar.filename for jar in listed]


def _fetch_all(missing: list[Jar], folder: Path, draft: Path, progress: Progress | None) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        futures = [pool.submit(_fetch, jar, folder, draft) for jar in missing]
        try:
            for done, future in enumerate(as_completed(futures), 1):
                future.result()
                if progress is not None:
                    progress(done, len(missing))
        except StartError:
            pool.shutdown(cancel_futures=True)
            raise


def _fetch(jar: Jar, folder: Path, draft: Path) -> None:
    from jgo.maven import MavenContext

    context = MavenContext(repo_cache=draft, local_repos=[], timeout=60)
    for attempt in (1, 2):
        try:
            artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact()
            file = Path(artifact.resolve())
        except OSError as error:  # requests' errors are OSErrors, and so is a full disk
            if attempt == 2 or error.errno is not None:
                raise _unavailable(jar, error) from error
            shutil.rmtree(draft / Path(*jar.group.split("."), jar.artifact), ignore_errors=True)
        except (RuntimeError, ValueError, AssertionError) as error:
            raise _unavailable(jar, error) from error
        else:
            break
    if not is_intact(jar, file):
        raise StartError(f"{jar.filename}: sha256 tidak cocok, tidak dipakai / wrong sha256, not used")
    file.replace(folder / jar.filename)


def _unavailable(jar: Jar, error: Exception) -> StartError:
    if isinstance(error, OSError) and error.errno is not None:
        return explain(error)
    if _refuses_certificate(error):
        return StartError(
            f"Kafka tidak terunduh ({jar.filename}): sertifikat tidak dikenal, mungkin dari proksi; isi"
            " REQUESTS_CA_BUNDLE dengan berkas CA-nya / cannot download Kafka: the certificate is not trusted,"
            " perhaps that of a proxy; set REQUESTS_CA_BUNDLE to the file of its CA"
        )
    return StartError(
        f"Kafka tidak terunduh ({jar.filename}): periksa jaringan lalu ulangi, atau isi ILP_KAFKA_BOOTSTRAP"
        " / cannot download Kafka: check the network and try again, or set ILP_KAFKA_BOOTSTRAP"
    )


def _refuses_certificate(error: BaseException) -> bool:
    """Tell whether an error, or one that led to it, is that a certificate was not accepted."""
    from requests.exceptions import SSLError

    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, SSLError):
        cause = cause.__cause__ or cause.__context__
    return cause is not None

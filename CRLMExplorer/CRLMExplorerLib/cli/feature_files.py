"""The files that a run of radiomics leaves: tidy table, wide table and provenance.

``features.csv`` has ``features.wide.csv`` and ``features.provenance.json`` beside it. The tidy CSV
grows a patient at a time; everything else appears when it is whole.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.files import written_whole
from CRLMExplorerLib.radiomics.case_extraction import CaseExtraction
from CRLMExplorerLib.radiomics.parameters import Parameters
from CRLMExplorerLib.radiomics.provenance import Provenance, case_facts
from CRLMExplorerLib.radiomics.table import (
    COLUMNS,
    NO_PARQUET,
    csv_text,
    joined,
    tidy,
    wide,
    write_table,
)
from CRLMExplorerLib.review.extraction import now

if TYPE_CHECKING:
    from CRLMExplorerLib.cohort.clinical import ClinicalTable


class FeaturesNotWritten(CRLMExplorerError):
    """A table cannot be written; what was there stays."""


class FeatureFiles:
    """The files of one run; a context manager, which drops what is not whole.

    Parameters
    ----------
    file
        The tidy table, ``.csv`` or ``.parquet``.
    parameters
        What the features are extracted with.
    clinical
        Records for the wide table.
    resume
        Go on with a file of the same parameters that is there; else it must not be there.

    Raises
    ------
    FeaturesNotWritten
        If there is another table, or the files cannot be written.
    """

    def __init__(
        self, file: Path, parameters: Parameters, clinical: ClinicalTable | None, resume: bool
    ) -> None:
        self.tidy_file = file
        self.wide_file = file.with_name(f"{file.stem}.wide{file.suffix}")
        self.provenance_file = file.with_name(f"{file.stem}.provenance.json")
        self._clinical = clinical
        self._provenance = Provenance(parameters, now(), "", ())
        self._wide: list[pd.DataFrame] = []
        self._patients: list[dict[str, Any]] = []
        self._open_files = ExitStack()
        if file.exists():
            self._require_same(resume)

    def __enter__(self) -> FeatureFiles:
        with _explained(self.provenance_file):
            self._write_provenance()
        with _explained(self.tidy_file):
            self._tidy: _GrowingCsv | _Parquet
            if self.tidy_file.suffix.lower() == ".csv":
                self._tidy = _GrowingCsv(self.tidy_file)
            else:
                self._tidy = self._open_files.enter_context(_parquet(self.tidy_file))
        return self

    def __exit__(self, *error: object) -> None:
        with _explained(self.tidy_file):
            self._open_files.__exit__(*error)  # type: ignore[arg-type]

    def add(self, case: CaseExtraction) -> None:
        """Take in the next patient; in a CSV file their rows are on disk when this returns."""
        with _explained(self.tidy_file):
            self._tidy.add(tidy(case, self._provenance.parameters.settings))
        self._wide.append(wide(case))
        self._patients.append(case_facts(case))

    def finish(self) -> None:
        """Write what could not be written before all patients were in."""
        with _explained(self.tidy_file):
            self._tidy.finish()
        table = joined(self._wide, self._clinical)
        with _explained(self.wide_file), written_whole(self.wide_file) as temporary:
            write_table(table, temporary)
        self._provenance = replace(self._provenance, ended=now(), patients=self._patients)
        with _explained(self.provenance_file):
            self._write_provenance()

    def _write_provenance(self) -> None:
        with written_whole(self.provenance_file) as temporary:
            temporary.write_text(self._provenance.text(), encoding="utf-8")

    def _require_same(self, resume: bool) -> None:
        if not resume:
            raise FeaturesNotWritten(
                f"{self.tidy_file} is there already: name another file, or say --resume to go on "
                "with it."
            )
        try:
            facts = json.loads(self.provenance_file.read_text(encoding="utf-8"))
            found = facts["parameters"]["sha256"]
        except (OSError, ValueError, KeyError, TypeError):
            raise FeaturesNotWritten(
                f"{self.tidy_file} cannot be gone on with: expected {self.provenance_file.name} "
                "beside it, which says what it was extracted with. Name another file."
            ) from None
        if found != self._provenance.parameters.sha256:
            raise FeaturesNotWritten(
                f"{self.tidy_file} was extracted with other parameters or regions: name another "
                "file for these."
            )


class _GrowingCsv:
    """A CSV file that is gone over as long as it says the same, and written from there."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._length = 0
        file.touch()
        self._write(",".join(COLUMNS) + "\r\n")

    def add(self, table: pd.DataFrame) -> None:
        self._write(csv_text(table, header=False))

    def finish(self) -> None:
        os.truncate(self._file, self._length)

    def _write(self, text: str) -> None:
        content = text.encode()
        with self._file.open("r+b") as stream:
            if stream.seek(0, os.SEEK_END) < self._length:
                raise FeaturesNotWritten(f"{self._file} is written to by another run as well.")
            stream.seek(self._length)
            if stream.read(len(content)) != content:
                stream.seek(self._length)
                stream.truncate()
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
        self._length += len(content)


class _Parquet:
    """A Parquet file that takes in a patient at a time."""

    def __init__(self, file: Path) -> None:
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter

        kinds = {"revision": pa.int64(), "value": pa.float64()}
        self._schema = pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS])
        self._writer = ParquetWriter(file, self._schema)

    def add(self, table: pd.DataFrame) -> None:
        import pyarrow as pa

        self._writer.write_table(
            pa.Table.from_pandas(table, schema=self._schema, preserve_index=False)
        )

    def finish(self) -> None:
        self._writer.close()


@contextmanager
def _parquet(file: Path) -> Iterator[_Parquet]:
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise FeaturesNotWritten(NO_PARQUET) from error
    with written_whole(file) as temporary:
        yield _Parquet(temporary)


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FeaturesNotWritten(
            f"{file} cannot be written: {error.strerror or error}. The patients that are done are "
            "kept; run it again with --resume to go on."
        ) from error

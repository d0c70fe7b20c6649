"""Commands on radiomics: extract the features of patients' regions, compare two tables of them."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from CRLMExplorerLib.cli.options import Clinical, Database, Json, clinical_table
from CRLMExplorerLib.cli.output import console, errors, print_json, print_table, progress_bar

if TYPE_CHECKING:
    from CRLMExplorerLib.radiomics.case_extraction import CaseExtraction
    from CRLMExplorerLib.radiomics.parameters import Parameters
    from CRLMExplorerLib.radiomics.region import Region
    from CRLMExplorerLib.review.batch import Workers

_EXTRACT = "extract"
_DEFAULT_PARAMETERS = "portal-venous"
_SHOWN = ("patient_id", "region", "filter", "feature_class", "feature", "value", "unit")
_DIFFERENCES_SHOWN = 20


class _ExtractsByDefault(TyperGroup):
    """A group whose command ``extract`` need not be named: ``radiomics PATIENT`` is enough."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        named = bool(args) and args[0] in self.commands
        return super().parse_args(ctx, args if named else [_EXTRACT, *args])


app = typer.Typer(
    cls=_ExtractsByDefault,
    help="Extract radiomic features; `radiomics compare A B` compares two tables.",
    rich_markup_mode=None,
)


@app.command(_EXTRACT)
def extract(
    database: Database,
    patients: Annotated[list[str] | None, typer.Argument(help="PatientIDs.")] = None,
    all_patients: Annotated[bool, typer.Option("--all", help="Every patient.")] = False,
    parameters: Annotated[
        str,
        typer.Option(
            "--parameters",
            metavar="FILE",
            help="pyradiomics' parameter file with regions, or the name of one that comes along.",
        ),
    ] = _DEFAULT_PARAMETERS,
    regions: Annotated[
        list[str] | None,
        typer.Option(
            "--regions",
            metavar="NAME=EXPRESSION",
            help="A region instead of the file's, e.g. 'rim=liver - tumors'. May be repeated.",
        ),
    ] = None,
    clinical: Clinical = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE.csv|.parquet",
            help="Write a row a value; beside it a wide table with the clinical record "
            "(FILE.wide) and where it comes from (FILE.provenance.json).",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Worker processes, each with one patient in memory; by default one a core.",
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="A Dask cluster of your own instead, e.g. tcp://127.0.0.1:8786. It is sent the "
            "database's path and the parameters, and returns features; it must have this program, "
            "and its workers see the same files. Start them with --nthreads 1, for one patient in "
            "memory each.",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the file of a run that was stopped.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Extract also what was extracted before.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Extract radiomic features of patients' regions, by pyradiomics' definitions.

    What was extracted before from the same images with the same parameters is taken from the
    database's folder. `radiomics compare A B` compares two tables.
    """
    if bool(patients) == all_patients:
        raise typer.BadParameter("Name patients, or say --all.")
    if resume and not out:
        raise typer.BadParameter("--resume needs the --out to go on with.")
    if workers and scheduler:
        raise typer.BadParameter("--workers are this machine's; a --scheduler has its own.")
    from CRLMExplorerLib.cli.feature_files import FeatureFiles
    from CRLMExplorerLib.dicom.database import CtkDatabase
    from CRLMExplorerLib.radiomics.provenance import Provenance, case_facts
    from CRLMExplorerLib.radiomics.table import SUFFIXES
    from CRLMExplorerLib.review.batch import Task, extract_patients
    from CRLMExplorerLib.review.extraction import now

    if out and out.suffix.lower() not in SUFFIXES:
        raise typer.BadParameter(f"--out is {out}, expected a file {' or '.join(SUFFIXES)}.")
    wanted = _parameters(parameters, regions or ())
    table = clinical_table(clinical)
    with CtkDatabase.open(database) as opened:
        folder = opened.directory
        ids = list(dict.fromkeys(patients or [one.patient_id for one in opened.patients()]))
    crew, cores = _workers(scheduler, workers, len(ids))
    tasks = [Task(folder, patient_id, wanted, cores) for patient_id in ids]
    files = FeatureFiles(out, wanted, table, resume) if out else None
    started = now()
    done = failures = 0
    kept: list[CaseExtraction] = []
    try:
        with files or nullcontext(), progress_bar("Extracting") as progress:
            for case in extract_patients(tasks, crew, progress, again):
                done += 1
                failures += bool(case.failure)
                _say(case)
                if files:
                    files.add(case)
                if as_json or not files:
                    kept.append(case)
            if files:
                files.finish()
    except KeyboardInterrupt:
        errors.print(
            f"crlm-explorer: Cancelled: {done} of {len(ids)} patients are done and kept. The same "
            f"command{' with --resume' if out else ''} goes on from there.",
            style="bold red",
        )
        raise typer.Exit(1) from None
    if as_json:
        provenance = Provenance(wanted, started, now(), [case_facts(case) for case in kept])
        print_json({"features": _rows(kept, wanted), **provenance.facts()})
    elif files:
        console.print(
            f"{len(ids) - failures} of {len(ids)} patients in {files.tidy_file}, with "
            f"{files.wide_file.name} and {files.provenance_file.name}"
        )
    else:
        rows = [[_cell(row[name]) for name in _SHOWN] for row in _rows(kept, wanted)]
        print_table("Features", _SHOWN, rows)
    if failures:
        raise typer.Exit(1)


@app.command("compare")
def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="A table of features, CSV or Parquet.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
    tolerance: Annotated[
        float, typer.Option(min=0, help="Relative difference up to which values are the same.")
    ] = 1e-9,
    as_json: Json = False,
) -> None:
    """Compare two tables of features; ends with 1 unless rows and values are the same."""
    from CRLMExplorerLib.radiomics.difference import KEY, compare_tables
    from CRLMExplorerLib.radiomics.table import read_tidy

    found = compare_tables(read_tidy(a), read_tidy(b), tolerance)
    if as_json:
        print_json({**asdict(found), "tolerance": tolerance, "is_equal": found.is_equal})
    else:
        counts = (
            ("the same", found.equal),
            ("different", len(found.different)),
            (f"only in {a.name}", len(found.only_a)),
            (f"only in {b.name}", len(found.only_b)),
        )
        print_table(f"Values, to {tolerance:g}", ("", "values"), counts)
        console.print(f"Largest relative difference: {found.largest_relative:.3g}")
        unlike = [*found.different, *found.only_a, *found.only_b]
        if unlike:
            title = f"The first {_DIFFERENCES_SHOWN}" if len(unlike) > _DIFFERENCES_SHOWN else ""
            names = (*KEY, "a", "b", "relative")
            rows = [
                [_cell(getattr(one, name)) for name in names] for one in unlike[:_DIFFERENCES_SHOWN]
            ]
            print_table(title, names, rows)
    if not found.is_equal:
        raise typer.Exit(1)


def _parameters(named: str, regions: Sequence[str]) -> Parameters:
    """The parameters of a file, or of the name of a shipped one, with the regions asked for."""
    from CRLMExplorerLib.radiomics.shipped import parameters_named

    found = parameters_named(named)
    return replace(found, regions=tuple(map(_region, regions))) if regions else found


def _region(text: str) -> Region:
    """A region from ``NAME=EXPRESSION``, or from an expression that is its own name."""
    from CRLMExplorerLib.radiomics.regions import checked_region

    # A label in quotes may have any sign in it.
    named = re.fullmatch(r"""([^='"]+)=(.*)""", text, re.DOTALL)
    return checked_region(*(named.groups() if named else ("", text)))


def _workers(scheduler: str | None, count: int | None, patients: int) -> tuple[Workers, int]:
    """Where to extract, and how many cores a patient has there."""
    if scheduler:
        from CRLMExplorerLib.review.cluster_workers import ClusterWorkers

        return ClusterWorkers(scheduler), 1
    from CRLMExplorerLib.review.local_workers import LocalWorkers

    count = count or os.cpu_count() or 1
    at_once = max(1, min(count, patients))
    return LocalWorkers(at_once), count // at_once


def _say(case: CaseExtraction) -> None:
    """Say on standard error what a patient did not give, and what is wrong with the images."""
    patient_id = case.origin.patient_id
    if case.failure:
        errors.print(f"crlm-explorer: {patient_id}: {case.failure}", style="bold red")
        return
    for omission in case.extraction.omissions:
        where = ", ".join(filter(None, (patient_id, omission.region, omission.filter)))
        errors.print(f"{where}: {omission.reason}", style="yellow")
    for finding in case.findings:
        errors.print(f"{patient_id}: {finding.message}", style="yellow")


def _rows(cases: Sequence[CaseExtraction], parameters: Parameters) -> list[dict[str, Any]]:
    """The tidy table's rows; what is no number is None."""
    from pandas import isna

    from CRLMExplorerLib.radiomics.table import tidy

    return [
        {str(name): None if isna(cell) else cell for name, cell in row.items()}
        for case in cases
        for row in tidy(case, parameters.settings).to_dict("records")
    ]


def _cell(value: object) -> object:
    return f"{value:.6g}" if isinstance(value, float) else value

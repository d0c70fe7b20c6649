"""The command from features to outcome: what goes with survival in the cohort."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from CRLMExplorerLib.cli.cohort import print_curves
from CRLMExplorerLib.cli.options import Json, clinical_table
from CRLMExplorerLib.cli.output import (
    console,
    errors,
    print_json,
    print_table,
    progress_bar,
    write_csv,
)
from CRLMExplorerLib.cohort.endpoint import Endpoint

if TYPE_CHECKING:
    from CRLMExplorerLib.cohort.clinical import ClinicalTable
    from CRLMExplorerLib.cohort.cox import CoxRow, CoxTable
    from CRLMExplorerLib.cohort.features import FeatureTable

_PRINTED_ROWS = 50


def outcome(
    clinical: Annotated[
        Path, typer.Option("--clinical", "-c", help="The clinical spreadsheet (xlsx or CSV).")
    ],
    features: Annotated[
        Path | None,
        typer.Option("--features", help="Features that `radiomics` wrote (CSV or Parquet)."),
    ] = None,
    endpoint: Annotated[
        list[Endpoint] | None,
        typer.Option("--endpoint", help="Endpoint, more by repeating; all by default."),
    ] = None,
    variable: Annotated[
        list[str] | None,
        typer.Option("--variable", help="Column or feature, more by repeating; all by default."),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option("--split", help="Kaplan–Meier curves of a variable split at its median."),
    ] = None,
    as_json: Json = False,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help="Write the regressions as CSV.")
    ] = None,
    png: Annotated[Path | None, typer.Option("--png", help="Draw the curves of --split.")] = None,
) -> None:
    """Which variables go with survival: Cox regression of each alone, p adjusted after
    Benjamini–Hochberg, concordance; or the curves of one variable, split at its median."""
    if split and (variable or csv_file):
        raise typer.BadParameter("--split draws curves: leave out --variable and --csv.")
    if png and not split:
        raise typer.BadParameter("--png draws the curves of --split: name a variable to split.")
    table = clinical_table(clinical)
    extracted = _features(features, table)
    if split:
        _split(table, extracted, endpoint or list(Endpoint), split, as_json, png)
    else:
        _associate(table, extracted, endpoint or list(Endpoint), variable or [], as_json, csv_file)


def _features(file: Path | None, table: ClinicalTable) -> FeatureTable | None:
    if file is None:
        return None
    from CRLMExplorerLib.cohort.features import read_features

    features = read_features(file, table)
    for finding in features.findings:
        errors.print(f"{file.name}: {finding.message}", style="yellow")
    return features


def _associate(
    table: ClinicalTable,
    features: FeatureTable | None,
    endpoints: list[Endpoint],
    names: list[str],
    as_json: bool,
    csv_file: Path | None,
) -> None:
    from CRLMExplorerLib.cohort.cox import EXPLORATORY, univariate_cox
    from CRLMExplorerLib.cohort.variables import variables_of

    variables = variables_of(table, features, names)
    tables = []
    for endpoint in endpoints:
        with progress_bar(endpoint.label) as progress:
            tables.append(univariate_cox(table, endpoint, variables, progress))
    rows = [_facts(cox, row) for cox in tables for row in cox.by_p()]
    if csv_file:
        write_csv(csv_file, list(rows[0]), rows)
    if as_json:
        print_json({"note": EXPLORATORY, "associations": rows})
        return
    for cox in tables:
        _print_cox(cox)
    console.print(EXPLORATORY)


def _facts(cox: CoxTable, row: CoxRow) -> dict[str, object]:
    return {"endpoint": cox.endpoint.value, **asdict(row)}


def _print_cox(cox: CoxTable) -> None:
    rows = cox.by_p()
    print_table(
        f"{cox.endpoint.label}  (univariate Cox, Wald; q after Benjamini–Hochberg)",
        ("variable", "hazard ratio", "n", "events", "HR", "95 % from", "to", "p", "q", "c-index"),
        [
            (
                row.variable,
                row.reason or row.contrast,
                row.patients,
                row.events,
                row.hazard_ratio,
                row.lower,
                row.upper,
                _probability(row.p),
                _probability(row.q),
                row.concordance,
            )
            for row in rows[:_PRINTED_ROWS]
        ],
    )
    if len(rows) > _PRINTED_ROWS:
        console.print(f"{len(rows) - _PRINTED_ROWS} more rows are in --csv and --json.")


def _probability(p: float | None) -> str | None:
    return None if p is None else f"{p:.2g}"


def _split(
    table: ClinicalTable,
    features: FeatureTable | None,
    endpoints: list[Endpoint],
    name: str,
    as_json: bool,
    png: Path | None,
) -> None:
    from CRLMExplorerLib.cohort.cox import EXPLORATORY
    from CRLMExplorerLib.cohort.survival import survival

    analyses = [survival(table, endpoint, name, features=features) for endpoint in endpoints]
    if png:
        from CRLMExplorerLib.cohort.plot import save_survival_png

        save_survival_png(analyses, png)
    if as_json:
        curves = {analysis.endpoint.value: asdict(analysis) for analysis in analyses}
        print_json({"note": EXPLORATORY, "split": curves})
        return
    for analysis in analyses:
        print_curves(analysis)
    console.print(EXPLORATORY)

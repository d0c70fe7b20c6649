"""Commands on the whole cohort: its survival."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from CRLMExplorerLib.cli.options import Json, clinical_table
from CRLMExplorerLib.cli.output import print_json, print_table

if TYPE_CHECKING:
    from CRLMExplorerLib.cohort.survival import SurvivalAnalysis


def survival(
    clinical: Annotated[
        Path, typer.Option("--clinical", "-c", help="The clinical spreadsheet (xlsx or CSV).")
    ],
    by: Annotated[str | None, typer.Option("--by", help="Column to group by.")] = None,
    as_json: Json = False,
    png: Annotated[Path | None, typer.Option("--png", help="Draw the curves.")] = None,
) -> None:
    """Kaplan–Meier survival: medians with 95 % interval, events, log-rank p between groups."""
    from dataclasses import asdict

    from CRLMExplorerLib.cohort import survival as kaplan_meier
    from CRLMExplorerLib.cohort.endpoint import Endpoint

    table = clinical_table(clinical)
    analyses = [kaplan_meier.survival(table, endpoint, by) for endpoint in Endpoint]
    if png:
        from CRLMExplorerLib.cohort.plot import save_survival_png

        save_survival_png(analyses, png)
    if as_json:
        print_json({analysis.endpoint.value: asdict(analysis) for analysis in analyses})
        return
    for analysis in analyses:
        print_curves(analysis)


def print_curves(analysis: SurvivalAnalysis) -> None:
    """Print the groups of an analysis, and how they are compared."""
    title = analysis.endpoint.label
    if analysis.log_rank_p is not None:
        title += f"  (log-rank p = {analysis.log_rank_p:.3g})"
    print_table(
        title,
        ("group", "patients", "events", "median", "95 % from", "to"),
        [
            (c.label, c.patients, c.events, c.median_months, *c.median_interval_months)
            for c in analysis.curves
        ],
    )

"""A patient's volumetry as a table, for files, clipboards and Slicer's table nodes."""

from __future__ import annotations

import pandas as pd

from CRLMExplorerLib.measure import Volumetry


def volumetry_table(measured: Volumetry) -> pd.DataFrame:
    """A row a quantity, with columns ``quantity``, ``value`` and ``unit``; NaN is not measured."""
    rows: list[tuple[str, float | None, str]] = [
        ("Liver", measured.liver_ml, "mL"),
        ("Functional liver", measured.functional_liver_ml, "mL"),
        ("FLR", measured.flr_ml, "mL"),
        ("FLR of functional liver", measured.flr_percent_functional, "%"),
        ("FLR of total liver", measured.flr_percent_total, "%"),
        ("Minimum FLR of functional liver", measured.minimum_flr_percent, "%"),
        ("Resected", measured.resected_ml, "mL"),
        ("Tumours", measured.tumor_count, ""),
        ("Tumours, union", measured.tumor_total_ml, "mL"),
        ("Tumour burden", measured.tumor_burden_percent, "%"),
    ]
    for tumor in measured.tumors:
        rows += [
            (tumor.label, tumor.volume_ml, "mL"),
            (f"{tumor.label}, longest axial diameter", tumor.longest_axial_mm, "mm"),
            (f"{tumor.label}, longest 3D diameter", tumor.longest_3d_mm, "mm"),
        ]
    rows += [
        (f"sFLR, {flr.liver.formula}, {flr.liver.surface_formula}", flr.percent, "%")
        for flr in measured.standardized_flr
    ]
    if measured.flr_to_body_weight_percent is not None:
        rows.append(("FLR to body weight", measured.flr_to_body_weight_percent, "%"))
    table = pd.DataFrame(rows, columns=["quantity", "value", "unit"])
    return table.astype({"value": "float64"})

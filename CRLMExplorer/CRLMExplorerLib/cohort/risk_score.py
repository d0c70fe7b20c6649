"""The Clinical Risk Score of Fong 1999 (Ann Surg 230:309), recomputed from its items.

This knows the score's items; it must not know how a record is shown.
"""

from __future__ import annotations

from collections.abc import Mapping

from CRLMExplorerLib.cohort.values import Value

CEA_LIMIT_NG_ML = 200
SIZE_LIMIT_CM = 5


def clinical_risk_score(values: Mapping[str, Value]) -> tuple[int, int]:
    """The least and the greatest score that a patient's items allow, 0 to 5.

    A point each for node-positive primary, disease-free interval < 12 months, more than one
    tumour, CEA > 200 ng/mL, largest tumour > 5 cm. A missing item leaves its point open. So do
    metachronous metastases: the spreadsheet does not say after how many months they came.

    Parameters
    ----------
    values
        Values of one patient by column name; None is missing.
    """
    cea = values.get("carcinoembryonic_antigen")
    size = values.get("max_tumor_size")
    items = (
        values.get("node_positive_primary"),
        values.get("synchronous_crlm") or None,
        values.get("multiple_metastases"),
        None if cea is None else float(cea) > CEA_LIMIT_NG_ML,
        None if size is None else float(size) > SIZE_LIMIT_CM,
    )
    least = sum(bool(item) for item in items)
    return least, least + items.count(None)

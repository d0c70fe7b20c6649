"""The columns of the collection's clinical spreadsheet, as data.

This says what each column is called, means and may hold; it must not know how a file is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Kind(str, Enum):
    """What a column holds."""

    ID = "id"
    TEXT = "text"
    YES_NO = "yes/no"
    CATEGORY = "category"
    INTEGER = "integer"
    NUMBER = "number"
    PERCENT = "percent"
    MONTHS = "months"

    @property
    def is_coded(self) -> bool:
        """Whether the values are codes, each with a label."""
        return self in (Kind.YES_NO, Kind.CATEGORY)

    @property
    def is_numeric(self) -> bool:
        """Whether the values are quantities."""
        return self in (Kind.INTEGER, Kind.NUMBER, Kind.PERCENT, Kind.MONTHS)


class Group(str, Enum):
    """The headings under which a patient's record is read, in order."""

    DEMOGRAPHICS = "Demographics"
    DISEASE = "Primary and disease"
    TREATMENT = "Treatment"
    LIVER = "Liver pathology"
    TUMOR = "Tumour pathology"
    OUTCOME = "Outcome"


_YES_NO = {0: "no", 1: "yes"}


def archive_spelling(name: str) -> str:
    """A column's name as the Imaging Data Commons writes it: lower case, joined by ``_``."""
    return re.sub(r"[\s_-]+", "_", name.strip()).lower()


@dataclass(frozen=True, eq=False)
class Column:
    """One column of the spreadsheet.

    Attributes
    ----------
    name
        The spelling of the original file, e.g. ``months_to_DFS_progression``.
    label
        What a reader sees.
    kind, group
        What it holds, and the heading under which it is read.
    description
        Our words, for a file that carries no data dictionary.
    unit
        Unit of the values as the table holds them.
    minimum, maximum
        Bounds beyond which a value cannot be meant, or None.
    labels
        The meaning of each code of a yes/no or category column.
    """

    name: str
    label: str
    kind: Kind
    group: Group
    description: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    labels: Mapping[int, str] = field(default_factory=dict)

    @property
    def archive_name(self) -> str:
        """The name as the Imaging Data Commons writes it, e.g. ``months_to_dfs_progression``."""
        return archive_spelling(self.name)


def _yes_no(name: str, label: str, group: Group, description: str) -> Column:
    return Column(name, label, Kind.YES_NO, group, description, labels=_YES_NO)


def _category(
    name: str, label: str, group: Group, description: str, labels: dict[int, str]
) -> Column:
    return Column(name, label, Kind.CATEGORY, group, description, labels=labels)


def _percent(name: str, label: str, description: str) -> Column:
    return Column(name, label, Kind.PERCENT, Group.TUMOR, description, "%", 0, 100)


def _months(name: str, label: str, description: str) -> Column:
    return Column(name, label, Kind.MONTHS, Group.OUTCOME, description, "months", 0, None)


PATIENT_ID = Column(
    "Patient-ID", "Patient", Kind.ID, Group.DEMOGRAPHICS, "Equals PatientID in the DICOM files."
)

COLUMNS: tuple[Column, ...] = (
    PATIENT_ID,
    Column(
        "De-identify Scout Name",
        "Scout name",
        Kind.TEXT,
        Group.DEMOGRAPHICS,
        "Name of the case in Scout Liver, where the segments were drawn.",
    ),
    Column(
        "age", "Age", Kind.INTEGER, Group.DEMOGRAPHICS, "Age at the resection.", "years", 0, 120
    ),
    _category("sex", "Sex", Group.DEMOGRAPHICS, "Sex of the patient.", {1: "male", 2: "female"}),
    _yes_no(
        "major_comorbidity",
        "Major comorbidity",
        Group.DEMOGRAPHICS,
        "Whether a major comorbidity was known before the resection.",
    ),
    Column(
        "body_mass_index",
        "Body mass index",
        Kind.NUMBER,
        Group.DEMOGRAPHICS,
        "Weight over height squared.",
        "kg/m²",
        5,
        100,
    ),
    _yes_no(
        "node_positive_primary",
        "Node-positive primary",
        Group.DISEASE,
        "Whether lymph nodes of the primary tumour held cancer.",
    ),
    _yes_no(
        "synchronous_crlm",
        "Synchronous metastases",
        Group.DISEASE,
        "Whether the liver metastases were found together with the primary tumour.",
    ),
    _yes_no(
        "multiple_metastases",
        "Multiple metastases",
        Group.DISEASE,
        "Whether the liver held more than one metastasis.",
    ),
    Column(
        "clinrisk_score",
        "Clinical Risk Score",
        Kind.INTEGER,
        Group.DISEASE,
        "Fong 1999: a point each for node-positive primary, disease-free interval < 12 months, "
        "more than one tumour, CEA > 200 ng/mL, largest tumour > 5 cm.",
        "of 5",
        0,
        5,
    ),
    _category(
        "clinrisk_stratified",
        "Clinical risk",
        Group.DISEASE,
        "Clinical Risk Score in two groups: 0–2 low, 3–5 high.",
        {0: "low", 1: "high"},
    ),
    Column(
        "carcinoembryonic_antigen",
        "Carcinoembryonic antigen",
        Kind.NUMBER,
        Group.DISEASE,
        "CEA in serum before the resection.",
        "ng/mL",
        0,
    ),
    Column(
        "max_tumor_size",
        "Largest tumour",
        Kind.NUMBER,
        Group.DISEASE,
        "Largest diameter of the largest metastasis.",
        "cm",
        0,
        50,
    ),
    _yes_no(
        "bilobar_disease",
        "Bilobar disease",
        Group.DISEASE,
        "Whether both lobes of the liver held metastases.",
    ),
    _yes_no(
        "extrahep_disease",
        "Extrahepatic disease",
        Group.DISEASE,
        "Whether there was disease outside the liver.",
    ),
    _yes_no(
        "chemo_before_liver_resection",
        "Chemotherapy before resection",
        Group.TREATMENT,
        "Whether chemotherapy was given before the liver resection.",
    ),
    _yes_no(
        "preoperative_pve",
        "Portal vein embolisation",
        Group.TREATMENT,
        "Whether a portal vein was embolised before the resection, to make the remnant grow.",
    ),
    _yes_no(
        "steatosis_yesno",
        "Steatosis",
        Group.LIVER,
        "Whether the pathologist found fat in the liver outside the tumours.",
    ),
    _yes_no(
        "presence_sinusoidal_dilata",
        "Sinusoidal dilatation",
        Group.LIVER,
        "Whether the pathologist found dilated sinusoids, a mark of chemotherapy.",
    ),
    Column(
        "NASH_score",
        "Steatohepatitis grade",
        Kind.INTEGER,
        Group.LIVER,
        "Grade of non-alcoholic steatohepatitis (NASH).",
        minimum=0,
    ),
    _yes_no(
        "NASH_yesno",
        "Steatohepatitis",
        Group.LIVER,
        "Whether there was non-alcoholic steatohepatitis (NASH).",
    ),
    _yes_no(
        "NASH_greater_4",
        "Steatohepatitis grade ≥ 4",
        Group.LIVER,
        "Whether the grade of steatohepatitis was 4 or more.",
    ),
    _percent(
        "total_response_percent",
        "Total response",
        "Share of the tumour that is no longer viable: necrosis, fibrosis and mucin.",
    ),
    _percent("necrosis_percent", "Necrosis", "Share of the tumour that is necrotic."),
    _percent("fibrosis_percent", "Fibrosis", "Share of the tumour that is fibrous."),
    _yes_no(
        "fibrosis_greater_40_percent",
        "Fibrosis > 40 %",
        Group.TUMOR,
        "Whether more than 40 % of the tumour is fibrous.",
    ),
    _percent("mucin_percent", "Mucin", "Share of the tumour that is mucin."),
    _months(
        "overall_survival_months",
        "Overall survival",
        "Resection to death of any cause, or to last follow-up.",
    ),
    _category(
        "vital_status",
        "Vital status",
        Group.OUTCOME,
        "Event of overall survival.",
        {0: "alive", 1: "died"},
    ),
    _yes_no(
        "progression_or_recurrence",
        "Recurrence",
        Group.OUTCOME,
        "Whether the disease came back anywhere.",
    ),
    _months(
        "months_to_DFS_progression",
        "Disease-free survival",
        "Resection to recurrence anywhere or death, or to last follow-up.",
    ),
    _category(
        "vital_status_DFS",
        "Disease-free status",
        Group.OUTCOME,
        "Event of disease-free survival.",
        {0: "alive without recurrence", 1: "recurrence or death"},
    ),
    _yes_no(
        "progression_or_recurrence_liveronly",
        "Recurrence in the liver",
        Group.OUTCOME,
        "Whether the disease came back in the liver.",
    ),
    _months(
        "months_to_liver_DFS_progression",
        "Hepatic disease-free survival",
        "Resection to recurrence in the liver or death, or to last follow-up.",
    ),
    _category(
        "vital_status_liver_DFS",
        "Hepatic disease-free status",
        Group.OUTCOME,
        "Event of hepatic disease-free survival.",
        {0: "alive without hepatic recurrence", 1: "hepatic recurrence or death"},
    ),
    Column("relevant_notes", "Notes", Kind.TEXT, Group.OUTCOME, "What else a reader must know."),
)

VALUE_COLUMNS = COLUMNS[1:]
"""Every column but the patient's id."""

_BY_SPELLING = {column.archive_name: column for column in COLUMNS}


def column_named(name: str) -> Column | None:
    """The column of that name in original or archive spelling; None if the schema has none."""
    return _BY_SPELLING.get(archive_spelling(name))

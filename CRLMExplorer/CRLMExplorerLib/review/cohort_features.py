"""What was extracted from all patients with one set of parameters, feature by feature.

It holds numbers only, so that a whole cohort's features stay in memory while one is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from CRLMExplorerLib.cohort.features import FeatureTable, feature_name
from CRLMExplorerLib.dicom.catalog import DicomDatabase
from CRLMExplorerLib.dicom.choice import choose_series
from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerLib.progress import Progress, silent
from CRLMExplorerLib.radiomics.case_extraction import CaseExtraction
from CRLMExplorerLib.radiomics.parameters import Parameters
from CRLMExplorerLib.radiomics.region import Region
from CRLMExplorerLib.radiomics.regions import TUMOR
from CRLMExplorerLib.radiomics.runs import RunStore
from CRLMExplorerLib.radiomics.units import unit_of
from CRLMExplorerLib.review.extraction import origin_of

FeatureKey = tuple[str, str, str]
"""pyradiomics' names of filter, class and feature."""

_Row = tuple[str, dict[FeatureKey, int], NDArray[np.float64]]
"""A region, where each feature's value is, and the values."""


@dataclass(frozen=True)
class CohortValue:
    """A feature's value in one region of one patient."""

    patient_id: str
    region: str
    value: float


class CohortFeatures:
    """The features of the patients that were extracted with some parameters.

    Parameters
    ----------
    parameters
        What they were extracted with.
    """

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._patients: dict[str, list[_Row]] = {}
        self._columns: dict[tuple[FeatureKey, ...], dict[FeatureKey, int]] = {}

    def patient_count(self, shown: CaseExtraction | None = None) -> int:
        """How many patients there are features of, the one who is shown among them."""
        return len({*self._patients, *([shown.origin.patient_id] if shown else [])})

    def add(self, case: CaseExtraction) -> None:
        """Take in a patient, in place of what was there of them."""
        self._patients[case.origin.patient_id] = self._rows_of(case)

    def values_of(
        self, region: str, feature: FeatureKey, shown: CaseExtraction | None = None
    ) -> tuple[CohortValue, ...]:
        """A feature's values in all regions that are made as this one is, without what is NaN.

        A tumour's region is made once for each tumour: then all tumours of all patients count.

        Parameters
        ----------
        shown
            Counts in place of what was taken in of its patient, who may be open with another DSO.
        """
        wanted = self._made_by(region)
        patients = dict(self._patients)
        if shown:
            patients[shown.origin.patient_id] = self._rows_of(shown)
        found = []
        for patient_id, regions in patients.items():
            for name, columns, values in regions:
                column = columns.get(feature)
                if column is None or self._made_by(name) != wanted:
                    continue
                if not np.isnan(values[column]):
                    found.append(CohortValue(patient_id, name, float(values[column])))
        return tuple(found)

    def table(self) -> FeatureTable:
        """The features of regions that a patient has but once; those of each tumour are not."""
        frame: dict[str, dict[str, float]] = {}
        units: dict[str, str] = {}
        for patient_id, regions in self._patients.items():
            row = frame.setdefault(patient_id, {})
            for region, columns, values in regions:
                if self.is_for_each_tumor(region):
                    continue
                for key, column in columns.items():
                    name = feature_name(region, *key)
                    row[name] = float(values[column])
                    units[name] = unit_of(*key, self._parameters.settings)
        table = pd.DataFrame.from_dict(frame, orient="index", dtype="float64")
        return FeatureTable(table, units, source=self._parameters.name)

    def is_for_each_tumor(self, region: str) -> bool:
        """Whether a region is made once for each tumour."""
        return TUMOR in self._made_by(region).name

    def _made_by(self, name: str) -> Region:
        return region_behind(name, self._parameters.regions)

    def _rows_of(self, case: CaseExtraction) -> list[_Row]:
        keys: dict[str, list[FeatureKey]] = {}
        values: dict[str, list[float]] = {}
        for one in case.extraction.values:  # noqa: PD011
            keys.setdefault(one.region, []).append((one.filter, one.feature_class, one.feature))
            values.setdefault(one.region, []).append(one.value)
        return [
            (region, self._column_of(keys[region]), np.array(values[region])) for region in keys
        ]

    def _column_of(self, keys: Sequence[FeatureKey]) -> dict[FeatureKey, int]:
        # Nearly all regions have the same features: their names are held once.
        columns = {key: index for index, key in enumerate(keys)}
        return self._columns.setdefault(tuple(keys), columns)


def region_behind(name: str, regions: Sequence[Region]) -> Region:
    """The region of a parameter file that a row's region was made by."""
    for region in regions:
        if region.name == name:
            return region
    for region in regions:
        pattern = re.escape(region.name).replace(re.escape(TUMOR), ".+")
        if TUMOR in region.name and re.fullmatch(pattern, name):
            return region
    return Region(name, "")


def kept_of(
    database: DicomDatabase, patient_id: str, parameters: Parameters
) -> CaseExtraction | None:
    """What was extracted of the patient's DSO that fits best; None where it cannot be read."""
    try:
        choice = choose_series(database, patient_id)
        return RunStore(database.directory).find(origin_of(choice), parameters)
    except CRLMExplorerError:
        return None


def kept_features(
    database: DicomDatabase, parameters: Parameters, progress: Progress = silent
) -> CohortFeatures:
    """Read what was extracted of all patients with these parameters."""
    found = CohortFeatures(parameters)
    patients = database.patients()
    for index, patient in enumerate(patients):
        progress(index / len(patients), patient.patient_id)
        if case := kept_of(database, patient.patient_id, parameters):
            found.add(case)
    return found

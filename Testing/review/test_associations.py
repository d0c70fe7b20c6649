"""What a session knows of outcome and variables: made once, as a job, and forgotten in time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from CRLMExplorerLib.cohort.endpoint import Endpoint
from CRLMExplorerLib.cohort.features import FeatureTable
from CRLMExplorerLib.cohort.survival import survival
from CRLMExplorerLib.review import ReviewSession
from review.runners import HeldRunner

AREA = "FLR: original_shape_SurfaceArea"


@pytest.fixture
def features(table) -> FeatureTable:
    """A feature that goes with the largest tumour."""
    size = table.frame["max_tumor_size"].astype(float)
    return FeatureTable(pd.DataFrame({AREA: 100 + 10 * size}), {AREA: "mm²"})


@pytest.fixture
def runner() -> HeldRunner:
    return HeldRunner()


@pytest.fixture
def held(host, database, table, runner) -> ReviewSession:
    """A session whose jobs wait until they are run."""
    return ReviewSession(host, database, table, runner)


def row_of(session, variable, endpoint=Endpoint.OVERALL):
    rows = session.associations.table_of(endpoint).rows
    return next(row for row in rows if row.variable == variable)


def test_an_endpoint_is_tested_as_a_job_and_once(held, runner):
    changes = []
    held.associations.changed.connect(lambda: changes.append(1))
    held.associations.test(Endpoint.OVERALL)
    held.associations.test(Endpoint.OVERALL)
    assert [job.title for job in held.jobs] == ["Testing against overall survival"]
    assert held.associations.is_testing(Endpoint.OVERALL)
    assert not held.associations.is_testing(Endpoint.DISEASE_FREE)
    assert held.associations.table_of(Endpoint.OVERALL) is None
    runner.run()
    assert not held.associations.is_testing(Endpoint.OVERALL)
    assert row_of(held, "max_tumor_size").hazard_ratio > 1
    assert len(changes) == 2
    held.associations.test(Endpoint.OVERALL)
    assert held.jobs == []


def test_features_are_tested_like_clinical_variables(session, features):
    session.associations.use_features(features)
    session.associations.test(Endpoint.OVERALL)
    feature, size = row_of(session, AREA), row_of(session, "max_tumor_size")
    assert feature.hazard_ratio == pytest.approx(size.hazard_ratio, rel=1e-9)
    assert feature.sd == pytest.approx(10 * size.sd)


def test_other_features_make_all_that_was_tested_void(session, features):
    session.associations.test(Endpoint.OVERALL)
    curves = session.survival(Endpoint.OVERALL, "max_tumor_size")
    session.associations.use_features(features)
    assert session.associations.table_of(Endpoint.OVERALL) is None
    assert session.survival(Endpoint.OVERALL, "max_tumor_size") == curves
    session.associations.test(Endpoint.OVERALL)
    session.associations.use_features(None)
    assert session.associations.table_of(Endpoint.OVERALL) is None


def test_what_is_tested_without_the_features_is_dropped_when_they_come(held, runner, features):
    held.associations.test(Endpoint.OVERALL)
    held.associations.use_features(features)
    held.associations.test(Endpoint.OVERALL)
    runner.run()
    assert held.associations.table_of(Endpoint.OVERALL) is None
    assert held.associations.is_testing(Endpoint.OVERALL)
    runner.run()
    assert row_of(held, AREA).reason == ""
    assert not held.associations.is_testing(Endpoint.OVERALL)


def test_testing_can_be_cancelled_and_begun_again(held, runner, complaints):
    held.associations.test(Endpoint.OVERALL)
    held.cancel_jobs()
    runner.run()
    assert held.associations.table_of(Endpoint.OVERALL) is None
    assert (held.jobs, complaints) == ([], [])
    held.associations.test(Endpoint.OVERALL)
    runner.run()
    assert held.associations.table_of(Endpoint.OVERALL) is not None


def test_curves_are_split_by_a_feature_with_the_open_patient_on_them(session, table, features):
    session.associations.use_features(features)
    session.open("CRLM-CT-1003")
    analysis = session.survival(Endpoint.OVERALL, AREA)
    position = session.position_on(analysis)
    by_size = survival(table, Endpoint.OVERALL, "max_tumor_size")
    assert [c.survival for c in analysis.curves] == [c.survival for c in by_size.curves]
    assert position.patient_id == "CRLM-CT-1003"
    assert position.group == analysis.curves[1].label
    assert np.isclose(analysis.grouping.split_at, 100 + 10 * by_size.grouping.split_at)


def test_without_a_spreadsheet_nothing_is_tested(host, database):
    session = ReviewSession(host, database)
    session.associations.test(Endpoint.OVERALL)
    assert session.jobs == []
    assert session.associations.table_of(Endpoint.OVERALL) is None


PARAMETERS = """\
imageType: {Original: {}}
featureClass: {firstorder: [Mean]}
regions: ["{tumor}": each tumor, Parenchyma: liver - tumors]
"""


def test_what_was_extracted_of_the_cohort_comes_in_without_each_tumor(session):
    session.radiomics.load("mean", PARAMETERS)
    session.open("CRLM-CT-1001")
    session.radiomics.watch(True)
    session.radiomics.read_cohort()
    assert session.associations.features.frame.empty
    session.radiomics.extract()
    frame = session.associations.features.frame
    assert list(frame.columns) == ["Parenchyma: original_firstorder_Mean"]
    table = session.radiomics.table
    (mean,) = table[table.region == "Parenchyma"]["value"]
    assert frame.loc["CRLM-CT-1001"].tolist() == [mean]
    assert session.associations.features.units == {frame.columns[0]: "HU"}
    session.radiomics.load("other", PARAMETERS.replace("Mean", "Median"))
    assert session.associations.features is None

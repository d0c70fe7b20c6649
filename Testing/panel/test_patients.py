"""The worklist is filtered, ordered, walked through and measured as a reader does it."""

from __future__ import annotations

import pytest

from panel.conftest import column

IDS = ["CRLM-CT-1001", "CRLM-CT-1002", "CRLM-CT-1003"]


@pytest.fixture(autouse=True)
def everything_in_view(reader):
    yield
    reader.ui.filterSearchBox.text = ""
    reader.ui.stateFilterComboBox.setCurrentIndex(0)
    reader.ui.orderComboBox.setCurrentIndex(0)
    reader.ui.descendingCheckBox.checked = False


def test_patients_are_filtered_by_text_and_state(reader):
    reader.ui.filterSearchBox.text = "1002"
    assert column(reader.ui.worklistTable, 0) == ["CRLM-CT-1002"]
    reader.ui.filterSearchBox.text = ""
    reader.choose(reader.ui.stateFilterComboBox, "Seen")
    assert column(reader.ui.worklistTable, 0) == ["CRLM-CT-1001"]


def test_a_click_on_a_heading_orders_and_another_turns_the_order(reader):
    header = reader.ui.worklistTable.horizontalHeader()
    header.sectionClicked.emit(0)
    assert column(reader.ui.worklistTable, 0) == IDS[::-1]
    header.sectionClicked.emit(0)
    assert column(reader.ui.worklistTable, 0) == IDS


def test_ordered_by_a_clinical_column_the_values_are_shown(reader):
    reader.choose(reader.ui.orderComboBox, "Age")
    table = reader.session.table
    ages = {one: table.record(one).value("age") for one in IDS if table.record(one)}
    known = sorted(ages, key=ages.get)
    shown = column(reader.ui.worklistTable, 0)
    assert [one for one in shown if one in ages] == known
    texts = column(reader.ui.worklistTable, 5)
    assert texts[: len(known)] == [f"{ages[one]:g}" for one in known]
    assert reader.ui.worklistTable.horizontalHeaderItem(5).text() == "Age"
    assert not reader.ui.worklistTable.isColumnHidden(5)


def test_measuring_all_fills_in_the_figures_of_all(reader):
    reader.ui.measureAllButton.click()
    reader.wait_for_jobs()
    percents = [row.figures["flr_percent_functional"] for row in reader.session.worklist]
    shown = [text.split(" ")[0] for text in column(reader.ui.worklistTable, 1)]
    assert shown == [f"{percent:.0f}" for percent in percents]


def test_next_and_previous_open_the_neighbours_and_mark_them(reader):
    reader.ui.nextButton.click()
    reader.wait_for_jobs()
    assert reader.session.case.patient_id == "CRLM-CT-1002"
    item = reader.ui.worklistTable.item(1, 0)
    assert item.font().bold() and item.text() == "CRLM-CT-1002"
    reader.panel.shortcuts.keys["P"].activated.emit()
    reader.wait_for_jobs()
    assert reader.session.case.patient_id == "CRLM-CT-1001"

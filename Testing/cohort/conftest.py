"""A synthetic cohort with the published totals, and small spreadsheets made to order."""

import csv
from pathlib import Path

import openpyxl
import pytest

from CRLMExplorerLib.cohort.clinical import ClinicalTable, read_clinical
from CRLMExplorerLib.phantom.spreadsheet import write_synthetic_spreadsheet


@pytest.fixture(scope="session")
def synthetic_xlsx(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("cohort") / "synthetic.xlsx"
    write_synthetic_spreadsheet(path)
    return path


@pytest.fixture(scope="session")
def synthetic_table(synthetic_xlsx) -> ClinicalTable:
    return read_clinical(synthetic_xlsx)


@pytest.fixture
def a_csv(tmp_path):
    """Write rows of cells, the header first, as CSV."""

    def write(rows, name="clinical.csv", encoding="utf-8") -> Path:
        path = tmp_path / name
        with path.open("w", newline="", encoding=encoding) as file:
            csv.writer(file).writerows(rows)
        return path

    return write


@pytest.fixture
def an_xlsx(tmp_path):
    """Write rows of cells, the header first, as a workbook; percent columns get Excel's format."""

    def write(rows, dictionary=(), percent_columns=()) -> Path:
        book = openpyxl.Workbook()
        data = book.active
        data.title = "TCIA_n=197"
        for row in rows:
            data.append(row)
        for name in percent_columns:
            place = rows[0].index(name) + 1
            for (cell,) in data.iter_rows(2, None, place, place):
                cell.number_format = "0%"
        if dictionary:
            sheet = book.create_sheet("Dictionary")
            for row in dictionary:
                sheet.append(row)
        path = tmp_path / "clinical.xlsx"
        book.save(path)
        return path

    return write


@pytest.fixture
def a_table(a_csv):
    """A clinical table from rows of cells, the header first."""

    def read(rows) -> ClinicalTable:
        return read_clinical(a_csv(rows))

    return read

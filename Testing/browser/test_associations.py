"""From variables to outcome on the page: tested by a click, and the curves split by another."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from CRLMExplorerLib.cohort.clinical import read_clinical
from CRLMExplorerLib.cohort.cox import EXPLORATORY, univariate_cox
from CRLMExplorerLib.cohort.endpoint import Endpoint
from CRLMExplorerLib.cohort.survival import patient_position, survival
from CRLMExplorerLib.cohort.variables import variables_of
from CRLMExplorerLib.phantom.demo import Demo
from review_page import ReviewPage

pytestmark = pytest.mark.browser


def marked_point(page: ReviewPage) -> tuple[float, float] | None:
    """Months and share of the patient who is marked on the curves; None if nobody is."""
    return page.tab.evaluate(
        """() => {
            const plot = document.querySelector(".survival-figure .js-plotly-plot");
            const mark = plot?.data?.find(trace => trace.name?.startsWith("CRLM-CT-"));
            return mark ? [mark.x[0], mark.y[0]] : null;
        }"""
    )


def curve_names(page: ReviewPage) -> list[str]:
    """The groups that have a curve."""
    return page.tab.evaluate(
        """() => {
            const plot = document.querySelector(".survival-figure .js-plotly-plot");
            return (plot?.data ?? []).filter(t => t.name && !t.name.startsWith("CRLM-CT-"))
                .map(t => t.name);
        }"""
    )


def test_a_click_on_a_variable_splits_the_curves(page: ReviewPage, demo: Demo) -> None:
    table = read_clinical(demo.spreadsheet)
    page.show_tab("Survival")
    expect(page.tab.locator(".exploratory")).to_have_text(EXPLORATORY)
    page.tab.click(".test-associations")
    rows = page.tab.locator(".association")
    page.until(lambda: rows.count() == 25)
    expect(page.tab.locator(".associations-note")).to_contain_text("25 of 25 shown")

    variables = variables_of(table)
    cox = univariate_cox(table, Endpoint.OVERALL, variables).by_p()
    assert [row.get_attribute("data-variable") for row in rows.all()] == [c.variable for c in cox]

    size = next(row for row in cox if row.variable == "max_tumor_size")
    row = page.tab.locator('[data-variable="max_tumor_size"]')
    expect(row.locator(".association-ratio")).to_have_text(
        f"{size.hazard_ratio:.2f} ({size.lower:.2f}–{size.upper:.2f})"
    )
    expect(row.locator(".association-c")).to_have_text(f"{size.concordance:.2f}")

    row.click()
    analysis = survival(table, Endpoint.OVERALL, "max_tumor_size")
    position = patient_position(analysis, table.record("CRLM-CT-1001"))
    assert position is not None
    page.until(lambda: curve_names(page) == [curve.label for curve in analysis.curves])
    page.until(lambda: marked_point(page) == pytest.approx([position.months, position.survival]))
    expect(page.tab.locator(".group-by")).to_contain_text("Largest tumour")
    expect(row).to_have_class("association association-chosen")
    # The curves and the sentence stay in sight of whoever reads the table.
    expect(page.tab.locator(".survival-figure")).to_be_in_viewport(ratio=0.9)
    expect(page.tab.locator(".exploratory")).to_be_in_viewport(ratio=0.9)
    row.evaluate("row => row.scrollIntoView({block: 'end'})")
    page.settle()
    page.save_screenshot("associations")
    page.choose(".group-by", "All patients")
    page.until(lambda: curve_names(page) == ["All patients"])


def test_variables_are_filtered_and_ordered(page: ReviewPage) -> None:
    page.show_tab("Survival")
    page.choose(".endpoint", "Hepatic disease-free survival")
    page.tab.click(".test-associations")
    rows = page.tab.locator(".association")
    page.until(lambda: rows.count() == 25)
    page.tab.fill('[aria-label="Filter the variables"]', "clinical RISK")
    expect(rows).to_have_count(2)
    expect(page.tab.locator(".associations-note")).to_contain_text("2 of 2 shown")
    page.tab.fill('[aria-label="Filter the variables"]', "")
    expect(rows).to_have_count(25)
    page.tab.click('.association-order:text-is("Variable")')
    expect(rows.first.locator(".association-title")).to_have_text("Age")
    page.tab.click('.association-order:text-is("p")')
    expect(rows.first.locator(".association-title")).to_have_text("Clinical Risk Score")
    page.choose(".endpoint", "Overall survival")

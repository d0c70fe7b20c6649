"""The figure: it is a PNG, it shows curves, and marks what it is asked to mark."""

import io

import numpy as np
import pytest
from matplotlib import image

from CRLMExplorerLib.cohort.endpoint import Endpoint
from CRLMExplorerLib.cohort.plot import p_text, save_survival_png, survival_figure
from CRLMExplorerLib.cohort.survival import survival


def pixels_of(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=60)
    buffer.seek(0)
    return image.imread(buffer)[..., :3]


def texts_of(figure):
    return {text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))}


@pytest.fixture
def by_risk(synthetic_table):
    return survival(synthetic_table, Endpoint.DISEASE_FREE, "clinrisk_stratified")


def test_the_png_holds_both_curves_in_their_colors(by_risk, tmp_path):
    path = tmp_path / "survival.png"
    save_survival_png([by_risk], path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert [file.name for file in tmp_path.iterdir()] == ["survival.png"]
    pixels = np.round(image.imread(path)[..., :3] * 255).astype(int)
    for color in ((0, 114, 178), (213, 94, 0)):
        assert (pixels == color).all(axis=-1).sum() > 1000


def test_the_figure_says_medians_test_and_numbers_at_risk(by_risk):
    texts = texts_of(survival_figure([by_risk]))
    low, high = by_risk.curves
    assert "Disease-free survival" in texts
    assert any(f"log-rank {p_text(by_risk.log_rank_p)}" in text for text in texts)
    assert any(text.startswith(f"low: median {low.median_months:.0f} months") for text in texts)
    assert {str(count) for count in (*low.at_risk, *high.at_risk)} <= texts


def test_a_patient_is_marked(by_risk, synthetic_table):
    record = synthetic_table.record("CRLM-CT-1002")
    plain, marked = survival_figure([by_risk]), survival_figure([by_risk], record)
    assert any(text.startswith("CRLM-CT-1002\n") for text in texts_of(marked))
    assert not np.array_equal(pixels_of(plain), pixels_of(marked))


def test_every_endpoint_gets_a_panel(synthetic_table):
    figure = survival_figure([survival(synthetic_table, endpoint) for endpoint in Endpoint])
    assert {endpoint.label for endpoint in Endpoint} <= texts_of(figure)
    height, width, _ = pixels_of(figure).shape
    assert width > 3 * height


def test_a_cohort_of_one_without_event_is_drawn(a_table):
    table = a_table([["Patient-ID", "overall_survival_months", "vital_status"], ["A", "12.5", "0"]])
    figure = survival_figure([survival(table, Endpoint.OVERALL)], table.record("A"))
    assert "All patients: median not reached" in texts_of(figure)
    assert pixels_of(figure).std() > 0.05


@pytest.mark.parametrize(
    ("p", "text"), [(0.0002, "p < 0.001"), (0.0042, "p = 0.004"), (0.234, "p = 0.23")]
)
def test_p_values_are_printed_as_journals_do(p, text):
    assert p_text(p) == text

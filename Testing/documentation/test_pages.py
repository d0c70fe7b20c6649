"""What the pages name is there: files, buttons, and the rooms' graph."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from documentation.module_graph import mermaid, on_page, reduced

PAGES = sorted((Path(__file__).parents[2] / "Resources" / "Documentation").glob("*.md"))
UI = Path(__file__).parents[2] / "CRLMExplorer" / "Resources" / "UI" / "CRLMExplorer.ui"
OF_SLICER = {"View › Extensions Manager"}
OF_NEEDS = {"Install…"}
"""Named in needs.py, for it comes up before any .ui."""


def test_there_are_the_pages_that_a_reader_needs():
    assert {page.stem for page in PAGES} == {
        "developing",
        "script-repository",
        "troubleshooting",
        "tutorial",
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    links = re.findall(r"(?<!!)\[[^]]*\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).is_file()] == []


def test_what_the_tutorial_names_is_in_the_panel():
    (tutorial,) = [page for page in PAGES if page.stem == "tutorial"]
    text = re.sub(r"\*\*.*?\*\*", "", tutorial.read_text(encoding="utf-8"))
    named = set(re.findall(r"(?<!\*)\*([^*\n]+)\*(?!\*)", text)) - {"italics"}
    shown = {string.text for string in ET.parse(UI).iter("string")}
    assert named - shown - OF_SLICER - OF_NEEDS == set()
    assert len(named) > 50


def test_the_graph_is_that_of_the_imports():
    assert on_page() == mermaid(), "run python Testing/documentation/module_graph.py"


def test_an_edge_that_follows_from_others_is_left_out():
    chain = {("cli", "review"), ("review", "dicom"), ("cli", "dicom"), ("dicom", "host")}
    assert reduced(chain) == chain - {("cli", "dicom")}

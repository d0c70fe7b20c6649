"""The page as a whole: bar, worklist, views, panel, help."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trame.ui.vuetify3 import VAppLayout
from trame.widgets import client, html
from trame.widgets import vuetify3 as v

from CRLMExplorerLib.review.display import Window
from CRLMExplorerWeb.page_state import PageState
from CRLMExplorerWeb.panel.clinical import clinical_part
from CRLMExplorerWeb.panel.findings import findings_part
from CRLMExplorerWeb.panel.flr import flr_part
from CRLMExplorerWeb.panel.help import help_sheet
from CRLMExplorerWeb.panel.leaving import leaving_question
from CRLMExplorerWeb.panel.patient import patient_part
from CRLMExplorerWeb.panel.radiomics import map_legend, radiomics_part
from CRLMExplorerWeb.panel.segments import segments_part
from CRLMExplorerWeb.panel.survival import survival_part
from CRLMExplorerWeb.panel.volumetry import verdict_part, volumetry_part
from CRLMExplorerWeb.panel.worklist import worklist_part

if TYPE_CHECKING:
    from CRLMExplorerWeb.app import ReviewApp

_HERE = Path(__file__).parent
_TABS = {
    "segments": "Segments",
    "flr": "FLR",
    "clinical": "Clinical",
    "survival": "Survival",
    "radiomics": "Radiomics",
}


class Page:
    """Builds the page once; afterwards only its state changes.

    Parameters
    ----------
    app
        Whose operations the page calls.
    name
        Name of each field of `PageState` in the browser.
    """

    def __init__(self, app: ReviewApp, name: PageState) -> None:
        app.server.state.trame__title = "CRLM Explorer"
        app.server.state.trame__favicon = (_HERE / "favicon.txt").read_text()
        with VAppLayout(app.server, theme=(f"{name.dark} ? 'dark' : 'light'",)) as layout:
            client.Style((_HERE / "page.css").read_text())
            client.Script((_HERE / "keyboard.js").read_text())
            app.server.trigger("press")(app.press)
            app.server.trigger("load_parameters")(app.radiomics.load)
            app.server.trigger("tidy_csv")(app.radiomics.tidy_csv)
            app.server.trigger("wide_csv")(app.radiomics.wide_csv)
            app.server.trigger("provenance")(app.radiomics.provenance)
            self._bar(app, name)
            with v.VNavigationDrawer(
                v_model=(name.is_worklist_open,), width=292, permanent=True, classes="worklist"
            ):
                worklist_part(app, name)
            with v.VNavigationDrawer(location="right", width=432, permanent=True, classes="panel"):
                self._panel(app, name)
            with v.VMain(classes="views"):
                app.views.layouts.initialize_layout_grid(layout)
                map_legend(app.radiomics)
                self._jobs(app, name)
            help_sheet(name)
            leaving_question(app.flr.name, app.leave)
            with v.VSnackbar(
                model_value=(f"!!{name.error}",),
                update_modelValue=f"{name.error} = ''",
                color="error",
                timeout=12000,
                location="bottom",
                classes="error-message",
            ):
                html.Span(f"{{{{ {name.error} }}}}")
                with v.Template(v_slot_actions=True):
                    v.VBtn("Close", click=f"{name.error} = ''")

    @staticmethod
    def _bar(app: ReviewApp, name: PageState) -> None:
        with v.VAppBar(density="compact", flat=True, border="b"):
            v.VBtn(
                icon="mdi-menu",
                click=f"{name.is_worklist_open} = !{name.is_worklist_open}",
                title="Show or hide the worklist",
                size="small",
            )
            v.VToolbarTitle("CRLM Explorer", classes="program-name")
            v.VChip(
                "SYNTHETIC DATA",
                v_if=(f"{name.patient}.synthetic",),
                color="warning",
                variant="flat",
                size="small",
                classes="synthetic mx-2",
            )
            v.VBtn(
                icon="mdi-chevron-left",
                click=app.open_previous,
                title="Previous patient (p)",
                size="small",
            )
            v.VBtn(
                icon="mdi-chevron-right",
                click=app.open_next,
                title="Next patient (n)",
                size="small",
            )
            v.VSpacer()
            with v.VBtnToggle(
                v_model=(name.window,),
                mandatory=True,
                density="compact",
                variant="outlined",
                classes="windows",
            ):
                for number, window in enumerate(Window, 1):
                    v.VBtn(
                        window.label,
                        value=window.name,
                        size="small",
                        title=f"{window.width_hu:g} / {window.level_hu:g} HU ({number})",
                    )
            v.VSelect(
                v_model=(name.layout,),
                items=("layouts", app.views.names()),
                density="compact",
                variant="outlined",
                hide_details=True,
                classes="layouts mx-2",
                raw_attrs=['aria-label="Layout of the views"'],
            )
            v.VBtn(
                icon="mdi-fit-to-screen-outline",
                click=app.views.reset,
                title="Fit all views (r)",
                size="small",
            )
            v.VBtn(
                icon=(f"{name.dark} ? 'mdi-weather-sunny' : 'mdi-weather-night'",),
                click=f"{name.dark} = !{name.dark}",
                title="Light or dark",
                size="small",
            )
            v.VBtn(
                icon="mdi-help-circle-outline",
                click=f"{name.is_help_open} = true",
                title="Keys and gestures (?)",
                size="small",
            )

    @staticmethod
    def _panel(app: ReviewApp, name: PageState) -> None:
        with html.Div(v_if=(f"{name.patient}.id",), classes="panel-content"):
            patient_part(app, name)
            verdict_part(name)
            findings_part(app, name)
            with v.VTabs(v_model=(name.tab,), density="compact", grow=True):
                for value, title in _TABS.items():
                    v.VTab(title, value=value)
            with html.Div(classes="tab-content"):
                with html.Div(v_show=(f"{name.tab} === 'segments'",)):
                    segments_part(app, name)
                    volumetry_part(name)
                with html.Div(v_show=(f"{name.tab} === 'flr'",)):
                    flr_part(app.flr)
                with html.Div(v_show=(f"{name.tab} === 'clinical'",)):
                    clinical_part(name)
                with html.Div(v_if=(f"{name.tab} === 'survival'",)):
                    survival_part(name, app.associations)
                with html.Div(v_if=(f"{name.tab} === 'radiomics'",)):
                    radiomics_part(app.radiomics, name.patient)
        html.Div(
            "Choose a patient from the worklist.",
            v_if=(f"!{name.patient}.id",),
            classes="pa-6 text-medium-emphasis",
        )

    @staticmethod
    def _jobs(app: ReviewApp, name: PageState) -> None:
        # What a tab in front shows itself is not shown twice.
        jobs = f"{name.jobs}.filter(job => job.tab !== {name.tab})"
        with html.Div(v_if=(f"{jobs}.length",), classes="jobs"):
            with html.Div(v_for=f"job in {jobs}", key="job.title", classes="job"):
                html.Span("{{ job.title }}", classes="job-title")
                html.Span("{{ job.message }}", classes="job-message")
                v.VProgressLinear(
                    model_value=("job.percent",),
                    indeterminate=("job.percent === null",),
                    color="primary",
                    height=4,
                )
            v.VBtn(
                "Cancel",
                size="x-small",
                variant="tonal",
                click=app.session.cancel_jobs,
                classes="mt-1",
            )

"""The cohort's variables against the endpoint; a click splits the curves by one."""

from __future__ import annotations

from trame.widgets import html
from trame.widgets import vuetify3 as v

from CRLMExplorerLib.cohort.cox import EXPLORATORY
from CRLMExplorerWeb.association_actions import AssociationActions
from CRLMExplorerWeb.association_presenter import SORT_KEYS
from CRLMExplorerWeb.panel.styles import BUTTON, FIELD

_TIPS = {
    "variable": "",
    "hazard_ratio": "Hazard ratio of a univariate Cox regression, per standard deviation of a "
    "quantity, or of one level against another; 95 % interval after Wald",
    "p": "p of Wald's test",
    "q": "p adjusted for the number of tests after Benjamini and Hochberg",
    "c": "Harrell's concordance index, on the same patients",
}


def associations_part(actions: AssociationActions, group_by: str) -> None:
    """Lay out the associations part.

    Parameters
    ----------
    group_by
        Name of the state that holds the variable which the curves are grouped by.
    """
    name = actions.name
    with html.Div(classes="associations"):
        html.Div("Associations", classes="clinical-title px-0")
        with html.Div(classes="association-sources"):
            html.Span(f"{{{{ {name.sources} }}}}")
            v.VBtn(
                "Add features",
                v_if=(f"!{name.has_features}",),
                click=actions.add_features,
                classes="add-features",
                title="What was extracted of all patients with the parameters chosen in Radiomics",
                **BUTTON,
            )
        with html.Div(v_if=(f"!{name.is_tested}",), classes="association-start"):
            v.VBtn(
                "Test all variables",
                click=actions.test,
                loading=(name.is_testing,),
                classes="test-associations",
                title="Cox regression of each variable alone",
                **BUTTON,
            )
        with html.Div(v_if=(name.is_tested,)):
            v.VTextField(
                v_model=(name.text_filter,),
                placeholder="Variable",
                prepend_inner_icon="mdi-magnify",
                clearable=True,
                raw_attrs=['aria-label="Filter the variables"'],
                **FIELD,
            )
            _table(actions, group_by)
            html.Div(f"{{{{ {name.rows_note} }}}}", classes="associations-note")
        html.Div(EXPLORATORY, classes="exploratory")


def _table(actions: AssociationActions, group_by: str) -> None:
    name = actions.name
    with html.Table(classes="association-table"):
        with html.Thead(), html.Tr():
            for key, title in SORT_KEYS.items():
                with html.Th(title=_TIPS[key]):
                    html.Button(
                        title,
                        click=f"{name.sort_key} = '{key}'",
                        classes=(
                            f"['association-order', {{'association-order-on': "
                            f"{name.sort_key} === '{key}'}}]",
                        ),
                    )
        with (
            html.Tbody(),
            html.Tr(
                v_for=f"row in {name.rows}",
                key="row.variable + row.contrast",
                click=(actions.choose, "[row.variable]"),
                classes=(
                    "['association', {'association-chosen': row.variable === "
                    f"{group_by}, 'association-mute': !row.can_show}}]",
                ),
                raw_attrs=[':data-variable="row.variable"'],
            ),
        ):
            with html.Td(title=("row.count",)):
                # The row's click, for a reader without a mouse.
                html.Button("{{ row.title }}", classes="association-title")
                html.Div("{{ row.contrast }}", classes="association-contrast")
            html.Td(
                "{{ row.reason }}", v_if=("row.reason",), colspan=4, classes="association-reason"
            )
            with v.Template(v_if=("!row.reason",)):
                for field in ("ratio", "p", "q", "c"):
                    html.Td(f"{{{{ row.{field} }}}}", classes=f"number association-{field}")

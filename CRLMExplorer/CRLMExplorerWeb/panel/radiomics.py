"""The radiomics part: parameter file, regions, extraction, table, distribution, maps, files."""

from __future__ import annotations

from trame.widgets import html, plotly
from trame.widgets import vuetify3 as v

from CRLMExplorerWeb.panel.styles import BUTTON, FIELD
from CRLMExplorerWeb.radiomics_actions import RadiomicsActions

_ICON = {"size": "x-small", "variant": "tonal"}
_COLUMNS = {
    "region": "Region",
    "filter": "Filter",
    "feature_class": "Class",
    "feature": "Feature",
    "value": "Value",
}
_KERNELS = [{"value": (n - 1) // 2, "title": f"{n} × {n} × {n}"} for n in (3, 5, 7)]


def radiomics_part(actions: RadiomicsActions, patient: str) -> None:
    """Lay out the radiomics part.

    Parameters
    ----------
    patient
        Name of the state that holds the open patient.
    """
    with html.Div(classes="radiomics"):
        _parameters(actions)
        _regions(actions)
        _extraction(actions)
        with html.Div(v_if=(actions.name.summary,)):
            _omissions(actions)
            _files(actions, patient)
            _table(actions)
        _run(actions)


def map_legend(actions: RadiomicsActions) -> None:
    """Lay out what the colours of the map in the views stand for."""
    shown = actions.name.map
    with html.Div(v_if=(f"{shown}.title",), classes="map-legend"):
        with html.Div(classes="map-legend-head"):
            html.Span(f"{{{{ {shown}.title }}}}", classes="map-legend-title")
            v.VBtn(
                icon=(f"{shown}.is_visible ? 'mdi-eye' : 'mdi-eye-off'",),
                click=(actions.set_map_visible, f"[!{shown}.is_visible]"),
                title="Show or hide the map",
                size="x-small",
                variant="text",
                classes="map-eye",
            )
            v.VBtn(
                icon="mdi-close",
                click=actions.remove_map,
                title="Take the map away",
                size="x-small",
                variant="text",
                classes="map-close",
            )
        html.Div(f"{{{{ {shown}.region }}}}", classes="map-legend-region")
        html.Div(classes="map-legend-bar", style=f"background: {actions.map_gradient()}")
        with html.Div(classes="map-legend-ends"):
            html.Span(f"{{{{ {shown}.low }}}}", classes="map-low")
            html.Span(f"{{{{ {shown}.high }}}}", classes="map-high")


def _parameters(actions: RadiomicsActions) -> None:
    name = actions.name
    with html.Div(classes="d-flex ga-1 align-center"):
        v.VSelect(
            model_value=(name.file,),
            update_modelValue=(actions.choose, "[$event]"),
            items=(name.files,),
            label="Parameters",
            classes="parameter-file",
            **FIELD,
        )
        v.VBtn(
            icon=(f"{name.is_editor_open} ? 'mdi-chevron-up' : 'mdi-pencil'",),
            click=f"{name.is_editor_open} = !{name.is_editor_open}",
            title="Read and change the parameter file",
            classes="edit-parameters",
            **_ICON,
        )
        with html.Label(
            classes="load-parameters",
            title="Load a parameter file from your disk",
        ):
            v.VIcon("mdi-upload", size="x-small")
            html.Input(
                type="file",
                accept=".yaml,.yml,.json",
                change="const chosen = $event.target.files[0];"
                "chosen && chosen.text().then(text => "
                "trigger('load_parameters', [chosen.name, text]));"
                "$event.target.value = ''",
                raw_attrs=["hidden"],
            )
        v.VBtn(
            icon="mdi-download",
            click=f"utils.download({name.file}.replace(/[^\\w.-]+/g, '-') + '.yaml', "
            f"{name.text}, 'text/yaml')",
            title="Save the parameter file to your disk",
            classes="save-parameters",
            **_ICON,
        )
    with html.Div(v_if=(name.is_editor_open,), classes="mt-2"):
        v.VTextarea(
            v_model=(name.text,),
            rows=14,
            classes="parameter-text",
            raw_attrs=['aria-label="Parameter file"', 'spellcheck="false"', 'wrap="off"'],
            **FIELD,
        )
    with html.Div(v_if=(name.problem,), classes="parameter-problem"):
        v.VIcon("mdi-alert-circle", color="error", size="small")
        html.Span(f"{{{{ {name.problem} }}}}")
    html.Div(
        "The file is valid.",
        v_if=(f"{name.is_editor_open} && !{name.problem}",),
        classes="text-caption text-medium-emphasis parameter-valid",
    )


def _regions(actions: RadiomicsActions) -> None:
    name = actions.name
    html.Div(
        f"{{{{ {name.regions_note} }}}}", v_if=(name.regions_note,), classes="mt-3 regions-note"
    )
    with html.Table(classes="regions mt-3", v_if=(f"{name.regions}.length",)):
        with html.Thead(), html.Tr():
            html.Th("Region")
            for title in ("mL", "voxels"):
                html.Th(title, classes="number")
            html.Th()
        with (
            html.Tbody(),
            html.Tr(
                v_for=f"region in {name.regions}",
                key="region.name",
                raw_attrs=[':data-region="region.name"'],
            ),
        ):
            with html.Td():
                html.Div("{{ region.name }}", classes="wraps")
                html.Div("{{ region.note }}", v_if=("region.note",), classes="region-note wraps")
            html.Td("{{ region.volume }}", classes="number")
            html.Td("{{ region.voxels }}", classes="number")
            with html.Td():
                v.VBtn(
                    icon="mdi-crosshairs-gps",
                    v_if=("!region.note",),
                    click=(actions.jump_to, "[region.name]"),
                    title="Centre the views on it",
                    size="x-small",
                    variant="text",
                    density="comfortable",
                )


def _extraction(actions: RadiomicsActions) -> None:
    name = actions.name
    with html.Div(classes="d-flex ga-2 align-center mt-3"):
        v.VBtn(
            "Extract",
            v_if=(f"!{name.summary}",),
            click=(actions.extract, "[false]"),
            color="primary",
            size="small",
            disabled=(f"!!{name.run}.title || !!{name.problem} || !{name.regions}.length",),
            classes="extract",
        )
        html.Span(
            f"{{{{ {name.summary} }}}}",
            v_if=(name.summary,),
            classes="text-caption extraction-summary",
            style="flex: 1",
        )
        v.VBtn(
            "Again",
            v_if=(name.summary,),
            click=(actions.extract, "[true]"),
            title="Extract again instead of showing what was kept",
            disabled=(f"!!{name.run}.title",),
            classes="extract-again",
            **BUTTON,
        )


def _run(actions: RadiomicsActions) -> None:
    name = actions.name
    with html.Div(v_if=(f"{name.run}.title",), classes="extraction-run"):
        with html.Div(classes="d-flex justify-space-between"):
            html.Span(f"{{{{ {name.run}.title }}}}", classes="font-weight-bold")
            html.Span(f"{{{{ {name.run}.percent }}}} %", classes="number extraction-percent")
        v.VProgressLinear(
            model_value=(f"{name.run}.percent",), color="primary", height=6, classes="my-1"
        )
        with html.Div(classes="d-flex justify-space-between align-center ga-2"):
            html.Span(f"{{{{ {name.run}.message }}}}", classes="extraction-message wraps")
            v.VBtn(
                f"{{{{ {name.run}.is_ending ? 'Ending …' : 'Cancel' }}}}",
                click=actions.cancel,
                disabled=(f"{name.run}.is_ending",),
                classes="cancel-extraction",
                **BUTTON,
            )


def _omissions(actions: RadiomicsActions) -> None:
    with (
        html.Div(v_if=(f"{actions.name.omissions}.length",), classes="omissions mt-2"),
        html.Div(
            v_for=f"(omission, place) in {actions.name.omissions}",
            key="place",
            classes="omission wraps",
        ),
    ):
        html.Span("{{ omission.where }}: ", v_if=("omission.where",), classes="font-weight-bold")
        html.Span("{{ omission.reason }}")


def _files(actions: RadiomicsActions, patient: str) -> None:
    with html.Div(classes="d-flex ga-2 mt-2"):
        for label, title, suffix, trigger, kind in (
            ("CSV", "A row a value", "features.csv", "tidy_csv", "text/csv"),
            ("Wide CSV", "A row a region", "features.wide.csv", "wide_csv", "text/csv"),
            (
                "Provenance",
                "Parameters, versions, images and time",
                "features.provenance.json",
                "provenance",
                "application/json",
            ),
        ):
            v.VBtn(
                label,
                prepend_icon="mdi-download",
                click=f"utils.download({patient}.id + '.{suffix}', trigger('{trigger}'), '{kind}')",
                title=title,
                classes=f"download-{trigger.replace('_', '-')}",
                **BUTTON,
            )


def _table(actions: RadiomicsActions) -> None:
    name = actions.name
    with html.Div(classes="features-head"):
        v.VTextField(
            v_model=(name.text_filter,),
            placeholder="Filter, e.g. glcm tumor_1",
            prepend_inner_icon="mdi-magnify",
            clearable=True,
            classes="feature-filter",
            raw_attrs=['aria-label="Filter the features"'],
            **FIELD,
        )
        with html.Div(classes="feature-order"):
            html.Span("Order:", classes="text-medium-emphasis")
            for key, title in _COLUMNS.items():
                with html.Button(
                    click=f"if ({name.sort_key} !== '{key}') {{ {name.sort_key} = '{key}'; "
                    f"{name.is_descending} = false }} else if (!{name.is_descending}) "
                    f"{{ {name.is_descending} = true }} else {{ {name.sort_key} = ''; "
                    f"{name.is_descending} = false }}",
                    classes=(
                        f"['feature-order-key', {{'feature-order-on': {name.sort_key} === "
                        f"'{key}'}}]",
                    ),
                    title=f"Order by {title.lower()}; again for descending, then as extracted",
                ):
                    html.Span(title)
                    v.VIcon(
                        f"{{{{ {name.is_descending} ? 'mdi-arrow-down' : 'mdi-arrow-up' }}}}",
                        v_if=(f"{name.sort_key} === '{key}'",),
                        size="x-small",
                    )
    with html.Div(
        v_for=f"row in {name.rows}",
        key="row.key",
        classes="feature",
        raw_attrs=[":data-feature=\"row.region + ' ' + row.filter + ' ' + row.feature\""],
    ):
        with html.Div(classes="feature-row"):
            with html.Button(
                classes="feature-name",
                click=(actions.show_feature, "[row.key]"),
                title="Show it in the cohort",
            ):
                html.Div("{{ row.feature }}", classes="feature-title wraps")
                html.Div(
                    "{{ row.region }} · {{ row.filter }} · {{ row.feature_class }}",
                    classes="feature-of wraps",
                )
            with html.Div(classes="feature-value number", title=("row.exact",)):
                html.Span("{{ row.value }}", classes="feature-number")
                html.Span("{{ row.unit }}", classes="feature-unit")
            v.VBtn(
                icon="mdi-gradient-horizontal",
                click=(
                    actions.map_feature,
                    f"[row.key, {name.kernel_radius}, {name.is_kernel_masked}]",
                ),
                disabled=(f"!row.can_map || {name.is_mapping}",),
                title=("row.can_map ? 'Map it voxel by voxel' : 'A shape has no map'",),
                size="x-small",
                variant="text",
                density="comfortable",
                classes="map-feature",
            )
        with html.Div(v_if=(f"{name.feature_key} === row.key",), classes="distribution"):
            _distribution(actions)
    with html.Div(classes="feature-pages", v_if=(f"{name.rows_note}",)):
        for icon, title, page, can in (
            ("mdi-chevron-left", "Previous page", f"{name.page} - 1", f"{name.page} > 1"),
            (
                "mdi-chevron-right",
                "Next page",
                f"{name.page} + 1",
                f"{name.page} < {name.page_count}",
            ),
        ):
            v.VBtn(
                icon=icon,
                title=title,
                click=f"{name.page} = {page}",
                disabled=(f"!({can})",),
                size="x-small",
                variant="text",
            )
        html.Span(f"{{{{ {name.rows_note} }}}}", classes="feature-count")
    _kernel(actions)


def _distribution(actions: RadiomicsActions) -> None:
    name = actions.name
    with html.Div(classes="d-flex justify-space-between align-start"):
        html.Span(f"{{{{ {name.feature_note} }}}}", classes="distribution-note wraps")
        v.VBtn(
            icon="mdi-close",
            click=actions.hide_feature,
            title="Close",
            size="x-small",
            variant="text",
            density="comfortable",
        )
    with html.Div(v_if=(f"{name.feature_figure}.data",), classes="distribution-figure"):
        plotly.Figure(
            state_variable_name=name.feature_figure,
            display_mode_bar=("false",),
            responsive=True,
        )
    with html.Div(classes="d-flex justify-space-between align-center ga-2"):
        html.Span(f"{{{{ {name.cohort_note} }}}}", classes="text-caption cohort-note wraps")
        v.VBtn(
            "Extract all patients",
            click=actions.extract_all,
            disabled=(f"!!{name.run}.title",),
            title="One patient after the other, in processes of their own; can be cancelled",
            classes="extract-all",
            **BUTTON,
        )


def _kernel(actions: RadiomicsActions) -> None:
    name = actions.name
    with html.Div(classes="d-flex ga-2 align-center mt-2 kernel"):
        html.Span("Maps:", classes="text-medium-emphasis")
        v.VSelect(
            v_model=(name.kernel_radius,),
            items=(
                "kernels",
                [
                    {"value": r, "title": f"{2 * r + 1} × {2 * r + 1} × {2 * r + 1}"}
                    for r in (1, 2, 3)
                ],
            ),
            label="Voxels around each",
            classes="kernel-radius",
            **FIELD,
        )
        v.VCheckbox(
            v_model=(name.is_kernel_masked,),
            label="within the region only",
            density="compact",
            hide_details=True,
        )

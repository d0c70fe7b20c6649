"""The FLR part: begin or take up an edit, cut, paint, read what it means, save, compare."""

from __future__ import annotations

from trame.widgets import html
from trame.widgets import vuetify3 as v

from CRLMExplorerWeb.flr_actions import FlrActions
from CRLMExplorerWeb.panel.styles import BUTTON, FIELD


def flr_part(actions: FlrActions) -> None:
    """Lay out the FLR part."""
    name = actions.name
    with html.Div(v_if=(f"!{name.is_editing}",), classes="flr"):
        _beginning(actions)
        _revisions(actions)
    with html.Div(v_if=(name.is_editing,), classes="flr"):
        _alarms(actions)
        _tools(actions)
        _figures(actions)
        _steps(actions)
        _saving(actions)


def _beginning(actions: FlrActions) -> None:
    name = actions.name
    html.Div(f"{{{{ {name.elsewhere} }}}}", v_if=(name.elsewhere,), classes="elsewhere mb-2")
    with v.VAlert(
        v_if=(name.pending,), type="warning", variant="tonal", density="compact", classes="pending"
    ):
        html.Div(f"{{{{ {name.pending} }}}}", classes="mb-2")
        v.VBtn("Take up again", click=actions.resume, classes="mr-2", **BUTTON)
        v.VBtn("Forget", click=actions.discard_pending, **BUTTON)
    with html.Div(classes="d-flex ga-2 align-center"):
        v.VSelect(
            v_model=(name.start,),
            items=(name.starts,),
            label="Start from",
            classes="flr-start",
            **FIELD,
        )
        v.VBtn(
            "Edit the FLR",
            click=(actions.begin, f"[{name.start}]"),
            color="primary",
            disabled=(f"!!{name.pending}",),
            classes="flr-begin",
        )


def _revisions(actions: FlrActions) -> None:
    name = actions.name
    html.Div("Revisions", classes="clinical-title px-0")
    html.Div(
        "None yet: the released FLR is all there is.",
        v_if=(f"!{name.revisions}.length",),
        classes="text-medium-emphasis",
    )
    with (
        html.Table(classes="revisions", v_if=(f"{name.revisions}.length",)),
        html.Tbody(),
        html.Tr(v_for=f"revision in {name.revisions}", key="revision.number"),
    ):
        html.Td("{{ revision.number }}")
        html.Td("{{ revision.when }}")
        html.Td("{{ revision.reader }}", title=("revision.note",))
        html.Td("{{ revision.flr }}", classes="number")
        with html.Td():
            v.VBtn(
                "Open",
                click=(actions.open_revision, "[revision.series_uid]"),
                size="x-small",
                variant="text",
            )
    with html.Div(v_if=(f"{name.revisions}.length",), classes="d-flex ga-2 align-center mt-2"):
        for field, label in ((name.compare_one, "Compare"), (name.compare_other, "with")):
            v.VSelect(
                v_model=(field,),
                items=(f"{name.starts}.filter(start => start.value !== 'liver')",),
                label=label,
                **FIELD,
            )
        v.VBtn(
            icon="mdi-compare",
            click=(actions.compare, f"[{name.compare_one}, {name.compare_other}]"),
            title="Compare",
            classes="compare",
            **BUTTON,
        )
    html.Div(f"{{{{ {name.compared} }}}}", classes="comparison mt-2")


def _alarms(actions: FlrActions) -> None:
    with html.Div(
        v_for=f"alarm in {actions.name.alarms}",
        key="alarm.message",
        classes=("['flr-alarm', alarm.is_alarm ? 'flr-alarm-loud' : '']",),
    ):
        v.VIcon(
            "{{ alarm.is_alarm ? 'mdi-alert-octagon' : 'mdi-information-outline' }}", size="small"
        )
        html.Span("{{ alarm.message }}")


def _tools(actions: FlrActions) -> None:
    _hand(actions)
    _curve(actions)
    _plane(actions)
    _wedge(actions)
    _islands(actions)
    _whole(actions)


def _hand(actions: FlrActions) -> None:
    name = actions.name
    with html.Div(classes="d-flex ga-2 align-center mt-3"):
        with v.VBtnToggle(
            v_model=(name.tool,), mandatory=True, density="compact", variant="outlined"
        ):
            for tool, icon, title in (
                ("look", "mdi-crosshairs", "Look: move the crosshair (Escape)"),
                ("paint", "mdi-brush", "Paint remnant (b)"),
                ("erase", "mdi-eraser", "Erase remnant (e)"),
                ("scissors", "mdi-content-cut", "Draw around what is cut out (x)"),
                ("curve", "mdi-vector-curve", "Place the points of a transection curve (c)"),
            ):
                with v.VBtn(value=tool, size="small", title=title, classes=f"tool-{tool}"):
                    v.VIcon(icon)
        v.VTextField(
            v_model_number=(name.brush_mm,),
            type="number",
            label="mm",
            title="Diameter of the brush",
            style="max-width: 70px",
            classes="brush",
            **FIELD,
        )
        v.VCheckbox(
            v_model=(name.is_ball,),
            label="3D",
            classes="ball",
            density="compact",
            hide_details=True,
            title="Paint with a ball instead of within the slice",
        )
        v.VSpacer()
        for icon, title, action, can in (
            ("undo", "Undo (z)", actions.undo, name.can_undo),
            ("redo", "Redo (y)", actions.redo, name.can_redo),
        ):
            v.VBtn(
                icon=f"mdi-{icon}",
                title=title,
                click=action,
                disabled=(f"!{can}",),
                size="x-small",
                variant="tonal",
                classes=icon,
            )


def _curve(actions: FlrActions) -> None:
    name = actions.name
    with html.Div(v_if=(f"{name.tool} === 'curve' || {name.curve_points}.length",)):
        with html.Div(classes="d-flex ga-2 align-center mt-2"):
            html.Span(
                "Curve: click points in two slices or more; drag or type to move them.",
                classes="text-medium-emphasis",
            )
            v.VSpacer()
            v.VBtn(
                "Flip",
                title="Remove the other side",
                click=actions.flip_curve,
                classes="flip-curve",
                **BUTTON,
            )
        with html.Div(classes="curve-points mt-1"):
            with html.Div(
                v_for=f"point in {name.curve_points}", key="point.index", classes="curve-point"
            ):
                html.Span("{{ point.index + 1 }}", classes="number")
                html.Input(
                    value=("point.text",),
                    change=(actions.set_curve_point, "[point.index, $event.target.value]"),
                    raw_attrs=[':aria-label="`Point ${point.index + 1}: R, A, S in mm`"'],
                )
                v.VBtn(
                    icon="mdi-close",
                    title="Take this point away",
                    click=(actions.drop_curve_point, "[point.index]"),
                    size="x-small",
                    variant="text",
                )
            with html.Div(classes="curve-point"):
                html.Span("+", classes="number")
                html.Input(
                    v_model=(name.new_point,),
                    keyup_enter=(actions.add_curve_point, f"[{name.new_point}]"),
                    __events=[("keyup_enter", "keyup.enter")],
                    raw_attrs=['placeholder="R, A, S in mm"', 'aria-label="Next point"'],
                    classes="new-point",
                )
                v.VBtn(
                    icon="mdi-plus",
                    title="Add this point",
                    click=(actions.add_curve_point, f"[{name.new_point}]"),
                    size="x-small",
                    variant="text",
                    classes="add-point",
                )


def _plane(actions: FlrActions) -> None:
    name = actions.name
    with html.Div(classes="d-flex ga-2 align-center mt-3"):
        v.VTextField(
            v_model=(name.point,),
            label="Plane: point R, A, S",
            title="In RAS millimetres",
            classes="plane-point",
            **FIELD,
        )
        v.VTextField(
            v_model=(name.normal,),
            label="Normal R, A, S",
            title="Points to the removed side",
            classes="plane-normal",
            **FIELD,
        )
        v.VBtn(
            "Set",
            click=(actions.set_plane, f"[{name.point}, {name.normal}]"),
            classes="set-plane",
            **BUTTON,
        )


def _wedge(actions: FlrActions) -> None:
    name = actions.name
    with html.Div(classes="d-flex ga-2 align-center mt-3"):
        v.VSelect(
            v_model=(name.wedge_tumor,),
            items=(name.tumors,),
            label="Wedge around",
            classes="wedge-tumor",
            **FIELD,
        )
        v.VTextField(
            v_model=(name.wedge_margin_mm,),
            label="mm",
            title="Margin of a wedge, radius of a sphere",
            style="max-width: 84px",
            classes="wedge-margin",
            **FIELD,
        )
        v.VBtn(
            "Cut",
            click=(actions.add_wedge, f"[{name.wedge_tumor}, {name.wedge_margin_mm}]"),
            classes="add-wedge",
            **BUTTON,
        )


def _islands(actions: FlrActions) -> None:
    name = actions.name
    with html.Div(classes="d-flex ga-2 align-center mt-3"):
        v.VTextField(
            v_model=(name.islands_ml,),
            label="Islands below, mL",
            classes="islands",
            **FIELD,
        )
        v.VBtn(
            "Remove",
            title="Remove small islands of the remnant",
            click=(actions.remove_small_islands, f"[{name.islands_ml}]"),
            classes="remove-islands",
            **BUTTON,
        )
        v.VBtn(
            "Keep largest",
            title="Keep the largest island of the remnant only",
            click=actions.keep_largest_island,
            classes="keep-largest",
            **BUTTON,
        )


def _whole(actions: FlrActions) -> None:
    name = actions.name
    with html.Div(classes="d-flex ga-2 mt-3 flex-wrap"):
        v.VBtn("New plane", click=actions.add_plane, classes="add-plane", **BUTTON)
        with v.VMenu():
            with v.Template(v_slot_activator="{ props }"):
                v.VBtn(
                    "Hepatectomy",
                    v_bind="props",
                    append_icon="mdi-menu-down",
                    classes="hepatectomies",
                    **BUTTON,
                )
            with v.VList(density="compact"):
                v.VListItem(
                    v_for=f"one in {name.hepatectomies}",
                    key="one.value",
                    title=("one.title",),
                    click=(actions.add_hepatectomy, "[one.value]"),
                )
        for label, title, action in (
            ("Smooth", "Smooth the transection", actions.smooth),
            ("Revert", "Back to the released FLR", actions.revert),
        ):
            v.VBtn(label, title=title, click=action, **BUTTON)


def _figures(actions: FlrActions) -> None:
    name = actions.name
    html.Div(f"{{{{ {name.hint} }}}}", v_if=(name.hint,), classes="comparison mt-2")
    with html.Div(classes="mt-3"):
        with html.Div(v_for=f"figure in {name.figures}", key="figure.name", classes="size"):
            html.Span("{{ figure.name }}")
            html.Span("{{ figure.value }}", classes="number")
        html.Div(f"{{{{ {name.comparison} }}}}", classes="comparison mt-1")
    v.VSwitch(
        model_value=(name.is_colored,),
        update_modelValue=(actions.color_by_distance, "[$event]"),
        label="Colour the remnant by distance to tumours: red 0, blue 30 mm",
        color="primary",
        density="compact",
        hide_details=True,
        classes="by-distance",
    )
    with html.Table(classes="margins mt-2"):
        with html.Thead(), html.Tr():
            for title in ("Tumour", "", "Margin"):
                html.Th(title)
        with (
            html.Tbody(),
            html.Tr(v_for=f"margin in {name.margins}", key="margin.tumor"),
        ):
            html.Td("{{ margin.tumor }}")
            with html.Td():
                v.VChip(
                    "{{ margin.status }}", color=("margin.color",), size="x-small", variant="flat"
                )
            html.Td("{{ margin.margin }}", classes=("['number', {'text-error': margin.is_close}]",))


def _steps(actions: FlrActions) -> None:
    name = actions.name
    html.Div("Steps", classes="clinical-title px-0")
    with html.Div(classes="steps"):
        html.Button(
            "{{ step.label }}",
            v_for=f"step in {name.steps}",
            key="step.position",
            click=(actions.jump, "[step.position]"),
            classes=("['step', {'step-current': step.is_current}]",),
        )


def _saving(actions: FlrActions) -> None:
    name = actions.name
    html.Div("Keep", classes="clinical-title px-0")
    with html.Div(classes="d-flex ga-2"):
        v.VTextField(
            v_model=(name.reader,),
            label="Reader",
            style="max-width: 140px",
            classes="reader",
            **FIELD,
        )
        v.VTextField(v_model=(name.note,), label="Note", classes="revision-note", **FIELD)
    with html.Div(classes="d-flex ga-2 mt-2"):
        v.VBtn(
            "Save revision",
            click=(actions.save, f"[{name.reader}, {name.note}]"),
            color="primary",
            size="small",
            disabled=(f"!{name.is_dirty}",),
            classes="save-revision",
        )
        v.VBtn("Keep for later", click=(actions.finish, "[true]"), classes="keep-edit", **BUTTON)
        v.VBtn("Discard", click=(actions.finish, "[false]"), classes="discard-edit", **BUTTON)

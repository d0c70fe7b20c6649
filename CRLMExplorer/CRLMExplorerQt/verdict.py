"""Whether a remnant suffices, as a label shows it."""

from __future__ import annotations

from html import escape

from CRLMExplorerLib.review.wording import Verdict

_COLORS = {True: "#2e7d32", False: "#c62828", None: "#5f6b7a"}


def verdict_html(said: Verdict) -> str:
    """The percentage, large, and the verdict on its colour."""
    return (
        f"<span style='font-size:x-large'><b>{escape(said.percent)}</b></span>"
        "&nbsp; FLR of functional liver &nbsp;"
        f"<span style='background-color:{_COLORS[said.adequate]};color:white'>"
        f"&nbsp;{escape(said.text)}&nbsp;</span>"
    )

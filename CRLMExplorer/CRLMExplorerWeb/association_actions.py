"""What a reader does to find what goes with survival, and what the page shows of it."""

from __future__ import annotations

from collections.abc import Callable

from trame_server.utils.typed_state import TypedState

from CRLMExplorerLib.cohort.endpoint import Endpoint
from CRLMExplorerLib.review import ReviewSession
from CRLMExplorerWeb import association_presenter as presenter
from CRLMExplorerWeb.association_state import AssociationState


class AssociationActions:
    """Binds the associations part of the page to the session's `Associations`.

    Parameters
    ----------
    session
        The review session.
    typed
        The part's state.
    group_by
        Shows the curves by a variable, in the survival part.
    """

    def __init__(
        self,
        session: ReviewSession,
        typed: TypedState[AssociationState],
        group_by: Callable[[str], None],
    ) -> None:
        self._associations = session.associations
        self._radiomics = session.radiomics
        self._group_by = group_by
        self._endpoint = Endpoint.OVERALL
        self._features = session.associations.features
        self.name = typed.name
        self._page = typed.data
        self._associations.changed.connect(self._changed)
        typed.bind_changes({(typed.name.text_filter, typed.name.sort_key): self._show_rows})
        self._show()

    def test(self) -> None:
        """Test all variables against the endpoint."""
        self._associations.test(self._endpoint)

    def add_features(self) -> None:
        """Take in what was extracted of all patients with the parameters that are chosen."""
        self._radiomics.read_cohort()

    def choose(self, variable: str) -> None:
        """Show the curves by a variable of the table."""
        self._group_by(variable)

    def show_endpoint(self, endpoint: str) -> None:
        """Show the table of another endpoint."""
        self._endpoint = Endpoint(endpoint)
        self._show()

    def _changed(self) -> None:
        if self._features is not self._associations.features:
            self._features = self._associations.features
            # The curves may be those of a feature that is gone.
            self._group_by("")
        self._show()

    def _show(self) -> None:
        page = self._page
        page.is_testing = self._associations.is_testing(self._endpoint)
        page.is_tested = self._associations.table_of(self._endpoint) is not None
        page.has_features = self._associations.features is not None
        page.sources = presenter.sources(self._associations.features)
        self._show_rows()

    def _show_rows(self, *_: object) -> None:
        page, cox = self._page, self._associations.table_of(self._endpoint)
        rows = presenter.chosen(cox, page.text_filter or "", page.sort_key)
        page.rows = presenter.association_rows(rows, self._associations.features)
        page.rows_note = presenter.rows_note(rows, cox)

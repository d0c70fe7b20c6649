"""Serves the review on this machine only."""

from __future__ import annotations

import socket
import sys
import webbrowser

from trame.app import get_server

from CRLMExplorerLib.cohort.clinical import ClinicalTable
from CRLMExplorerLib.dicom.catalog import DicomDatabase
from CRLMExplorerLib.errors import CRLMExplorerError
from CRLMExplorerWeb.app import ReviewApp
from CRLMExplorerWeb.guard import Guard

LOOPBACK = "127.0.0.1"


class PortInUse(CRLMExplorerError):
    """Another program listens on the port."""


def run(
    database: DicomDatabase, table: ClinicalTable | None, port: int, open_browser: bool
) -> None:
    """Serve until interrupted.

    Parameters
    ----------
    port
        Port on the loopback interface; 0 takes a free one.
    open_browser
        Whether to open the address in the reader's browser.

    Raises
    ------
    PortInUse
        If another program listens on the port.
    """
    _require_free(port)
    guard = Guard()
    server = get_server(client_type="vue3")
    server.controller.on_server_bind.add(lambda bound: guard.protect(bound.app))
    ReviewApp(server, database, table)

    def announce(**_: object) -> None:
        address = guard.address(LOOPBACK, server.port)
        print(f"CRLM Explorer is at {address}\nPress Ctrl+C to stop it.", flush=True)
        if open_browser:
            webbrowser.open(address)

    server.controller.on_server_ready.add(announce)
    # trame reads the program's own arguments; ours are not for it.
    sys.argv = sys.argv[:1]
    server.start(
        port=port,
        host=LOOPBACK,
        open_browser=False,
        show_connection_info=False,
        timeout=0,
        disable_logging=True,
    )


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise PortInUse(
                f"Port {port} on {LOOPBACK} is in use by another program: choose another with "
                "--port, or 0 for a free one."
            ) from error

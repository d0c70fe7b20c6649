"""Face 1: the command line ``crlm-explorer``.

Each file holds the commands of one task; they ask the library and print, nothing else. A command
imports what it asks when it runs: the libraries below take seconds to load, which ``--help`` or a
list of patients should not.
"""

from CRLMExplorerLib.cli.app import main

__all__ = ["main"]

"""Face 1: the command line ``crlm-explorer``.

Each file holds the commands of one task; they ask the library and print, nothing else.
"""

from CRLMExplorerLib.cli.app import main

__all__ = ["main"]

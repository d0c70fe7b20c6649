"""CRLM Explorer: the library that the Slicer module, the browser and the command line drive.

It knows patients, segments, volumes and survival; it never imports ``qt``, ``ctk`` or ``trame``.
"""

from CRLMExplorerLib.version import VERSION as __version__

__all__ = ["__version__"]

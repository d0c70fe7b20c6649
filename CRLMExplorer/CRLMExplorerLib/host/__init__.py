"""Where the library runs: inside the Slicer application or on the headless Slicer core.

This room gives the scene to work in; it knows nothing of patients.
"""

from CRLMExplorerLib.host.desktop import DesktopHost
from CRLMExplorerLib.host.headless import HeadlessHost
from CRLMExplorerLib.host.host import Host

__all__ = ["DesktopHost", "HeadlessHost", "Host"]

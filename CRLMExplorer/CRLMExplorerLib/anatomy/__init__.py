"""What the segments of a liver with metastases are: their roles, order and colours.

This room knows names and codes; it knows no files, voxels or scene.
"""

from CRLMExplorerLib.anatomy.role import Coded, Role, role_of

__all__ = ["Coded", "Role", "role_of"]

"""The panel in Slicer: it shows a `ReviewSession` and calls its operations.

Written for PythonQt: properties are values, and only what Slicer's `qt` and `ctk` have is used.
"""

"""The cohort's spreadsheet: clinical records, survival and Table 1.

This room knows patients only as rows of a table; it must not know images, the scene or a face.
"""

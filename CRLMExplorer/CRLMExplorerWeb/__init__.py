"""Face 3: the review in a browser, on trame-slicer.

It shows the state of a `ReviewSession` and calls its operations; it computes nothing of its own.
"""

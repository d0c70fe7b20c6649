"""Radiomic features of regions of a CT: pyradiomics' numbers, sooner.

This room knows arrays, masks, parameter files and tables of features; it knows no patient list,
no scene and no face.
"""

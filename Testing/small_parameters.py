"""Parameter files of the tests of both faces."""

from __future__ import annotations

TUMORS = """\
setting:
  binWidth: 25
imageType:
  Original: {}
featureClass:
  shape: [MeshVolume]
  firstorder: [Mean, Entropy]
  glcm: [Contrast]
regions:
  - "{tumor}": each tumor
"""
"""Done in a moment; more regions may be added to its end."""

LONG = """\
imageType:
  Original: {}
  Wavelet: {}
  LoG: {sigma: [1.0, 2.0, 3.0, 4.0, 5.0]}
regions:
  - Liver: liver
"""
"""Takes long enough to be stopped."""

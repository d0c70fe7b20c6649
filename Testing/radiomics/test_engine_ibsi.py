"""Values that the Image Biomarker Standardisation Initiative publishes for its digital phantom.

Zwanenburg et al., Radiology 295:328, 2020, and its reference manual, arXiv:1612.07003: voxels of
2 mm, no discretisation, three dimensions, averaged over directions. Only features that pyradiomics
defines as IBSI does; its kurtosis is not the excess, and its axes divide by n instead of n - 1.
"""

import numpy as np
import pytest

from CRLMExplorerLib.geometry import Mask
from CRLMExplorerLib.radiomics.engine import extract
from CRLMExplorerLib.radiomics.parameters import Parameters
from measure.shapes import grid_of
from pyradiomics_reference import features_of

_OUT = 9
PHANTOM = np.array(
    [
        [[1, 4, 4, 1, 1], [1, 4, 6, 1, 1], [4, 1, 6, 4, 1], [4, 4, 6, 4, 1]],
        [[1, 4, 4, 1, 1], [1, 1, 6, 1, 1], [_OUT, 1, 3, 1, 1], [4, 4, 6, 1, 1]],
        [[1, 4, 4, _OUT, _OUT], [1, 1, 1, 1, 1], [1, 1, _OUT, 1, 1], [1, 1, 6, 1, 1]],
        [[1, 4, 4, _OUT, _OUT], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [1, 1, 6, 1, 1]],
    ],
    dtype=np.int16,
)

PUBLISHED = {
    "shape_MeshVolume": 556,
    "shape_VoxelVolume": 592,
    "shape_SurfaceArea": 388,
    "shape_SurfaceVolumeRatio": 0.698,
    "shape_Maximum3DDiameter": 13.1,
    "shape_Elongation": 0.816,
    "shape_Flatness": 0.749,
    "firstorder_Mean": 2.15,
    "firstorder_Variance": 3.05,
    "firstorder_Skewness": 1.08,
    "firstorder_Kurtosis": 3 - 0.355,
    "firstorder_Median": 1,
    "firstorder_Minimum": 1,
    "firstorder_90Percentile": 4,
    "firstorder_Maximum": 6,
    "firstorder_InterquartileRange": 3,
    "firstorder_MeanAbsoluteDeviation": 1.55,
    "firstorder_RobustMeanAbsoluteDeviation": 1.11,
    "firstorder_Energy": 567,
    "firstorder_RootMeanSquared": 2.77,
    "firstorder_Entropy": 1.27,
    "firstorder_Uniformity": 0.512,
    "glcm_JointAverage": 2.14,
    "glcm_JointEntropy": 2.40,
    "glcm_JointEnergy": 0.303,
    "glcm_Contrast": 5.32,
    "glcm_Correlation": 0.157,
    "glcm_ClusterTendency": 7.07,
    "glcm_DifferenceEntropy": 1.56,
    "glcm_Imc1": -0.157,
    "glcm_Imc2": 0.520,
    "glrlm_ShortRunEmphasis": 0.705,
    "glrlm_LongRunEmphasis": 3.06,
    "glrlm_RunPercentage": 0.680,
    "glszm_SmallAreaEmphasis": 0.255,
    "glszm_LargeAreaEmphasis": 550,
    "glszm_GrayLevelNonUniformity": 1.40,
    "glszm_ZonePercentage": 0.0676,
    "glszm_ZoneEntropy": 2.32,
    "ngtdm_Coarseness": 0.0296,
    "ngtdm_Contrast": 0.584,
    "ngtdm_Busyness": 6.54,
    "ngtdm_Complexity": 13.5,
    "ngtdm_Strength": 0.763,
    "gldm_SmallDependenceEmphasis": 0.045,
    "gldm_LargeDependenceEmphasis": 109,
    "gldm_DependenceNonUniformity": 4.86,
    "gldm_DependenceEntropy": 4.40,
}


@pytest.fixture(scope="module")
def features():
    grid = grid_of(PHANTOM.shape, (2.0, 2.0, 2.0))
    mask = Mask.from_array(grid, PHANTOM != _OUT)
    parameters = Parameters("phantom", {"binWidth": 1}, {"Original": {}}, {})
    return features_of(extract(PHANTOM, {"phantom": mask}, grid, parameters), "phantom")


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_value(features, name):
    # Published with three digits.
    assert features[f"original_{name}"] == pytest.approx(PUBLISHED[name], rel=5e-3)

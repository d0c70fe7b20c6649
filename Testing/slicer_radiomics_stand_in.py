"""A stand-in of Slicer's extension SlicerRadiomics: its logic's calls, nodes and table.

The features are pyradiomics' own: as the extension does, its command line runs in another process
on files of the nodes, whose CSV becomes text cells. What it cannot prove: Slicer's way of running
command-line modules, and how nodes are written there.
"""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import SimpleITK as sitk
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkStringArray
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from CRLMExplorerLib.geometry import lps_to_ras

_PYRADIOMICS = Path(sys.executable).with_name("pyradiomics")
_TEXT_COLUMNS = ("Image type", "Feature Class", "Feature Name")


class SlicerRadiomicsLogic:
    """Stands in for the class of that name; only label maps are taken as masks.

    Parameters
    ----------
    scene
        The scene, which in Slicer is the application's.

    Attributes
    ----------
    runs
        Shape of each image that was extracted from: slices, rows, columns.
    """

    def __init__(self, scene: Any) -> None:
        self.runSync = False
        self.runs: list[tuple[int, ...]] = []
        self._scene = scene

    def runCLIWithParameterFile(
        self, imageNode: Any, maskNode: Any, tableNode: Any, parameterFilePath: str, callback=None
    ) -> None:
        assert self.runSync, "the stand-in does not run in the background"
        assert maskNode.IsA("vtkMRMLLabelMapVolumeNode")
        output = self._scene.AddNewNodeByClass("vtkMRMLTableNode")
        # Slicer keeps the node of a command-line module that has run.
        self._scene.AddNewNodeByClass("vtkMRMLScriptedModuleNode", "stands in for a CLI node")
        tableNode.RemoveAllColumns()
        for name in _TEXT_COLUMNS:
            tableNode.AddColumn(_named(vtkStringArray(), name))
        image, mask = _image_of(imageNode), _image_of(maskNode)
        self.runs.append(image.GetSize()[::-1])
        for label in np.unique(sitk.GetArrayViewFromImage(mask)).tolist():
            if label == 0:
                continue
            features = _by_pyradiomics(image, mask, parameterFilePath, label)
            column = tableNode.AddColumn()
            column.SetName(f"{maskNode.GetName()}_label_{label}")
            for key, value in features.items():
                parts = key.split("_", 3)
                if len(parts) < 3:
                    continue
                row = tableNode.AddEmptyRow()
                for index, part in enumerate(parts[:3]):
                    tableNode.SetCellText(row, index, part)
                column.SetValue(row, value)
        self._scene.RemoveNode(output)
        if callback is not None:
            callback()


def _by_pyradiomics(
    image: sitk.Image, mask: sitk.Image, parameters: str, label: int
) -> dict[str, str]:
    with TemporaryDirectory() as folder:
        image_file, mask_file, out = (Path(folder) / name for name in ("i.nrrd", "m.nrrd", "o.csv"))
        sitk.WriteImage(image, image_file)
        sitk.WriteImage(mask, mask_file)
        subprocess.run(
            [
                str(_PYRADIOMICS),
                str(image_file),
                str(mask_file),
                f"--param={parameters}",
                f"--setting=label:{label}",
                "--setting=correctMask:True",
                "--format=csv",
                f"--out={out}",
            ],
            stderr=subprocess.DEVNULL,
            check=False,
        )
        rows = list(csv.DictReader(out.open(newline=""))) if out.exists() else []
    return rows[0] if rows else {}


def _image_of(node: Any) -> sitk.Image:
    data = node.GetImageData()
    array = vtk_to_numpy(data.GetPointData().GetScalars()).reshape(data.GetDimensions()[::-1])
    matrix = vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    lps = lps_to_ras([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(node.GetSpacing())
    image.SetOrigin(lps[:3, 3].tolist())
    image.SetDirection((lps[:3, :3] / node.GetSpacing()).ravel().tolist())
    return image


def _named(column: vtkStringArray, name: str) -> vtkStringArray:
    column.SetName(name)
    return column

"""The headless Slicer core has what the library asks of a host, as often as one is made."""

from __future__ import annotations

import subprocess
import sys

import pytest

from CRLMExplorerLib.host import HeadlessHost, Host


@pytest.fixture
def host() -> HeadlessHost:
    return HeadlessHost()


def test_it_is_a_host(host):
    def scene_of(some_host: Host):
        return some_host.scene

    assert scene_of(host).IsA("vtkMRMLScene")
    assert host.application_logic.GetMRMLScene() is host.scene


@pytest.mark.parametrize("name", ["Terminologies", "Segmentations", "Volumes", "SubjectHierarchy"])
def test_module_logics_are_registered_with_its_scene(host, name):
    logic = host.application_logic.GetModuleLogic(name)
    assert logic.GetMRMLScene() is host.scene
    assert logic.GetMRMLApplicationLogic() is host.application_logic


def test_volumes_and_slices_find_their_defaults(host):
    assert host.scene.GetNodeByID("vtkMRMLColorTableNodeGrey") is not None
    slice_node = host.scene.AddNewNodeByClass("vtkMRMLSliceNode", "Red")
    assert slice_node.SetOrientation("Axial")
    assert slice_node.SetOrientation("Coronal")


def test_terminologies_know_the_dicom_master_list(host):
    assert host.terminologies.IsTerminologyContextLoaded(
        "Segmentation category and type - DICOM master list"
    )


def test_two_hosts_do_not_share_a_scene(host):
    other = HeadlessHost()
    other.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "CT")
    assert host.scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == 0


def test_a_process_with_a_host_ends_cleanly_and_says_nothing():
    code = (
        "from CRLMExplorerLib.host import HeadlessHost\n"
        "host = HeadlessHost()\n"
        "host.scene.AddNewNodeByClass('vtkMRMLSegmentationNode', 'DSO')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

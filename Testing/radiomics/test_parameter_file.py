import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from radiomics.featureextractor import RadiomicsFeatureExtractor
from ruamel.yaml import YAML

import radiomics
from CRLMExplorerLib.radiomics.errors import ParameterError
from CRLMExplorerLib.radiomics.parameter_file import (
    parameters_from_text,
    parameters_to_text,
    read_parameters,
)
from CRLMExplorerLib.radiomics.parameters import Parameters
from CRLMExplorerLib.radiomics.region import Region
from CRLMExplorerLib.radiomics.regions import DEFAULT_REGIONS
from CRLMExplorerLib.radiomics.setting_rules import (
    FEATURE_CLASSES,
    IMAGE_TYPES,
    SETTINGS,
    VOXEL_SETTINGS,
)
from CRLMExplorerLib.radiomics.shipped import shipped_parameters

DEFAULTS = RadiomicsFeatureExtractor._getDefaultSettings()

PYRADIOMICS_FILES = {
    "ct": """
imageType:
  Original: {}
  LoG:
    sigma: [1.0, 2, 5.0]  # a comment
  Wavelet: {start_level: 0, level: 2, wavelet: 'haar'}
featureClass:
  shape:
  firstorder: []
  glcm:
    - 'Autocorrelation'
    - Contrast
  glrlm:
setting:
  interpolator: 'sitkBSpline'
  resampledPixelSpacing: [1, 1, 1]
  padDistance: 10
  binWidth: 25
  voxelArrayShift: 1000
  label: 1
""",
    "mr in slices": """
setting:
  normalize: true
  normalizeScale: 100
  removeOutliers: 3
  resampledPixelSpacing: [2, 2, 0]
  interpolator: 3
  preCrop: true
  force2D: true
  force2Ddimension: 0
  binWidth: 5
  distances: [1, 2]
  weightingNorm: manhattan
  resegmentRange: [-3, 3]
  resegmentMode: sigma
featureClass:
  shape2D:
  ngtdm:
""",
    "nothing meant": """
setting:
  resampledPixelSpacing: # none
  weightingNorm:
  interpolator: ~
  binCount: null
""",
    "no settings": "setting: {}\n",
    "no features": "featureClass: {}\nimageType: {}\n",
    "one filter": "imageType:\n  Gradient: {gradientUseSpacing: false}\n",
    "deprecated features": "featureClass:\n  shape: [Compactness1, SphericalDisproportion]\n",
    "numbers": "setting: {binWidth: 2.5e1, geometryTolerance: 1e-06, gldm_a: 0x2, level: 1_0}",
    "merged": "imageType: {Wavelet: &own {binWidth: 3}, LoG: {<<: *own, sigma: [1.5]}}",
    "json": '{"setting": {"binWidth": 1e1, "force2D": false}, "featureClass": {"glcm": null}}',
    "json with tabs": '{\n\t"setting": {\n\t\t"binWidth": 10\n\t}\n}\n',
}


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.CRITICAL, "radiomics")
    caplog.set_level(logging.CRITICAL, "pykwalify")


def extractor_of(text: str, folder: Path) -> RadiomicsFeatureExtractor:
    """What pyradiomics itself makes of a file."""
    file = folder / ("p.json" if text.startswith("{") else "p.yaml")
    file.write_text(text, encoding="utf-8")
    return RadiomicsFeatureExtractor(str(file))


def features(by_class) -> dict[str, list[str]]:
    return {name: list(some or ()) for name, some in by_class.items()}


def same(one: Parameters, other: Parameters) -> bool:
    return one.sha256 == other.sha256 and list(one.image_types) == list(other.image_types)


@pytest.mark.parametrize("text", PYRADIOMICS_FILES.values(), ids=PYRADIOMICS_FILES)
def test_a_file_means_what_it_means_to_pyradiomics(text, tmp_path):
    extractor = extractor_of(text, tmp_path)
    found = parameters_from_text(text, "p")
    assert {**DEFAULTS, **found.settings} == extractor.settings
    assert dict(found.image_types) == extractor.enabledImagetypes
    assert features(found.feature_classes) == features(extractor.enabledFeatures)
    assert list(found.feature_classes) == list(extractor.enabledFeatures)
    assert found.regions == DEFAULT_REGIONS


def test_settings_of_maps_are_read_and_decide_no_feature(tmp_path):
    text = (
        "voxelSetting: {kernelRadius: 2, maskedKernel: true, initValue: nan, voxelBatch: 10000}\n"
        "setting: {binWidth: 25}\n"
    )
    assert extractor_of(text, tmp_path).settings["kernelRadius"] == 2
    found = parameters_from_text(text, "p")
    assert found.settings == {"binWidth": 25}


def test_the_rules_are_those_of_pyradiomics_schema():
    schema = YAML(typ="safe").load(Path(radiomics.getParameterValidationFiles()[0]))
    ranges = {"min": "minimum", "min-ex": "above", "max": "maximum"}
    types = {"int": int, "float": float, "bool": bool, "str": str}
    for block, rules in (("setting", SETTINGS), ("voxelSetting", VOXEL_SETTINGS)):
        theirs = schema["mapping"][block]["mapping"]
        assert set(rules) == set(theirs)
        for name, wanted in theirs.items():
            rule, one = rules[name], wanted["seq"][0] if "seq" in wanted else wanted
            assert (rule.lengths is not None) == ("seq" in wanted), name
            if one["type"] != "any":
                assert types[one["type"]] in rule.kinds, name
            assert set(one.get("enum", rule.choices)) == set(rule.choices), name
            if not name.startswith("label"):
                for theirs_range, ours in ranges.items():
                    wanted_bound = one.get("range", {}).get(theirs_range)
                    if one["type"] != "any":
                        assert getattr(rule, ours) == wanted_bound, name


def test_the_filters_and_classes_are_pyradiomics():
    assert set(IMAGE_TYPES) == set(radiomics.getImageTypes())
    assert list(FEATURE_CLASSES) == list(radiomics.getFeatureClasses())


@pytest.mark.parametrize("text", PYRADIOMICS_FILES.values(), ids=PYRADIOMICS_FILES)
def test_what_is_written_is_read_as_the_same(text):
    found = parameters_from_text(text, "p")
    again = parameters_from_text(parameters_to_text(found), "p")
    assert same(found, again)
    assert again.settings == found.settings


def test_regions_are_read_and_written():
    text = """
regions:
  - each tumor
  - Ring of {tumor}: ring(each tumor, 10 mm) & liver  # around each
  - "Größe: 50 %, \\"odd\\"": liver - tumors
  - Cyst: "'Cyst (seg. II)'"
  - liver & remnant
"""
    found = parameters_from_text(text, "p")
    assert found.regions == (
        Region("{tumor}", "each tumor"),
        Region("Ring of {tumor}", "ring(each tumor, 10 mm) & liver"),
        Region('Größe: 50 %, "odd"', "liver - tumors"),
        Region("Cyst", "'Cyst (seg. II)'"),
        Region("liver & remnant", "liver & remnant"),
    )
    assert parameters_from_text(parameters_to_text(found), "p").regions == found.regions


@pytest.mark.parametrize("text", ["regions:\n", "regions: []\n", "setting: {}\n", "setting:\n"])
def test_without_regions_tumors_and_parenchyma_are_measured(text):
    assert parameters_from_text(text, "p").regions == DEFAULT_REGIONS


def test_the_hash_knows_values_and_not_the_layout():
    one = parameters_from_text("setting: {binWidth: 25, force2D: false}", "one")
    other = parameters_from_text("setting:\n  force2D: false # no\n  binWidth: 25\n", "other")
    assert one.sha256 == other.sha256
    assert one.sha256 != parameters_from_text("setting: {binWidth: 26}", "one").sha256


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("settings: {}", 1, "settings: no block is called so, did you mean setting"),
        ("binWidth: 25", 1, "binWidth: a setting belongs under setting"),
        ("setting:\n  binWidth: -3", 2, "setting.binWidth: found -3, expected a number, above 0"),
        ("setting:\n  binWidth: 0", 2, "found 0, expected a number, above 0"),
        ("setting:\n  binWidth: '25'", 2, "found '25', expected a number"),
        ("setting:\n  binWidth: wide", 2, "found 'wide', expected a number"),
        ("setting:\n  binWidth:", 2, "found nothing, expected a number"),
        ("setting:\n  binWidth: .inf", 2, "found .inf, expected a number"),
        ("setting:\n  binWidth: true", 2, "found true, expected a number"),
        ("setting:\n  binWidth: [25]", 2, "found a list, expected a number"),
        ("setting:\n  binWidth: !!float x", 2, "found x, expected a number"),
        ("setting:\n  binwidth: 3", 2, "setting.binwidth: no setting is called so, did you mean b"),
        ("setting:\n  speed: 3", 2, "setting.speed: no setting is called so"),
        ("setting:\n  force2D: yes", 2, "found 'yes', expected true or false"),
        ("setting:\n  force2Ddimension: 3", 2, "a whole number, at least 0 and at most 2"),
        ("setting:\n  padDistance: 2.5", 2, "found 2.5, expected a whole number, at least 0"),
        ("setting:\n  distances: 1", 2, "found 1, expected a list, each a whole number, above 0"),
        ("setting:\n  resampledPixelSpacing: [1, 1]", 2, "expected a list of 3 values, each"),
        ("setting:\n  resegmentRange: []", 2, "expected a list of 1 or 2 values, each a number"),
        ("setting:\n  interpolator: linear", 2, "found 'linear', expected one of sitkNearestNei"),
        ("setting:\n  interpolator: 11", 2, "or a whole number, at least 1 and at most 10"),
        ("setting:\n  resegmentMode: hard", 2, "one of absolute, relative, sigma"),
        ("setting:\n  wavelet: har", 2, "no wavelet is called har, did you mean haar"),
        ("setting:\n  label: 2", 2, "found 2, expected a whole number, 1, for the regions say"),
        ("setting:\n  label_channel: 1", 2, "found 1, expected a whole number, 0, for the regions"),
        ("setting:\n  kernelRadius: 1", 2, "no setting is called so"),
        ("setting: 3", 1, "setting: found 3, expected keys with values"),
        ("setting:\n  - binWidth: 3", 2, "setting: found a list, expected keys with values"),
        ("setting:\n  binWidth: 1\n  binWidth: 2", 3, "setting.binWidth: is there twice"),
        ("setting: {}\nsetting: {}", 2, "setting: is there twice"),
        ("voxelSetting:\n  kernelRadius: 0", 2, "voxelSetting.kernelRadius: found 0"),
        ("imageType:\n  log: {}", 2, "imageType.log: pyradiomics has none, did you mean LoG?"),
        ("imageType:\n  LoG:\n    sigma: [-1]", 3, "imageType.LoG.sigma: found a list, expected"),
        ("imageType:", 1, "imageType: found nothing, expected one of Original"),
        ("imageType: Original", 1, "found 'Original', expected keys with values"),
        ("featureClass:", 1, "featureClass: found nothing, expected one of firstorder"),
        ("featureClass:\n  haralick:", 2, "featureClass.haralick: pyradiomics has none; there are"),
        ("featureClass:\n  glcm:\n   - Contras", 3, "no feature is called Contras, did you mean C"),
        ("featureClass:\n  glcm: Contrast", 2, "found 'Contrast', expected a list of features"),
        ("featureClass:\n  glcm: {}", 2, "expected a list of features, or nothing"),
        ("featureClass:\n  glcm: [[a]]", 2, "found a list, expected the name of a feature"),
        ("regions: each tumor", 1, "regions: found 'each tumor', expected a list"),
        ("regions:\n  - A: tumros", 2, "regions.A: “tumros”, character 1: “tumros” is no role"),
        ("regions:\n  - A: ring(tumors, -3)", 2, "regions.A: “ring(tumors, -3)”, character 14: "),
        ("regions:\n  - A: each tumor", 2, "its name must contain {tumor}"),
        ("regions:\n  - A: tumors\n  - A: liver", 3, "regions.A: is there twice"),
        (
            "regions:\n  - A: tumors\n    B: liver",
            2,
            "expected one “name: expression” for each “-”",
        ),
        ("regions:\n  - {tumor}: each tumor", 2, "found keys with values, expected a word as key"),
        ("regions:\n  - A:", 2, "regions.A: found nothing, expected an expression"),
        ("regions:\n  - [liver]", 2, "found a list, expected an expression"),
        ("- setting", 1, "found a list, expected keys with values"),
        ("binWidth", 1, "found 'binWidth', expected keys with values"),
        ("? [a]\n: b", 1, "found a list, expected a word as key"),
        ("setting:\n\tbinWidth: 2", 2, "column 1: no valid YAML: found character '\\t'"),
        ("setting: {a: [}", 1, "column 15: no valid YAML"),
        ("setting: a: b", 1, "column 11: no valid YAML"),
        ("setting: *own", 1, "no valid YAML: found undefined alias"),
        ("setting: {}\n---\nsetting: {}", 2, "no valid YAML: but found another document"),
    ],
)
def test_errors_say_file_line_and_key(text, line, said, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(ParameterError) as error:
        read_parameters(file)
    assert str(error.value).startswith(f"{file}, line {line}")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty, expected setting, imageType, featureClass, voxelSetting or regions."),
        (b"# nothing but words\n", "is empty"),
        (b"setting: {}\n# gr\xfc\xdfe\n", ", line 2: found the byte 0xFC, expected text in UTF-8."),
        (b"\x00", "no valid YAML"),
        (b"[" * 500, "nested too deeply"),
        (b"setting: &a {<<: *a}", "nested too deeply"),
    ],
)
def test_what_is_no_text_or_too_odd_is_refused(content, said, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_bytes(content)
    with pytest.raises(ParameterError) as error:
        read_parameters(file)
    assert str(error.value).startswith(str(file))
    assert said in str(error.value)


def test_a_file_that_is_missing_or_a_folder_is_said(tmp_path):
    with pytest.raises(ParameterError, match=r"none\.yaml cannot be read: No such file"):
        read_parameters(tmp_path / "none.yaml")
    with pytest.raises(ParameterError, match="cannot be read: Is a directory"):
        read_parameters(tmp_path)


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path):
    file = tmp_path / "windows.yaml"
    file.write_bytes("\ufeffsetting:\r\n  binWidth: 20\r\n".encode())
    found = read_parameters(file)
    assert (found.name, found.settings) == ("windows", {"binWidth": 20})


def test_a_file_without_names_of_features_is_read_without_loading_pyradiomics():
    code = (
        "import sys\n"
        "from CRLMExplorerLib.radiomics.parameter_file import parameters_from_text\n"
        "parameters_from_text('featureClass: {glcm: }', 'p')\n"
        "print('radiomics' in sys.modules, 'ruamel.yaml' in sys.modules)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "True"]


@pytest.mark.parametrize(
    ("missing", "text"),
    [
        ("ruamel.yaml", "setting: {}"),
        ("radiomics", "featureClass: {glcm: [Contrast]}"),
        ("pywt", "setting: {wavelet: haar}"),
    ],
)
def test_a_missing_package_is_said_with_the_way_to_get_it(missing, text, monkeypatch):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ParameterError, match=r"pip install crlm-explorer\[radiomics\]"):
        parameters_from_text(text, "p")


@pytest.fixture
def shipped():
    return {name: read_parameters(file) for name, file in shipped_parameters().items()}


def test_what_is_shipped_can_be_read_and_is_pyradiomics(shipped):
    assert list(shipped) == ["everything", "ibsi", "portal-venous", "texture-liver"]
    for name, found in shipped.items():
        blocks = {
            "setting": dict(found.settings),
            "imageType": dict(found.image_types),
            "featureClass": features(found.feature_classes),
        }
        extractor = RadiomicsFeatureExtractor(json.loads(json.dumps(blocks)))
        assert extractor.settings == {**DEFAULTS, **found.settings}, name
        assert found.name == name


def test_the_default_is_all_features_of_the_unfiltered_ct(shipped):
    default = shipped["portal-venous"]
    assert default.settings == {"binWidth": 25, "resampledPixelSpacing": None}
    assert dict(default.image_types) == {"Original": {}}
    count = 0
    for name, some in default.feature_classes.items():
        assert some == ()
        known = radiomics.getFeatureClasses()[name].getFeatureNames()
        count += sum(not deprecated for deprecated in known.values())
    assert count == 107
    assert default.regions == DEFAULT_REGIONS


def test_the_texture_studies_features_are_named(shipped):
    assert dict(shipped["texture-liver"].feature_classes) == {
        "glcm": ("Contrast", "Correlation", "JointEnergy", "JointEntropy", "Idm", "Id")
    }


def test_everything_is_all_filters_and_all_classes_for_volumes(shipped):
    assert set(shipped["everything"].image_types) == set(IMAGE_TYPES)
    assert set(shipped["everything"].feature_classes) == set(FEATURE_CLASSES) - {"shape2D"}

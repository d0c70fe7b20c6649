"""The tables of CTK's DICOM database, schema 0.8.1, which Slicer 5.8 to 5.12 share.

This file knows names of tables and columns and where their values lie in DICOM; it opens nothing.
"""

from __future__ import annotations

DATABASE_FILE = "ctkDICOM.sql"
SCHEMA_VERSION = "0.8.1"

READABLE_VERSIONS = ("0.7.0", "0.8.0", SCHEMA_VERSION)
"""0.8.0 added Images.URL, 0.8.1 Patients.Connections; no question of ours touches either."""

PATIENT_COLUMNS = {
    "PatientsBirthDate": "PatientBirthDate",
    "PatientsBirthTime": "PatientBirthTime",
    "PatientsSex": "PatientSex",
    "PatientsComments": "PatientComments",
}
"""Column -> DICOM keyword, beside PatientID and PatientsName, which identify the row."""

STUDY_COLUMNS = {
    "StudyID": "StudyID",
    "StudyDate": "StudyDate",
    "StudyTime": "StudyTime",
    "StudyDescription": "StudyDescription",
    "AccessionNumber": "AccessionNumber",
    "ModalitiesInStudy": "ModalitiesInStudy",
    "InstitutionName": "InstitutionName",
    "ReferringPhysician": "ReferringPhysicianName",
    "PerformingPhysiciansName": "PerformingPhysicianName",
}

SERIES_COLUMNS = {
    "SeriesNumber": "SeriesNumber",
    "SeriesDate": "SeriesDate",
    "SeriesTime": "SeriesTime",
    "SeriesDescription": "SeriesDescription",
    "Modality": "Modality",
    "BodyPartExamined": "BodyPartExamined",
    "FrameOfReferenceUID": "FrameOfReferenceUID",
    "AcquisitionNumber": "AcquisitionNumber",
    "ContrastAgent": "ContrastBolusAgent",
    "ScanningSequence": "ScanningSequence",
    "EchoNumber": "EchoNumbers",
    "TemporalPosition": "TemporalPositionIdentifier",
}

_TABLES = """
CREATE TABLE SchemaInfo (Version VARCHAR(1024) NOT NULL);
CREATE TABLE Images (
  SOPInstanceUID VARCHAR(64) NOT NULL PRIMARY KEY,
  Filename VARCHAR(1024),
  URL VARCHAR(2048),
  SeriesInstanceUID VARCHAR(64) NOT NULL,
  InsertTimestamp VARCHAR(20) NOT NULL,
  DisplayedFieldsUpdatedTimestamp DATETIME
);
CREATE TABLE Patients (
  UID INTEGER PRIMARY KEY AUTOINCREMENT,
  PatientsName VARCHAR(255),
  PatientID VARCHAR(255),
  PatientsBirthDate DATE,
  PatientsBirthTime TIME,
  PatientsSex VARCHAR(1),
  PatientsAge VARCHAR(10),
  PatientsComments VARCHAR(255),
  InsertTimestamp VARCHAR(20) NOT NULL,
  DisplayedPatientsName VARCHAR(255),
  DisplayedNumberOfStudies INT,
  DisplayedLastStudyDate DATE,
  DisplayedFieldsUpdatedTimestamp DATETIME,
  Connections VARCHAR(2048)
);
CREATE TABLE Studies (
  StudyInstanceUID VARCHAR(64) NOT NULL PRIMARY KEY,
  PatientsUID INT NOT NULL,
  StudyID VARCHAR(255),
  StudyDate DATE,
  StudyTime VARCHAR(20),
  StudyDescription VARCHAR(255),
  AccessionNumber VARCHAR(255),
  ModalitiesInStudy VARCHAR(255),
  InstitutionName VARCHAR(255),
  ReferringPhysician VARCHAR(255),
  PerformingPhysiciansName VARCHAR(255),
  InsertTimestamp VARCHAR(20) NOT NULL,
  DisplayedNumberOfSeries INT,
  DisplayedFieldsUpdatedTimestamp DATETIME
);
CREATE TABLE Series (
  SeriesInstanceUID VARCHAR(64) NOT NULL PRIMARY KEY,
  StudyInstanceUID VARCHAR(64) NOT NULL,
  SeriesNumber INT,
  SeriesDate DATE,
  SeriesTime VARCHAR(20),
  SeriesDescription VARCHAR(255),
  Modality VARCHAR(20),
  BodyPartExamined VARCHAR(255),
  FrameOfReferenceUID VARCHAR(64),
  AcquisitionNumber INT,
  ContrastAgent VARCHAR(255),
  ScanningSequence VARCHAR(45),
  EchoNumber INT,
  TemporalPosition INT,
  InsertTimestamp VARCHAR(20) NOT NULL,
  DisplayedCount INT,
  DisplayedSize VARCHAR(20),
  DisplayedNumberOfFrames INT,
  DisplayedFieldsUpdatedTimestamp DATETIME
);
CREATE TABLE Directories (Dirname VARCHAR(1024) PRIMARY KEY);
CREATE TABLE ColumnDisplayProperties (
  TableName VARCHAR(64) NOT NULL,
  FieldName VARCHAR(64) NOT NULL,
  DisplayedName VARCHAR(255),
  Visibility INT DEFAULT 1,
  Weight INT,
  Format VARCHAR(255),
  PRIMARY KEY (TableName, FieldName)
);
CREATE TABLE DisplayedFieldGeneratorRules (
  Name VARCHAR(64) NOT NULL PRIMARY KEY,
  Enabled INT DEFAULT 1,
  Options VARCHAR(255)
);
CREATE INDEX ImagesFilenameIndex ON Images (Filename);
CREATE INDEX ImagesSeriesIndex ON Images (SeriesInstanceUID);
CREATE INDEX SeriesStudyIndex ON Series (StudyInstanceUID);
CREATE INDEX StudiesPatientIndex ON Studies (PatientsUID);
"""

_FIT = '{"resizeMode":"resizeToContents"}'
_FIT_ASCENDING = '{"resizeMode":"resizeToContents", "sort": "ascending"}'
_STRETCH = '{"resizeMode":"stretch"}'
_DESCENDING = '{"sort": "descending"}'

# The columns that Slicer's DICOM browser shows: (title, place from the left, format). A place of 0
# is a hidden column that has a title all the same.
_SHOWN: dict[str, dict[str, tuple[str, int, str]]] = {
    "Patients": {
        "PatientsName": ("Patient name", 0, ""),
        "DisplayedPatientsName": ("Patient name", 1, _STRETCH),
        "PatientID": ("Patient ID", 2, ""),
        "PatientsBirthDate": ("Birth date", 3, _FIT),
        "PatientsBirthTime": ("Birth time", 0, ""),
        "PatientsSex": ("Sex", 4, _FIT),
        "PatientsAge": ("Age", 0, ""),
        "PatientsComments": ("Comments", 0, ""),
        "DisplayedNumberOfStudies": ("Studies", 5, _FIT),
        "DisplayedLastStudyDate": ("Last study date", 6, ""),
        "InsertTimestamp": ("Date added", 7, _DESCENDING),
        "UID": ("", 0, ""),
        "DisplayedFieldsUpdatedTimestamp": ("", 0, ""),
        "Connections": ("", 0, ""),
    },
    "Studies": {
        "StudyDate": ("Study date", 1, _FIT_ASCENDING),
        "StudyID": ("Study ID", 2, ""),
        "StudyDescription": ("Study description", 3, _STRETCH),
        "DisplayedNumberOfSeries": ("Series", 4, _FIT),
        "InsertTimestamp": ("Date added", 5, ""),
        "StudyTime": ("Study time", 0, ""),
        "AccessionNumber": ("Accession #", 0, ""),
        "ModalitiesInStudy": ("Modalities", 0, ""),
        "InstitutionName": ("Institution", 0, ""),
        "ReferringPhysician": ("Referring physician", 0, ""),
        "PerformingPhysiciansName": ("Performing physician", 0, ""),
        "StudyInstanceUID": ("", 0, ""),
        "PatientsUID": ("", 0, ""),
        "DisplayedFieldsUpdatedTimestamp": ("", 0, ""),
    },
    "Series": {
        "SeriesNumber": ("Series #", 1, _FIT_ASCENDING),
        "SeriesDescription": ("Series description", 2, _STRETCH),
        "Modality": ("Modality", 3, _FIT),
        "DisplayedSize": ("Size", 4, _FIT),
        "DisplayedCount": ("Count", 5, _FIT),
        "InsertTimestamp": ("Date added", 6, ""),
        "DisplayedNumberOfFrames": ("Number of frames", 0, ""),
        "SeriesDate": ("Series date", 0, ""),
        "SeriesTime": ("Series time", 0, ""),
        "BodyPartExamined": ("Body part", 0, ""),
        "AcquisitionNumber": ("Acquisition #", 0, ""),
        "ContrastAgent": ("Contrast agent", 0, ""),
        "ScanningSequence": ("Scanning sequence", 0, ""),
        "EchoNumber": ("Echo #", 0, ""),
        "TemporalPosition": ("Temporal position", 0, ""),
        "SeriesInstanceUID": ("", 0, ""),
        "StudyInstanceUID": ("", 0, ""),
        "FrameOfReferenceUID": ("", 0, ""),
        "DisplayedFieldsUpdatedTimestamp": ("", 0, ""),
    },
}


def creation_script() -> str:
    """The SQL that makes an empty database, all of it in one transaction."""
    rows = ",\n".join(
        f"('{table}', '{field}', '{title}', {int(place > 0)}, {place}, '{form}')"
        for table, fields in _SHOWN.items()
        for field, (title, place, form) in fields.items()
    )
    return (
        f"BEGIN IMMEDIATE;{_TABLES}"
        f"INSERT INTO SchemaInfo VALUES ('{SCHEMA_VERSION}');\n"
        f"INSERT INTO ColumnDisplayProperties VALUES {rows};\n"
        "COMMIT;"
    )

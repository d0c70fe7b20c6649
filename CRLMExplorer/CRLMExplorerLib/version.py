"""The one place that holds the version of CRLM Explorer."""

VERSION = "0.1.0"

"""Face 1: the command line."""


def main() -> None:
    """Run ``crlm-explorer``."""

"""``serve`` and ``demo``: a server on this machine alone, behind a token, that stops when told."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cli.conftest import PROGRAM


@contextmanager
def serving(*arguments: object) -> Iterator[tuple[subprocess.Popen, str]]:
    """The program serving, and the address that it printed."""
    program = subprocess.Popen(
        [PROGRAM, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        for line in program.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", line):
                yield program, found[0]
                return
        raise AssertionError(f"no address was printed: {program.stderr.read()}")
    finally:
        program.kill()
        program.communicate()


def status_of(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def stopped(program: subprocess.Popen) -> int:
    started = time.monotonic()
    program.send_signal(signal.SIGINT)
    code = program.wait(20)
    assert time.monotonic() - started < 10
    return code


def test_a_database_is_served_behind_a_token(database):
    with serving("serve", "--database", database, "--port", 0, "--no-browser") as (program, url):
        address, token = url.split("?token=")
        assert status_of(address) == 403
        assert status_of(f"{address}?token={token[:-1]}") == 403
        assert status_of(f"{address}index.html") == 403
        assert status_of(url) == 200
        assert stopped(program) in (0, 130)
        assert "Traceback" not in program.stderr.read()


def test_the_demo_is_served(demo):
    arguments = ("demo", "--directory", demo.database.parent, "--port", 0, "--no-browser")
    with serving(*arguments) as (program, url):
        assert status_of(url) == 200
        assert stopped(program) in (0, 130)


def test_a_port_in_use_is_said(call_process, database):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ended = call_process("serve", "-d", database, "--port", port, "--no-browser")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(f"crlm-explorer: Port {port} on 127.0.0.1 is in use")
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_what_cannot_be_served_is_said(call_process, command, tmp_path):
    (tmp_path / "own.txt").write_text("mine")
    option = {"serve": "--database", "demo": "--directory"}[command]
    ended = call_process(command, option, tmp_path, "--port", 0, "--no-browser")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("crlm-explorer: ")
    assert [path.name for path in tmp_path.iterdir()] == ["own.txt"]

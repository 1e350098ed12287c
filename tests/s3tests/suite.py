"""A checkout of ceph/s3-tests, in environments of its own: which tests it has, and how they end."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as ET

from tests.s3tests.ledger import FAILED, NOT_RUN, PASSED, Found

TOOLS = ("pytest-timeout", "pytest-xdist")
MODULES = ("s3tests/functional/test_headers.py", "s3tests/functional/test_s3.py")
ALONE = {"test_list_buckets_paginated"}  # counts all buckets of a person, so it runs when nobody else makes any
COLLECTED_NOTHING = 5  # pytest's exit codes
SOME_FAILED = 1


@dataclass(frozen=True)
class Suite:
    """The suite, run against the server that `conf` tells of. `cache` keeps the environments between runs."""

    checkout: Path
    cache: Path
    conf: Path
    processes: int = 2

    def tests(self) -> frozenset[str]:
        """The ids of all tests that the checkout has."""
        done = self._pytest(False, ["--collect-only", "-q", *MODULES])
        if done.returncode:
            raise RuntimeError(done.stdout[-3000:] + done.stderr[-3000:])
        return frozenset(line.strip() for line in done.stdout.splitlines() if "::" in line)

    def run(self, tests: Collection[str]) -> Mapping[str, Found]:
        """Run tests; those about checksums with the library that boto3 needs for them, which breaks other tests."""
        alone = [test for test in tests if test.rpartition("::")[2] in ALONE]
        many = [test for test in tests if test not in alone]
        return {
            **self._run(False, many, "-m", "not checksum", "-n", str(self.processes)),
            **self._run(True, many, "-m", "checksum"),
            **self._run(False, alone),
        }

    def _run(self, checksums: bool, tests: Sequence[str], *options: str) -> dict[str, Found]:
        if not tests:
            return {}
        with TemporaryDirectory(prefix="damgate-s3tests-") as folder:
            report = Path(folder) / "report.xml"
            # Whole tracebacks would parse the suite's largest module again for each failure, for longer than the limit.
            quiet = ["-q", "-p", "no:cacheprovider", "--tb=line", "--timeout=240", f"--junitxml={report}"]
            done = self._pytest(checksums, [*quiet, *options, *tests])
            if done.returncode not in (0, SOME_FAILED, COLLECTED_NOTHING):
                raise RuntimeError(done.stdout[-3000:] + done.stderr[-3000:])
            return dict(_outcomes(ET.parse(report).getroot()))

    def _pytest(self, checksums: bool, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTEST_"))}
        environment |= {"S3TEST_CONF": str(self.conf), "AWS_EC2_METADATA_DISABLED": "true"}
        environment |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        command = [str(self._python(checksums)), "-m", "pytest", *arguments]
        return subprocess.run(
            command, cwd=self.checkout, env=environment, capture_output=True, text=True, check=False, timeout=1800
        )

    def _python(self, checksums: bool) -> Path:
        """The Python of an environment that has what the suite needs, made where it is not there yet."""
        wanted = (self.checkout / "requirements.txt").read_bytes()
        extra = (*TOOLS, "awscrt") if checksums else TOOLS
        name = hashlib.sha256(wanted + " ".join(extra).encode()).hexdigest()[:12]
        folder = self.cache / name
        python = folder / "bin" / "python"
        if not (folder / "made").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
            pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, "-r", str(self.checkout / "requirements.txt"), *extra], check=True)
            (folder / "made").touch()
        return python


def _outcomes(report: ET.Element) -> Iterator[tuple[str, Found]]:
    """What pytest's report in JUnit's words says of each test."""
    for case in report.iter("testcase"):
        module = case.get("classname", "").replace(".", "/")
        yield f"{module}.py::{case.get('name')}", _found(case)


def _found(case: ET.Element) -> Found:
    for kind, outcome in (("failure", FAILED), ("error", FAILED), ("skipped", NOT_RUN)):
        told = case.find(kind)
        if told is not None:
            return Found(outcome, (told.get("message") or "").strip())
    return Found(PASSED)

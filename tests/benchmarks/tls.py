"""What TLS costs: one large file up and down, beside plain HTTP, in turns: `python -m tests.benchmarks.tls`."""

import argparse
import os
import statistics
import subprocess
import tempfile
from pathlib import Path

from tests.live.served import PASSWORD, Served, need, new_drive
from tests.live.test_tls import SELF_SIGNED, configure


def seconds(served: Served, *arguments: str) -> float:
    """Let curl transfer the file, on a connection of its own; give its time."""
    trust = ["--cacert", str(served.certificate)] if served.scheme == "https" else []
    command = [need("curl"), "-sS", "--fail", "-u", f"carl:{PASSWORD}", "-w", "%{time_total}", *trust, *arguments]
    done = subprocess.run([*command, f"{served.url}/Inbox/large.bin"], check=True, capture_output=True, text=True)
    return float(done.stdout)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="damgate-tls-") as folder:
        servers = {}
        for name in ("plain", "TLS"):
            drive = new_drive(Path(folder) / name)
            if name == "TLS":
                configure(drive, SELF_SIGNED)
            servers[name] = Served(drive)
        times: dict[tuple[str, str], list[float]] = {}
        large = Path(folder) / "large.bin"
        for _ in range(options.rounds):
            large.write_bytes(os.urandom(options.megabytes * 1_000_000))  # the same bytes again would be no version
            for name, served in servers.items():
                times.setdefault(("PUT", name), []).append(seconds(served, "-T", str(large)))
                times.setdefault(("GET", name), []).append(seconds(served, "-o", os.devnull))
        for (method, name), found in sorted(times.items()):
            middle = statistics.median(found)
            print(
                f"{method} {name:6} {middle:6.3f} s   {options.megabytes / middle:7.0f} MB/s   best {min(found):6.3f} s"
            )
        for served in servers.values():
            assert served.stop() == 0


if __name__ == "__main__":
    main()

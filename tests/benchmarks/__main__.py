"""Measures what damgate is held to, and writes the tables. Run by `script/bench`."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from tests.benchmarks import clips, doors, fronted, keys, objects, pictures, scale, servers
from tests.benchmarks.table import conditions, publish, table

PARTS = ["doors", "nginx", "pictures", "servers", "clips", "objects", "scale", "keys"]


def main() -> None:
    """Run the parts asked for; each in rounds that take every server, or size, in turn."""
    parser = argparse.ArgumentParser(prog="script/bench")
    parser.add_argument("--files", type=int, default=10_000, help="files in the folder that is listed")
    parser.add_argument("--puts", type=int, default=1_000, help="small files of one measurement")
    parser.add_argument(
        "--assets", type=int, default=1_000_000, help="assets of the large drive, and keys of the large bucket"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--write", action="store_true", help="put the tables into README.md")
    wanted = parser.parse_args()
    parts = wanted.only or PARTS
    tables = [conditions(wanted.rounds, wanted.workers)]
    with tempfile.TemporaryDirectory(dir=os.environ.get("DAMGATE_BENCH_FOLDER")) as name:
        folder = Path(name)
        folder.chmod(0o755)
        if "doors" in parts:
            numbers = {"files": wanted.files, "puts": wanted.puts, "workers": wanted.workers}
            tables.append(table(*doors.measure(folder, wanted.rounds, **numbers)))
        if "nginx" in parts and (rows := fronted.measure(folder, wanted.rounds, wanted.workers)):
            tables.append(table(rows, ["damgate through nginx", fronted.ALONE]))
        if "pictures" in parts:
            tables.append(table(pictures.measure(folder, wanted.rounds), ["damgate", pictures.BARE, pictures.ONE]))
        if "servers" in parts:
            tables.append(table(*servers.measure(folder, wanted.rounds)))
        if "clips" in parts:
            tables.append(table(clips.measure(folder, wanted.rounds), ["damgate", clips.BARE]))
        if "objects" in parts:
            tables.append(table(*objects.measure(folder, wanted.rounds, wanted.workers)))
        if "scale" in parts:
            few = min(10_000, wanted.assets)
            tables.append(table(*scale.measure(folder, 3 * wanted.rounds, few=few, many=wanted.assets)))
        if "keys" in parts:
            few = min(10_000, wanted.assets)
            tables.append(table(*keys.measure(folder, 3 * wanted.rounds, few=few, many=wanted.assets)))
    text = "\n\n".join(tables)
    print(f"\n{text}")
    if wanted.write:
        publish(text)


if __name__ == "__main__":
    main()

"""`make advisories`: known faults of the locked packages, by pip-audit; of how many nothing is known is said.

Ends with 1 where a package has an advisory, and with 0 otherwise, also where no advisories can be reached from here.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.places import ROOT

COMMAND = ("pip-audit", "--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json")


def told(packages: list[dict[str, Any]]) -> tuple[str, int]:
    """What was found, in lines, and the exit code."""
    bad = [
        f"{one['name']} {one['version']}: {fault['id']}, mended in {', '.join(fault['fix_versions']) or 'no version'}"
        for one in packages
        for fault in one.get("vulns", ())
    ]
    skipped = sum("skip_reason" in one for one in packages)
    asked = len(packages) - skipped
    lines = [f"{asked} of {len(packages)} packages were looked up: {len(bad)} advisories"]
    if skipped:
        lines.append(f"{skipped} could not be looked up from here; of them nothing is known")
    return "\n".join([*lines, *bad]), int(bool(bad))


def main() -> int:
    tool = Path(sys.executable).with_name(COMMAND[0])
    run = subprocess.run(
        [tool, *COMMAND[1:], "-r", ROOT / "requirements.lock"], capture_output=True, text=True, check=False
    )
    try:
        found = json.loads(run.stdout)["dependencies"]
    except (ValueError, KeyError):
        print("no advisories could be reached from here; nothing is known", run.stderr[-400:], sep="\n")
        return 0
    text, code = told(found)
    print(text)
    return code


if __name__ == "__main__":
    sys.exit(main())

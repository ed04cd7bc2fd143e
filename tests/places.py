"""Where the checkout and the shared material lie, for all that tests and benchmarks read."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("KPI_SHARED", ROOT.parent / "shared"))

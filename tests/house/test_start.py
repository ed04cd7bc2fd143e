"""A start loads no library that a command may not need: each is loaded when something of it is first used."""

import subprocess
import sys

from metrics.core import late
from tests.places import ROOT

SLOW = ("httpx", "pandas", "pint", "pyarrow", "scipy.optimize", "scipy.special", "scipy.stats", "sklearn", "vl_convert")


def loaded_after(code: str) -> set[str]:
    """Modules that a Python has loaded after the code, which is given Django set up."""
    whole = f"import sys, django; django.setup(); {code}; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", whole], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_checking_every_address_loads_no_slow_library() -> None:
    loaded = loaded_after("from django.core.management import call_command; call_command('check')")
    assert "reports.urls" in loaded
    assert not loaded & set(SLOW)


def test_a_late_module_is_the_module_of_its_name() -> None:
    import pyarrow
    from scipy import stats

    assert late.pa.Table is pyarrow.Table
    assert late.stats.norm is stats.norm

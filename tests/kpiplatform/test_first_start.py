"""An installation that holds nothing yet: the first administrator, before or after the first start."""

import subprocess
import sys

from tests.demonstration import alone
from tests.places import ROOT


def test_the_first_administrator_is_made_before_anything_was_started(tmp_path) -> None:
    words = ("createsuperuser", "--noinput", "--username", "admin", "--email", "admin@example.org")
    password = {"DJANGO_SUPERUSER_PASSWORD": "a-Password-of-40-letters"}
    for code, said in ((0, "Superuser created"), (1, "already taken")):  # the second time it is there
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=alone(tmp_path) | password,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == code, done.stderr
        assert said in done.stdout + done.stderr

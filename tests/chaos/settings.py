"""An installation's settings, with one more kind of work: such as kills the process that does it."""

from kpiplatform.settings import *  # noqa: F403 - the same but for one app
from kpiplatform.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.chaos.deadly.Deadly"]

"""The web application for a WSGI server (granian)."""

import os
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kpiplatform.settings")

# Threads take turns this often, in seconds. With the default of 0.005 each of a page's queries, once it was answered,
# waits that long for every other thread that computes: a logged run, which computes little, takes many times as long.
sys.setswitchinterval(0.0005)

application = get_wsgi_application()

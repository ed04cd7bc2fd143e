"""A mail server to which what is delivered really goes."""

import pytest

from tests.mail_server import MailServer, settings_of


@pytest.fixture
def server(settings):
    with MailServer() as found:
        for name, value in settings_of(found).items():
            setattr(settings, name, value)
        yield found

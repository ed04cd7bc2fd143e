"""Where the server is and who asks: arguments, environment, the file that `kpi login` writes."""

import stat

import pytest

from kpiplatform.client import ClientError, config


def test_the_config_file_is_for_its_owner_alone(tmp_path):
    path = config.save(config.Config(url="http://kpi.example", token="kpi_x", username="ann"))
    assert path == tmp_path / "config" / "kpiplatform" / "client.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert config.load() == config.Config(url="http://kpi.example", token="kpi_x", username="ann")
    assert [entry.name for entry in path.parent.iterdir()] == ["client.json"]


def test_arguments_win_over_the_environment_and_the_environment_over_the_file(monkeypatch):
    config.save(config.Config(url="http://file.example", token="kpi_file"))
    monkeypatch.setenv("KPI_TOKEN", "kpi_environment")
    assert config.load().url == "http://file.example"
    assert config.load().token == "kpi_environment"
    monkeypatch.setenv("KPI_URL", "http://environment.example/")
    assert config.load() == config.Config(url="http://environment.example", token="kpi_environment")
    assert config.load(url="http://argument.example", token="t").url == "http://argument.example"


def test_a_stored_token_goes_only_to_the_server_that_gave_it(monkeypatch):
    config.save(config.Config(url="http://file.example", token="kpi_file"))
    monkeypatch.setenv("KPI_URL", "http://other.example")
    assert config.load().token == ""


def test_a_damaged_config_file_is_one_error():
    path = config.save(config.Config(url="http://file.example"))
    path.write_text("{")
    with pytest.raises(ClientError, match="cannot be read"):
        config.load()


@pytest.mark.parametrize(
    "url", ["kpi.example", "ftp://kpi.example", "http://", "http://ann@kpi.example", "http://x:99999", ""]
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(ClientError):
        config.checked_url(url)


@pytest.mark.parametrize("url", ["http://kpi.example/", "http://kpi.example/api/v1/", " http://kpi.example"])
def test_addresses_are_brought_to_one_form(url):
    assert config.checked_url(url) == "http://kpi.example"

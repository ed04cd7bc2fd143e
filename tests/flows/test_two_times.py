"""History asked for at four moments: what was known is what was shown then, whatever was changed or withdrawn since."""

from datetime import UTC, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from metrics.models.kpi import Actual
from metrics.queries.documents.known import Known
from metrics.queries.kpi import board, restatement
from metrics.queries.revenue.outlook import outlook
from metrics.services.evaluation import promotion, runs
from metrics.services.kpi import mappings, undone

pytestmark = pytest.mark.django_db
AT = "/api/v1/products/cancellation-calls/"


def now_of(world) -> tuple[float | None, float | None]:
    """The KPI and the total as pages show them now; None where Unknown."""
    known = Known(world.product)
    value = next(row.figure.quantity for row in board.board(known) if row.figure.kpi == world.value)
    return tuple(getattr(one, "point", None) for one in (value, outlook(known).total))


class Told:
    """What was shown at moments that are hours apart, as the clock of the tables says."""

    def __init__(self, world) -> None:
        self.world, self.shown = world, []

    def note(self):
        self.shown.append((timezone.now(), *now_of(self.world)))
        return self


@pytest.fixture
def told(world, rows):
    """Four moments: at first, with another champion, after the mapping was retired, after the run was withdrawn."""
    scientist, manager = world.people["scientist"], world.people["manager"]
    found = Told(world).note()
    better = world.log(scientist, world.product, rows(shift=0.05), version="two", name="two", where={"split": "test"})
    world.compute()
    promotion.promote(manager, better.version)
    world.compute()
    found.note()
    mappings.retire(manager, world.version, seen=world.version.digest)
    world.compute()
    found.note()
    better.refresh_from_db()
    runs.withdraw(manager, better, reason="the wrong labels")
    world.compute()
    return found.note()


def test_each_moment_shows_what_was_shown_then(told, world, executive, api) -> None:
    client = api(executive)
    assert told.shown[0][1] != told.shown[1][1]
    assert told.shown[2][1] is told.shown[3][1] is None
    for at, value, total in told.shown:
        kpi = client.get(f"{AT}kpis/value_per_booking/", {"at": at.isoformat()}).json()
        assert kpi["value"].get("point") == value
        assert kpi["now"]["unknown"] == "no approved mapping"
        projection = client.get(f"{AT}projection/", {"at": at.isoformat()}).json()
        assert projection["total"].get("point") == total
        if total is not None:
            assert (len(projection["months"]), projection["grade"]) == (12, "C")
            assert kpi["run"] == (world.run.pk if at == told.shown[0][0] else world.product.runs.get(name="two").pk)
    listed = client.get(f"{AT}kpis/", {"at": told.shown[0][0].isoformat()}).json()["results"]
    assert {row["key"]: row["value"].get("point") for row in listed}["value_per_booking"] == told.shown[0][1]


def test_before_anything_was_known_it_says_so(told, executive, api) -> None:
    before = (told.shown[0][0] - timedelta(days=9)).isoformat()
    kpi = api(executive).get(f"{AT}kpis/value_per_booking/", {"at": before}).json()
    assert (kpi["value"]["unknown"], kpi["since"]) == ("nothing was known of it then", None)


def test_the_bridge_of_a_moment_and_between_two(told, executive, api) -> None:
    client, (first, second, third, _) = api(executive), [at for at, *_ in told.shown]
    assert client.get(f"{AT}bridge/", {"at": first.isoformat()}).json()["bridge"] is None
    one = client.get(f"{AT}bridge/", {"at": second.isoformat()}).json()["bridge"]
    totals = [total for _, _, total in told.shown]
    assert [one["before"]["point"], one["after"]["point"]] == totals[:2]
    assert {part["name"] for part in one["parts"]} <= {"model", "mix"}
    gone = client.get(f"{AT}bridge/", {"since": second.isoformat(), "at": third.isoformat()}).json()["bridge"]
    assert gone["before"]["point"] == totals[1]
    assert "no approved mapping" in gone["after"]["unknown"]
    wrong = client.get(f"{AT}bridge/", {"since": third.isoformat(), "at": second.isoformat()})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "since")


def test_a_moment_is_asked_for_with_hours_in_the_time_of_the_product(told, world, executive, api) -> None:
    world.product.time_zone = "Europe/Lisbon"
    world.product.save()
    client = api(executive)
    for text, message in (
        ("yesterday", "is no moment"),
        ("2199-01-01T00:00", "is yet to come"),
        ("2026-03-29T01:30", "does not exist in Europe/Lisbon"),
    ):
        refused = client.get(f"{AT}kpis/value_per_booking/", {"at": text})
        assert refused.status_code == 400
        assert message in refused.json()["errors"][0]["message"]
    at = told.shown[1][0].astimezone(UTC).isoformat()  # …+00:00, whose + an address may lose
    answer = client.get(f"{AT}kpis/value_per_booking/?at={at}").json()
    assert answer["value"]["point"] == told.shown[1][1]


def test_the_page_keeps_its_history_and_asks_for_a_moment(told, manager, client: Client) -> None:
    client.force_login(manager)
    page = "/p/cancellation-calls/kpis/value_per_booking/"
    card = client.get(page).content.decode()
    assert 'type="datetime-local"' in card
    restated = card[card.index('id="restated"') :].partition("</table>")[0]
    assert restated.count("version 1") == 2
    at = f"{told.shown[0][0].astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
    text = client.get(page, {"at": at}).content.decode()
    assert "As known then" in text
    assert "first" in text[text.index('id="then"') :][:2000]
    refused = client.get(page, {"at": "2199-01-01T00:00"}).content.decode()
    assert "is yet to come" in refused
    outlook_text = client.get("/p/cancellation-calls/", {"at": at}).content.decode()
    assert 'id="then"' in outlook_text


def test_a_withdrawn_actual_was_known_until_it_was_taken_back(world, manager) -> None:
    assert restatement.of_months(world.volume) == []
    rows = Actual.objects.filter(kpi=world.volume, period__year=2016, period__month=10)
    undone.withdraw_actual(manager, rows.get())
    (month,) = restatement.of_months(world.volume)
    assert (int(month.first.value), month.last, month.difference.reason) == (1179, None, "taken back")
    then = Known(world.product, at=month.until - timedelta(seconds=1))
    assert dict(then.actuals(world.volume))["2016-10"] == 1179
    assert "2016-10" not in dict(Known(world.product).actuals(world.volume))

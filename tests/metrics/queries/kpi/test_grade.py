"""Grades: how far a figure may be believed, by what stands under it today."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from metrics.models.kpi import KPIResult
from metrics.models.revenue import RevenueResult
from metrics.queries.documents.known import Known
from metrics.queries.kpi.grade import Grader
from metrics.services.kpi import kpis

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 22)


def resave(world, key, **fields):
    held = world.product.assumptions.get(key=key)
    newest = held.versions.order_by("-number").first()
    saved = {"distribution": newest.distribution, "source": newest.source, "owner": newest.owner} | fields
    kpis.update_assumption(world.people["manager"], held, **saved)
    world.compute()


def value_grade(world, today=TODAY):
    row = KPIResult.objects.filter(version=world.version).order_by("-known_at", "-created_at").first()
    return Grader(Known(world.product), today=today).of(row.document)


def test_sourced_assumptions_make_grade_c(world):
    grade = value_grade(world)
    assert (grade.letter, grade.word, grade.reasons, grade.counts) == ("C", "assumed", (), True)


def test_an_assumption_without_a_source_makes_grade_d_and_is_named(world):
    resave(world, "offer", source="")
    grade = value_grade(world)
    assert (grade.letter, grade.counts) == ("D", False)
    assert grade.reasons == ("offer: no source",)


def test_without_a_source_the_grade_dates_from_the_first_version_that_named_none(world):
    resave(world, "offer", source="")
    resave(world, "offer", source="", owner="somebody else")
    started = timezone.now() - timedelta(days=9)
    world.product.assumptions.get(key="offer").versions.filter(number=2).update(created_at=started)
    assert value_grade(world).since == timezone.localdate(started)
    resave(world, "offer", source="study")
    assert value_grade(world).since is None


def test_an_expired_assumption_makes_grade_d_from_the_day_after(world):
    resave(world, "offer", valid_until=TODAY)
    assert value_grade(world, TODAY).letter == "C"
    grade = value_grade(world, TODAY + timedelta(days=1))
    assert grade.letter == "D"
    assert grade.reasons == ("offer: expired on 22 Nov 2026",)


def test_a_figure_is_graded_anew_each_day_though_it_is_stored_once(world):
    resave(world, "offer", valid_until=timezone.localdate())
    stored = KPIResult.objects.count()
    assert {value_grade(world, TODAY + timedelta(days=days)).letter for days in (0, 400)} == {"C", "D"}
    assert KPIResult.objects.count() == stored


def test_the_weakest_link_grades_the_revenue(world):
    resave(world, "growth", source="")
    total = RevenueResult.objects.filter(kind="projected", period=None).order_by("-known_at", "-created_at").first()
    grade = Grader(Known(world.product), today=TODAY).of(total.document)
    assert (grade.letter, grade.reasons) == ("D", ("growth: no source",))
    assert value_grade(world).letter == "C"


def test_an_assumption_that_is_not_used_harms_nothing(world):
    kpis.create_assumption(
        world.people["manager"],
        world.product,
        key="unused",
        name="unused",
        distribution={"kind": "point", "value": 1},
        unit="share",
    )
    assert value_grade(world).letter == "C"


def test_a_formula_is_as_weak_as_the_kpi_it_reads(world, manager):
    twice = kpis.create_kpi(manager, world.product, key="twice", name="Twice", unit="EUR/booking")
    world.approved(twice, "Twice", {"kind": "formula", "text": "value_per_booking * 2"})
    resave(world, "offer", source="")
    row = KPIResult.objects.filter(version__mapping__kpi=twice).order_by("-known_at", "-created_at").first()
    assert Grader(Known(world.product), today=TODAY).of(row.document).reasons == ("offer: no source",)

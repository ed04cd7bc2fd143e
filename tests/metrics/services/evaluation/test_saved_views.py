"""Saved views of the runs table: each person's own, one of them opening first."""

import pytest
from django.db import IntegrityError, transaction

from metrics import access
from metrics.models.product import SavedView
from metrics.queries.runs import saved_views as queries
from metrics.services.evaluation import saved_views
from metrics.services.evaluation import saved_views as views
from metrics.services.writing.refusal import Invalid

pytestmark = pytest.mark.django_db


def test_a_view_keeps_the_query_as_the_table_writes_it_and_no_page(product, scientist) -> None:
    view = saved_views.save_view(
        scientist, product, name="  Best   first ", query="?page=3&sort=-roc_auc&where=roc_auc>.8&q=&utm=x"
    )
    assert (view.name, view.query, view.default) == ("Best first", "where=roc_auc+%3E+0.8&sort=-roc_auc", False)


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"name": " "}, "name", "needs a name"),
        ({"name": "a\x00b"}, "name", "needs a name"),
        ({"name": "x" * 81}, "name", "80"),
        ({"query": "sort=latency"}, "query", "sort: “latency”"),
        ({"query": "where=roc_auc&since=today"}, "query", "where"),
        ({"query": "q=" + "é" * 200}, "query", "1000"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_field(product, scientist, given, field: str, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        saved_views.save_view(scientist, product, **{"name": "One", "query": "q=x"} | given)
    assert refused.value.faults[0].field == field
    assert words in str(refused.value)
    assert not SavedView.objects.exists()


def test_a_name_is_taken_once_by_a_person_in_a_product(product, make_product, scientist, manager) -> None:
    first = saved_views.save_view(scientist, product, name="Best", query="sort=-roc_auc")
    with pytest.raises(Invalid, match="you have a view “Best”"):
        saved_views.save_view(scientist, product, name="Best", query="sort=name")
    saved_views.save_view(manager, product, name="Best")
    saved_views.save_view(scientist, make_product("Deposits"), name="Best")
    other = saved_views.save_view(scientist, product, name="Other")
    with pytest.raises(Invalid, match="you have a view “Best”"):
        saved_views.change_view(scientist, other, name="Best")
    assert saved_views.change_view(scientist, first, name="Best").name == "Best"


def test_one_view_at_most_opens_first(product, scientist, manager) -> None:
    mine = saved_views.save_view(scientist, product, name="A", query="sort=name", default=True)
    theirs = saved_views.save_view(manager, product, name="A", query="sort=name", default=True)
    newer = saved_views.save_view(scientist, product, name="B", query="sort=-name", default=True)
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert (mine.default, theirs.default, newer.default) == (False, True, True)
    saved_views.change_view(scientist, mine, default=True)
    assert list(queries.views(scientist, product).filter(default=True)) == [mine]
    saved_views.change_view(scientist, mine, name="Renamed")
    assert queries.view(scientist, product, mine.pk).default
    saved_views.change_view(scientist, mine, default=False)
    assert not queries.views(scientist, product).filter(default=True)


def test_the_database_itself_holds_to_one_first_view(product, scientist) -> None:
    saved_views.save_view(scientist, product, name="A", default=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        SavedView.objects.create(user=scientist, product=product, name="B", default=True)


def test_a_view_is_its_owner_s_alone(product, scientist, manager, outsider, admin) -> None:
    view = saved_views.save_view(scientist, product, name="A")
    assert list(queries.views(manager, product)) == []
    for person in (manager, admin):
        with pytest.raises(access.Hidden):
            queries.view(person, product, view.pk)
        with pytest.raises(access.Hidden):
            saved_views.change_view(person, view, name="Mine")
        with pytest.raises(access.Hidden):
            saved_views.delete_view(person, view)
    with pytest.raises((access.Hidden, access.Denied)):
        saved_views.save_view(outsider, product, name="A")
    saved_views.delete_view(scientist, view)
    assert not SavedView.objects.exists()


def test_there_is_a_bound_to_how_many(product, scientist, monkeypatch) -> None:
    monkeypatch.setattr(views, "MOST", 2)
    for name in "ab":
        saved_views.save_view(scientist, product, name=name)
    with pytest.raises(Invalid, match="you have 2 views"):
        saved_views.save_view(scientist, product, name="c")

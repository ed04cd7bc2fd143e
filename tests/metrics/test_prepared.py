"""A prepared query reads what the query itself reads, whatever its values are."""

import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from metrics.models.product import Membership, Product, User
from metrics.prepared import Prepared

pytestmark = pytest.mark.django_db


def rows(user: int, slug: str):
    return Membership.objects.filter(user=user, product__slug=slug).select_related("product__created_by").order_by()


def roles(user: int):
    return Membership.objects.filter(user=user).order_by("product__slug").values_list("product__slug", "role")


@pytest.fixture
def people() -> list[User]:
    people = [User.objects.create_user(f"person {at}") for at in range(3)]
    for at, slug in enumerate(["one", "two's", 'three "3" %s %', "value 0 of these"]):
        product = Product.objects.create(slug=slug, name=slug, currency="EUR", seed=1, created_by=people[0])
        for person in people[: at + 1]:
            Membership.objects.create(user=person, product=product, role="executive")
    return people


def test_each_value_reads_its_own_rows(people):
    of_product, of_person = Prepared(rows, int, str), Prepared(roles, int)
    for person in [*people, *people]:
        assert of_person(person.pk) == list(roles(person.pk))
        for product in Product.objects.all():
            assert of_product(person.pk, product.slug) == list(rows(person.pk, product.slug))
    assert of_product(people[0].pk, "' OR 1=1 --") == []
    assert len(of_person(people[0].pk)) == 4
    assert len(of_person(people[2].pk)) == 2


def test_what_is_related_comes_with_it_in_one_query(people):
    prepared = Prepared(rows, int, str)
    prepared(people[0].pk, "one")
    with CaptureQueriesContext(connection) as asked:
        (found,) = prepared(people[1].pk, "two's")
        assert (found.user_id, found.product.name, found.product.created_by) == (people[1].pk, "two's", people[0])
        assert (found.created_at.tzinfo, type(found.product.gates)) == (people[0].date_joined.tzinfo, list)
    assert len(asked) == 1


def test_what_changes_is_read(people):
    prepared = Prepared(roles, int)
    before = prepared(people[2].pk)
    Membership.objects.filter(user=people[2]).update(role="project_manager")
    assert [role for _, role in before] == ["executive"] * 2
    assert [role for _, role in prepared(people[2].pk)] == ["project_manager"] * 2


def test_a_value_that_is_no_parameter_is_told_at_the_first_call():
    with pytest.raises(AssertionError, match="no parameter"):
        Prepared(lambda user: Membership.objects.filter(role="executive"), int)(1)


@pytest.mark.django_db(transaction=True)
def test_threads_that_ask_at_once_get_their_own_rows(people):
    prepared, wrong = Prepared(roles, int), []

    def ask(person: User, expected) -> None:
        wrong.extend(1 for _ in range(50) if prepared(person.pk) != expected)
        connection.close()

    expected = {person: list(roles(person.pk)) for person in people}
    threads = [threading.Thread(target=ask, args=(person, expected[person])) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong

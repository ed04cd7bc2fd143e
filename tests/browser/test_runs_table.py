"""The runs table in a browser: keys, choosing over several pages, filters with chips, saved views."""

import re

import pytest
from playwright.sync_api import Page, expect

from metrics.services.evaluation import runs, saved_views

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RUNS = "/p/cancellation-calls/runs/"
VIEWS = "/p/cancellation-calls/views/"
LOOKS = {"wide light": (1360, "light"), "narrow dark": (390, "dark")}


@pytest.fixture
def reported(product, scientist, compute):
    """Sixty runs that report roc_auc and log_loss: more than a page of them."""
    for number in range(60):
        metrics = {"roc_auc": round(0.5 + number / 200, 3), "log_loss": round(0.7 - number / 300, 3)}
        manifest = {"model": "gbm", "version": f"v{number}", "name": f"night {number:02}", "metrics": metrics}
        runs.log_run(scientist, product, manifest=manifest)
    compute()
    return product


@pytest.fixture
def table(browser_page, reported, scientist) -> Page:
    page = browser_page(scientist)
    page.goto(f"{RUNS}?sort=-roc_auc")
    return page


def here(page: Page) -> str:
    """The name of the run whose row has the focus."""
    return page.locator("#runs tbody tr:focus th a").inner_text()


def chosen(page: Page) -> list[str]:
    return page.locator("#runs tbody tr:has(input:checked) th a").all_inner_texts()


def test_keys_move_choose_and_open(table: Page) -> None:
    table.keyboard.press("j")
    assert here(table) == "night 59"
    table.keyboard.press("j")
    table.keyboard.press("ArrowDown")
    assert here(table) == "night 57"
    table.keyboard.press("x")
    table.keyboard.press("k")
    table.keyboard.press("Space")
    table.keyboard.press("ArrowUp")
    assert here(table) == "night 59"
    table.keyboard.press("k")  # the first row is the end of the way
    assert here(table) == "night 59"
    assert chosen(table) == ["night 58", "night 57"]
    expect(table.locator("#picked")).to_contain_text("2 runs chosen")
    table.keyboard.press("j")
    table.keyboard.press("x")
    assert chosen(table) == ["night 57"]
    expect(table.get_by_role("button", name="Compare")).to_be_disabled()
    table.keyboard.press("Enter")
    expect(table.get_by_role("heading", level=1)).to_contain_text("night 58")


def test_letters_typed_into_a_field_are_letters(table: Page) -> None:
    table.keyboard.press("/")
    expect(table.get_by_label("Search runs")).to_be_focused()
    table.keyboard.type("xjk?c")
    expect(table.get_by_label("Search runs")).to_have_value("xjk?c")
    expect(table.get_by_text("No run matches")).to_be_visible()
    assert table.locator("#keys").is_hidden()


def test_the_list_of_keys_opens_by_its_key_and_can_turn_them_off(table: Page) -> None:
    table.keyboard.press("?")
    dialog = table.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    table.keyboard.press("j")  # keys rest while a dialog is open
    dialog.get_by_role("button", name="Turn single keys off").click()
    table.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    table.locator("h1").click()
    table.keyboard.press("j")
    assert table.locator("#runs tbody tr:focus").count() == 0
    table.reload()
    table.get_by_role("button", name="Keys").click()
    dialog.get_by_role("button", name="Turn single keys on").click()
    dialog.get_by_role("button", name="Close").click()
    table.keyboard.press("j")
    assert here(table) == "night 59"


def test_what_is_chosen_stays_so_while_one_pages_sorts_and_filters(table: Page, reported) -> None:
    table.get_by_label("Select night 59").check()
    table.keyboard.press("n")
    expect(table.get_by_text("Rows 51 to 60 of 60")).to_be_visible()
    bar = table.locator("#picked")
    expect(bar).to_contain_text("1 run chosen; choose another to compare, not on this page.")
    table.get_by_label("Select night 03").check()
    expect(bar).to_contain_text("2 runs chosen, 1 not on this page.")
    table.get_by_role("link", name="log_loss").click()
    expect(table.locator("th[aria-sort]")).to_contain_text("log_loss")
    expect(bar).to_contain_text("2 runs chosen, 1 not on this page.")
    assert chosen(table) == ["night 59"]
    table.get_by_label("Search runs").fill("night 03")
    expect(table.locator("tbody tr")).to_have_count(1)
    assert chosen(table) == ["night 03"]
    keys = [run.pk for run in reported.runs.filter(name__in=["night 03", "night 59"])]
    sent = table.evaluate("new URLSearchParams(new FormData(document.getElementById('picked'))).getAll('run')")
    assert sorted(sent) == sorted(keys)
    bar.get_by_role("button", name="Clear").click()
    expect(bar).to_be_hidden()
    assert chosen(table) == []


def test_comparing_leads_to_the_runs_in_the_address(table: Page) -> None:
    asked: list[str] = []
    table.route("**/compare/**", lambda route: (asked.append(route.request.url), route.fulfill(body="compared")))
    table.keyboard.press("c")
    expect(table.locator("#announce")).to_have_text("Choose two or more runs first.")
    for _ in range(3):
        table.keyboard.press("j")
        table.keyboard.press("x")
    with table.expect_navigation():
        table.keyboard.press("c")
    assert re.search(r"/p/cancellation-calls/compare/\?(run=[0-9a-f]{12}&){2}run=[0-9a-f]{12}$", asked[0])


def test_at_most_twelve_are_chosen(table: Page) -> None:
    for _ in range(13):
        table.keyboard.press("j")
        table.keyboard.press("x")
    expect(table.locator("#announce")).to_have_text("At most 12 runs are compared at once.")
    assert len(chosen(table)) == 12
    expect(table.get_by_role("button", name="Compare 12 runs")).to_be_enabled()


def test_filters_become_chips_and_faults_stand_beside_their_fields(browser_page, reported, scientist) -> None:
    page = browser_page(scientist, refusals=True)
    page.goto(f"{RUNS}?sort=-roc_auc")
    page.evaluate("window.kept = true")
    page.get_by_text("More filters").click()
    field = page.get_by_label("Metrics between")
    field.fill("roc_auc above 0.7")
    field.press("Enter")
    expect(page.locator("#fault-where")).to_contain_text("write a metric, a sign and a number")
    expect(page.locator("tbody tr")).to_have_count(50)
    field.fill("roc_auc > 0.7, log_loss > 0.52")
    field.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(13)
    expect(page.locator("#fault-where")).to_be_empty()
    expect(page.locator("th[aria-sort]")).to_contain_text("roc_auc")
    page.get_by_role("link", name="Take away: log_loss > 0.52").click()
    expect(page.locator("tbody tr")).to_have_count(19)
    expect(page.get_by_label("Metrics between")).to_have_value("roc_auc > 0.7")
    expect(page).to_have_url(re.compile(r"where=roc_auc"))
    assert page.evaluate("window.kept")


def test_columns_are_chosen(table: Page) -> None:
    expect(table.get_by_role("columnheader", name="log_loss")).to_be_visible()
    table.locator("details.columns summary").click()
    table.get_by_role("checkbox", name="log_loss").uncheck()
    table.get_by_role("checkbox", name="brier", exact=True).check()
    table.get_by_role("button", name="Show these").click()
    expect(table.get_by_role("columnheader", name="brier")).to_be_visible()
    expect(table.get_by_role("columnheader", name="log_loss")).to_have_count(0)
    table.get_by_label("Search runs").fill("v1")
    expect(table.locator("tbody tr")).to_have_count(11)
    expect(table.get_by_role("columnheader", name="brier")).to_be_visible()


def test_a_view_is_saved_reopened_and_deleted(table: Page) -> None:
    table.get_by_label("Search runs").fill("v1")
    expect(table.locator("tbody tr")).to_have_count(11)
    expect(table).to_have_url(re.compile(r"/runs/\?q=v1&sort=-roc_auc$"))
    table.get_by_role("button", name="Save this view").click()
    dialog = table.get_by_role("dialog", name="Save this view")
    dialog.get_by_label("Name of the view").fill("Teens")
    dialog.get_by_label("Open the runs with it").check()
    dialog.get_by_role("button", name="Save").click()
    expect(table.get_by_role("status").filter(has_text="is saved")).to_be_visible()
    expect(table.get_by_role("link", name="Teens")).to_have_attribute("aria-current", "true")
    table.goto(RUNS)
    expect(table.locator("tbody tr")).to_have_count(11)
    table.get_by_role("link", name="All runs").click()
    expect(table.locator("tbody tr")).to_have_count(50)
    table.get_by_role("link", name="Manage views").click()
    table.get_by_role("button", name="Delete Teens").click()
    table.get_by_role("dialog", name="Delete this view?").get_by_role("button", name="Delete").click()
    expect(table.get_by_text("No view yet")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS)
def test_the_table_and_its_views_have_no_serious_fault(
    look, browser_page, reported, scientist, no_serious_fault
) -> None:
    width, theme = LOOKS[look]
    saved_views.save_view(scientist, reported, name="Teens, the best first", query="q=night+1&sort=-roc_auc")
    page = browser_page(scientist, width=width, theme=theme, refusals=True)
    for path in (
        f"{RUNS}?all=1",
        f"{RUNS}?q=night&where=roc_auc+>+0.6,+oh&since=2001-01-01&sort=-roc_auc&columns=roc_auc,ece,brier,ks,f1,mcc",
        f"{RUNS}?q=nothing-like-it",
        VIEWS,
    ):
        page.goto(path)
        no_serious_fault(page)
    page.goto(RUNS)
    page.get_by_label("Select night 59").check()
    page.locator("details.columns summary").click()
    no_serious_fault(page)
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    no_serious_fault(page)

"""manage.py pack PRODUCT|portfolio --out DIR: the paper of a product, of a decision or of the portfolio, as files."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from metrics import access
from metrics.queries.documents.known import Known
from metrics.queries.evaluation import catalogue as products
from metrics.queries.revenue.outlook import Outlook
from metrics.queries.revenue.portfolio import portfolio
from metrics.queries.selection import catalogue as decisions
from reports.exports import files
from reports.exports.document import NOT_ISSUED, Document
from reports.exports.documents import portfolio as of_portfolio
from reports.exports.documents import product as of_product

PORTFOLIO, REFUSED = "portfolio", 2


class Command(BaseCommand):
    help = (
        "Write pack.pdf, pack.pptx, pack.xlsx, tables/*.csv and figures.json of a product, of the portfolio of all "
        "products, or of one decision of a product. Exit code 0: done; 2: refused, with the reason in one line."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("of", metavar="PRODUCT|portfolio", help="a product as its address has it, or portfolio")
        parser.add_argument("--out", type=Path, required=True, help="a folder; it is made where there is none")
        parser.add_argument("--decision", type=int, help="the number of a decision of the product")
        parser.add_argument("--comments", action="store_true", help="with what was said of what stands in it")
        parser.add_argument("--currency", default="", help="of the portfolio's totals, such as EUR")

    def handle(self, *args: Any, **options: Any) -> None:
        document = replace(self._document(options), number=NOT_ISSUED)
        out: Path = options["out"]
        try:
            (out / "tables").mkdir(parents=True, exist_ok=True)
            for kind, written in files.WRITERS.items():
                (out / f"pack.{kind}").write_bytes(written(document))
            for name, content in files.tables(document):
                (out / "tables" / name).write_bytes(content)
            (out / "figures.json").write_bytes(files.figures(document))
        except OSError as error:
            raise _refused(f"{error.filename or out}: {error.strerror}; name a folder that can be written") from error
        self.stdout.write(f"{document.title}: {len(document.sections)} pages in {out}")

    def _document(self, options: dict[str, Any]) -> Document:
        of, number, currency, comments = (options[name] for name in ("of", "decision", "currency", "comments"))
        user = access.operator()
        if of == PORTFOLIO:
            if number is not None:
                raise _refused("a decision is of a product: name it in place of portfolio")
            found = portfolio(user, currency=currency)
            if currency and found.currency != currency:
                known = ", ".join(found.currencies) or "none"
                raise _refused(f"--currency {currency}: no product is in it; theirs are {known}")
            return of_portfolio.document(user, found, today=timezone.localdate(), comments=comments)
        if currency:
            raise _refused("--currency is for the portfolio; a product has its own")
        product = products.every_product(user).filter(slug=of).first()
        if product is None:
            raise _refused(f"there is no product {of}; name one as its address has it, or portfolio")
        timezone.activate(product.time_zone)
        today: date = product.today()
        if number is None:
            return of_product.document(user, Outlook(Known(product)), today=today, comments=comments)
        try:
            row = decisions.decision(product, number)
        except access.Hidden:
            raise _refused(f"{of} has no decision {number}") from None
        return of_product.of_decision(user, row, Outlook(Known(product)), today=today, comments=comments)


def _refused(why: str) -> CommandError:
    return CommandError(why, returncode=REFUSED)

"""A document as a workbook: the figures as issued, each table, each chart with its values, and the money computed anew.

What stands in a calculation is live: its cells may be changed, and lines and totals follow. What was issued stays as it
is beside it. No text is ever a formula, nothing reaches outside the workbook, equal documents give equal bytes.
"""

from __future__ import annotations

import io
from datetime import datetime

import xlsxwriter

from reports.exports.document import Document
from reports.exports.xlsx.book import Book
from reports.exports.xlsx.calculation import calculated
from reports.exports.xlsx.charts import charted
from reports.exports.xlsx.summary import summed_up, worded
from reports.exports.xlsx.tables import tabled


def written(document: Document) -> bytes:
    """The XLSX. Raises ValueError where an expression is not one of `Computed`."""
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as workbook:
        day = document.known_on
        made = datetime(day.year, day.month, day.day)  # noqa: DTZ001  # as the writer wants it
        workbook.set_properties(
            {
                "title": document.title,
                "subject": document.name,
                "author": "kpiplatform",
                "comments": document.foot,
                "created": made,
            }
        )
        book = Book(workbook, document)
        summary = book.sheet("Summary")
        totals = [calculated(book, calculation) for calculation in document.calculations]
        summed_up(book, summary, [total for total in totals if total is not None])
        for table in document.tables():
            tabled(book, table)
        charted(book)
        worded(book)
    return file.getvalue()

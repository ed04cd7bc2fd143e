"""manage.py audit verify|anchor|export: whether the audit is as it was written, and where it is kept outside."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from metrics import access
from metrics.queries.evaluation import catalogue
from metrics.queries.product import audit
from metrics.queries.product import chain as queries
from metrics.services.writing import chain
from reports.exports import trail as files

DIFFERS, REFUSED = 1, 2


class Command(BaseCommand):
    help = "Verify, anchor or export the audit. Exit code 0: done, and it holds; 1: it does not hold; 2: refused."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="verify|anchor|export")
        verify = acts.add_parser("verify", help="find entries that were changed, removed or put in")
        verify.add_argument("--anchors", type=Path, help="a copy of the anchors that was kept elsewhere")
        acts.add_parser("anchor", help="write today's anchor now, where there is none yet")
        export = acts.add_parser("export", help="write entries into a file")
        export.add_argument("--since", type=date.fromisoformat, metavar="DAY", help="the first day, UTC: 2026-11-01")
        export.add_argument("--until", type=date.fromisoformat, metavar="DAY", help="the last day")
        export.add_argument("--product", default="", help="of one product alone, as its address has it")
        export.add_argument("--out", type=Path, required=True, help="FILE.jsonl to be verified, FILE.csv for people")

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        getattr(self, f"_{act}")(options)

    def _verify(self, options: dict[str, Any]) -> None:
        given: Path | None = options["anchors"]
        try:
            held = chain.anchors(given)
        except chain.NoAnchors as error:
            if given is not None:
                raise CommandError(str(error), returncode=REFUSED) from error
            self._broken([str(error)])
        faults = chain.verified(held)
        if faults:
            self._broken(faults)
        end = queries.last()
        whole = f"{end.number:,} entries hold, the last as {end.digest}" if end else "nothing is linked yet"
        kept = f"the newest of {held[-1].day} at number {held[-1].number}" if held else "so the end is held by nothing"
        self.stdout.write(f"{whole}\n{len(held):,} anchors, {kept}")

    def _anchor(self, options: dict[str, Any]) -> None:
        chain.link()
        try:
            made = chain.anchor(today=timezone.now().date())
        except (chain.Broken, chain.NoAnchors) as error:
            self._broken([str(error)])
        self.stdout.write(f"{made.day} {made.number} {made.digest}" if made else "nothing is linked yet")

    def _export(self, options: dict[str, Any]) -> None:
        out: Path = options["out"]
        write = files.WRITERS.get(out.suffix.removeprefix("."))
        if write is None:
            raise CommandError(f"--out {out}: name it FILE.{' or FILE.'.join(files.WRITERS)}", returncode=REFUSED)
        product = catalogue.every_product(access.operator()).filter(slug=options["product"]).first()
        if options["product"] and product is None:
            raise CommandError(f"there is no product {options['product']}", returncode=REFUSED)
        chain.link()
        entries = audit.audit(product, audit.Wanted(since=options["since"], until=options["until"]))
        try:
            with out.open("wb") as file:
                file.writelines(write(entries))
        except OSError as error:
            raise CommandError(f"{out}: {error.strerror}", returncode=REFUSED) from error
        self.stdout.write(f"{entries.count():,} entries in {out}")

    def _broken(self, faults: list[str]) -> None:
        for fault in faults:
            self.stdout.write(fault)
        self.stderr.write(f"the audit does not hold: {len(faults)} fault{'s' if len(faults) > 1 else ''}")
        sys.exit(DIFFERS)

"""The platform from Python: log runs, read figures and receipts, have them verified.

    from kpiplatform.client import Client

    client = Client()  # signed in by `kpi login`, or by KPI_URL and KPI_TOKEN
    run = client.log_run("churn", model=clf, y_true=y, y_score=clf.predict_proba(X), wait=True)
    print(run)

Answers are the API's JSON as dictionaries. Whatever goes wrong is a ClientError.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kpiplatform.client import config as settings
from kpiplatform.client.chain import Chain
from kpiplatform.client.connection import PATIENCE, Answer, answer, part
from kpiplatform.client.datasets import DataSets
from kpiplatform.client.deciding import Deciding
from kpiplatform.client.observed import Observed
from kpiplatform.client.packs import Packs
from kpiplatform.client.runs import Runs
from kpiplatform.client.transport import Transport


class Client(Runs, DataSets, Observed, Chain, Deciding, Packs):
    """A signed-in connection. url and token: default to KPI_URL and KPI_TOKEN, then to what `kpi login` stored."""

    # Who

    @staticmethod
    def sign_in(url: str, username: str, password: str, *, code: str = "", name: str = "kpi", days: int = 90) -> Answer:
        """A new token for a name and a password: {"token", "name", "expires_at", "username"}. Nothing is stored.

        code: what the authenticator app shows, or a recovery code, where one is asked for; without it a ClientError
        then has the field "code" and the code "needed".
        """
        address = settings.checked_url(url)
        with Transport(settings.Config(url=address)) as server:
            body = {"username": username, "password": password, "name": name, "days": days}
            body |= {"code": code} if code else {}
            return answer(server.post("/tokens/", body), address)

    def me(self) -> Answer:
        """Who the token stands for: {"username", "roles"}."""
        return self._get("/me/")

    # Products

    def products(self, *, limit: int = 200, archived: bool = False) -> list[Answer]:
        """The products that one is a member of: those at work, or the archived ones."""
        return list(self._server.listed("/products/", limit=limit, archived="true" if archived else ""))

    def product(self, slug: str) -> Answer:
        """One product."""
        return self._get(f"/products/{part(slug)}/")

    def create_product(self, name: str, *, currency: str, **more: Any) -> Answer:
        """Make a product; more: sentence, time_zone, fiscal_year_start, case_noun."""
        return self._post("/products/", {"name": name, "currency": currency} | more)

    def archive_product(self, slug: str) -> Answer:
        """Take a product out of work; it is read only then."""
        return self._post(f"/products/{part(slug)}/archive/")

    def restore_product(self, slug: str) -> Answer:
        """Bring an archived product back."""
        return self._post(f"/products/{part(slug)}/restore/")

    # Metrics

    def metrics(self, product: str, *, limit: int = 200) -> list[Answer]:
        """The metrics that runs of a product may have: built in, by formula, reported."""
        return list(self._server.listed(f"/products/{part(product)}/metrics/", limit=limit))

    def register_metric(
        self,
        product: str,
        key: str,
        *,
        direction: str,
        formula: str = "",
        name: str = "",
        unit: str = "",
        task: str | None = None,
        source: str = "",
    ) -> Answer:
        """Register a metric: by a formula over the rows, such as "sum(w * abs(y - p)) / sum(w)", or reported by runs.

        direction: "up" or "down", the way to the better. Gives {"key", "kind", …}; a formula that cannot be read
        raises ClientError with the position.
        """
        chosen = {"formula": formula, "unit": unit, "task": task, "source": source}
        body = {"key": key, "name": name or key, "direction": direction}
        path = f"/products/{part(product)}/metrics/"
        return self._post(path, body | {field: value for field, value in chosen.items() if value})

    def update_metric(
        self, product: str, key: str, *, direction: str = "", name: str = "", source: str | None = None
    ) -> Answer:
        """Change how a metric is called or explained, and the way to the better until a mapping uses it."""
        chosen = {"direction": direction or None, "name": name or None, "source": source}
        body = {field: value for field, value in chosen.items() if value is not None}
        return answer(self._server.patch(f"/products/{part(product)}/metrics/{part(key)}/", body), self.url)

    # Imports

    def import_mlflow(
        self,
        product: str,
        uri: str,
        *,
        experiments: Sequence[str] = (),
        every_minutes: int | None = None,
        timeout: float = PATIENCE,
    ) -> Answer:
        """Have the server take over the runs of an MLflow server, now and, where asked, every so many minutes.

        experiments: their names; none: all. Gives the counts of this time. Raises ClientError where it fails.
        """
        body = {"kind": "mlflow", "uri": uri, "experiments": list(experiments), "every_minutes": every_minutes}
        path, key = f"/products/{part(product)}/imports/", uuid.uuid4().hex
        begun = self._send(path, body, key=key)
        return self._finished_work(begun["work"], timeout, says="the import")

    # Figures

    def kpis(self, product: str, *, limit: int = 200) -> list[Answer]:
        """The KPIs of a product with their values."""
        return list(self._server.listed(f"/products/{part(product)}/kpis/", limit=limit))

    def kpi(self, product: str, key: str) -> Answer:
        """One KPI with its value, grade, target and receipt."""
        return self._get(f"/products/{part(product)}/kpis/{part(key)}/")

    def receipt(self, digest: str) -> Answer:
        """The links from a figure down to its rows. digest: whole, or its first 8 or more digits."""
        return self._get(f"/receipts/{part(digest)}/")

    def export_receipt(self, digest: str, to: str | Path) -> int:
        """Write a receipt as a ZIP that is recomputed offline. Gives its size in bytes."""
        return self._server.download(f"/receipts/{part(digest)}/export/", Path(to))

    def verify(self, digest: str, *, timeout: float = PATIENCE) -> Answer:
        """Have the server recompute a figure from its rows: {"verdict", "differences", …}.

        Raises ClientError where the recomputation itself fails.
        """
        begun = self._post(f"/receipts/{part(digest)}/verify/", safe=True)
        return self._finished_work(begun["work"], timeout, says="the recomputation")

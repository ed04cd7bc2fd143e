"""One model: its versions, who has made them champion, and the run that it stands on."""

from __future__ import annotations

from metrics import access
from metrics.models.evaluation import ChampionRun, Model, ModelVersion
from metrics.models.product import Product


def by_key(of: Product, key: str) -> Model:
    """Raises Hidden where the product has no such model."""
    return access.there(Model.objects.filter(product=of, key=key).select_related("product").first())


def versions(of: Model) -> list[ModelVersion]:
    """The newest first."""
    return list(of.versions.order_by("-created_at", "-pk"))


def champions(of: Model) -> list[ChampionRun]:
    """Every promotion and acceptance that was not taken back, the newest first, with the run and who did it."""
    rows = ChampionRun.objects.filter(version__model=of, withdrawn_at=None)
    return list(rows.select_related("version", "run", "by").order_by("-created_at", "-pk"))

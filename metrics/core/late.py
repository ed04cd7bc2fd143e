"""Libraries that start slowly: each is loaded when something of it is first used, not by whoever may use it."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import moocore
    import pandas as pd
    import pint.util as pint
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv as pacsv
    import pyarrow.fs as pafs
    import pyarrow.parquet as pq
    from scipy import optimize, spatial, special, stats
    from scipy.sparse import csgraph
    from scipy.spatial import distance
    from scipy.stats import qmc
    from sklearn import isotonic
else:

    class Late(ModuleType):
        """Stands for the module of its name."""

        def __getattr__(self, name: str) -> Any:
            return getattr(import_module(self.__name__), name)

    moocore = Late("moocore")
    pd = Late("pandas")
    pint = Late("pint.util")
    pa = Late("pyarrow")
    pc = Late("pyarrow.compute")
    pacsv = Late("pyarrow.csv")
    pafs = Late("pyarrow.fs")
    pq = Late("pyarrow.parquet")
    optimize, special, stats = Late("scipy.optimize"), Late("scipy.special"), Late("scipy.stats")
    distance, spatial = Late("scipy.spatial.distance"), Late("scipy.spatial")
    csgraph, qmc = Late("scipy.sparse.csgraph"), Late("scipy.stats.qmc")
    isotonic = Late("sklearn.isotonic")

__all__ = [
    "csgraph",
    "distance",
    "isotonic",
    "moocore",
    "optimize",
    "pa",
    "pacsv",
    "pafs",
    "pc",
    "pd",
    "pint",
    "pq",
    "qmc",
    "spatial",
    "special",
    "stats",
]

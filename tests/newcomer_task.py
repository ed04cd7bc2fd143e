"""A task that the house does not have, and the process that checks uploads of it too."""

from dataclasses import replace

from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.services.evaluation import checker

COUNTED = replace(
    TASKS["regression"],
    words="counts of arrivals",
    rows=replace(TASKS["regression"].rows, name="count", placed=("cluster_id",)),
    headline=("wape", "mae", "r2"),
    compared=("wape", "mae"),
)

if __name__ == "__main__":
    TASKS[COUNTED.name] = COUNTED
    checker.main()

"""Log the runs that each line of standard input describes, and answer with a line of their ids: mlflow_runs.py URI.

Runs in the environment of MLflow.

A run: experiment, name, metrics (a number, or a list of [step, value]; a number may be "nan"), and optionally params,
tags, files (paths), data ([name, digest, context]), status, end_time (ms), model (its registered model), id (that of an
existing run, which is changed), ends ("by update": without a time, as MlflowClient.update_run leaves it).
"""

import contextlib
import json
import sys
import time

from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient


def log(client, run):
    experiment = client.get_experiment_by_name(run["experiment"])
    number = experiment.experiment_id if experiment else client.create_experiment(run["experiment"])
    made = run.get("id") or client.create_run(number, run_name=run["name"]).info.run_id
    now = int(time.time() * 1000)
    points = {key: value if isinstance(value, list) else [[0, value]] for key, value in run.get("metrics", {}).items()}
    client.log_batch(
        made,
        metrics=[Metric(key, float(value), now + step, step) for key, of in points.items() for step, value in of],
        params=[Param(key, str(value)) for key, value in run.get("params", {}).items()],
        tags=[RunTag(key, value) for key, value in run.get("tags", {}).items()],
    )
    for name, digest, context in run.get("data", []):
        tag = InputTag("mlflow.data.context", context)
        client.log_inputs(made, [DatasetInput(Dataset(name, digest, "local", "{}"), [tag])])
    for path in run.get("files", []):
        client.log_artifact(made, path)
    if model := run.get("model"):
        with contextlib.suppress(MlflowException):  # it may be there from an earlier run
            client.create_registered_model(model)
        client.create_model_version(model, f"runs:/{made}/model", run_id=made)
    status = run.get("status", "FINISHED")
    if status == "DELETED":
        client.delete_run(made)
    elif run.get("ends") == "by update":
        client.update_run(made, status)
    elif status != "RUNNING":
        client.set_terminated(made, status, end_time=run.get("end_time"))
    return made


if __name__ == "__main__":
    client = MlflowClient(sys.argv[1])
    for line in sys.stdin:
        with contextlib.redirect_stdout(sys.stderr):  # what MLflow tells
            made = [log(client, run) for run in json.loads(line)]
        print(json.dumps(made), flush=True)

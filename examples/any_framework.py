"""Log a model of any framework: all that is needed are arrays. Here a softmax regression in numpy, three classes.

pip install kpiplatform[arrays] numpy
kpi login                                 # or set KPI_URL and KPI_TOKEN
python examples/any_framework.py species  # the product to log into
"""

import sys

import numpy as np

from kpiplatform.client import Client

CLASSES = ["short", "middle", "long"]
SETTINGS = {"learning_rate": 0.5, "epochs": 200}
SEED = 7


def examples(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Two measurements of n examples, and the class of each."""
    generator = np.random.default_rng(SEED)
    truth = generator.integers(0, len(CLASSES), n)
    return truth[:, None] + generator.normal(0, 0.6, (n, 2)), truth


def softmax(logits: np.ndarray) -> np.ndarray:
    """Each row as probabilities."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def trained(X: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, list[float]]:
    """Weights after gradient descent, and the log loss of every epoch."""
    weights, losses = np.zeros((X.shape[1], len(CLASSES))), []
    for _ in range(int(SETTINGS["epochs"])):
        probabilities = softmax(X @ weights)
        losses.append(float(-np.log(probabilities[np.arange(len(X)), truth]).mean()))
        weights -= SETTINGS["learning_rate"] * X.T @ (probabilities - np.eye(len(CLASSES))[truth]) / len(X)
    return weights, losses


def main(product: str) -> None:
    """Train on the first two thirds, log the run on the rest with the course of its training, and print it."""
    X, truth = examples(1500)
    X = np.column_stack([X, np.ones(len(X))])
    weights, losses = trained(X[:1000], truth[:1000])

    with Client() as client:
        run = client.log_run(
            product,
            model="softmax",
            task="multiclass",
            y_true=[CLASSES[at] for at in truth[1000:]],
            y_score=softmax(X[1000:] @ weights),
            classes=CLASSES,
            example_id=np.arange(1000, 1500),
            parameters=SETTINGS,
            seed=SEED,
            split="test",
            wait=True,
        )
        client.log_history(
            run["id"], [{"metric": "log_loss", "step": step, "value": loss} for step, loss in enumerate(losses)]
        )
        print(run)


if __name__ == "__main__":
    main(sys.argv[1])

"""Log a scikit-learn model: what a manifest needs is found in the estimator, the code and the packages.

pip install kpiplatform[arrays] scikit-learn
kpi login                                # or set KPI_URL and KPI_TOKEN
python examples/scikit_learn.py churn    # the product to log into
"""

import sys

from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from kpiplatform.client import Client


def main(product: str) -> None:
    """Train on two thirds, log the run on the rest, and print it."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=1 / 3, random_state=7)
    clf = make_pipeline(StandardScaler(), LogisticRegression(random_state=7)).fit(X_train, y_train)

    client = Client()
    run = client.log_run(
        product,
        model=clf,
        y_true=y_test,
        y_score=clf.predict_proba(X_test),
        example_id=X_test.index,  # names the examples: runs on the same ones can be compared
        split="test",
        wait=True,
    )
    print(run)


if __name__ == "__main__":
    main(sys.argv[1])

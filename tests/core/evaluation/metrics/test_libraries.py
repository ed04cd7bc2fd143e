"""Names of the common libraries: the way to the better where it is certain, and nothing where it is not."""

import pytest

from metrics.core.evaluation.metrics.libraries import meaning, task_of
from metrics.core.evaluation.metrics.tasks import TASKS

BETTER_HIGHER = (
    "roc_auc valid_0-auc test-aucpr val_accuracy val_acc_1 eval_f1 training_f1_score test_r2 r2_score auc_2"
    " d2_absolute_error_score d2_log_loss_score explained_variance_score val/BinaryAUROC MulticlassF1Score learn:AUC"
    " F1:class=1 MAP:top=10 NDCG@5 ndcg@10-mean test-auc-mean top5_acc Top-1_accuracy eval_rougeL eval_bleu"
    " sparse_top_k_categorical_accuracy PrecisionAtRecall silhouette_score calinski_harabasz_score cohen_kappa_score"
    " macro_avg_f1-score valAUC bestTest-AUC mean_test_balanced_accuracy validation_1-map@3- NormalizedGini val_ks"
)
BETTER_LOWER = (
    "brier_score brier_score_val hamming_loss log_loss valid_0-l1 valid_0-l2 valid_1-l2-mean valid_0-binary_logloss"
    " validation_0-mlogloss validation_1-merror test-rmse validation_0-error eval_loss train_loss_epoch val_loss loss"
    " sMAPE MeanSquaredError val_MeanAbsoluteError bestTest-RMSE learn:Logloss learn:MultiClass max_error"
    " test_max_error eval-poisson-nloglik davies_bouldin_score coverage_error zero_one_loss mean_pinball_loss"
    " sparse_categorical_crossentropy kl_divergence eval_perplexity eval_wer KLDivergence HammingDistance"
    " neg_log_likelihood false_positive_rate tweedie_deviance_score val_quantile learn:Quantile:alpha=0.9"
)
NOT_KNOWN = (
    "score training_score best_cv_score latency runtime eval_runtime eval_samples_per_second learning_rate epoch"
    " test-auc-std std_test_accuracy rank_test_score mean_fit_time error l2 gamma mean_error test_mean_error bias_ratio"
    " cosine_similarity false_positives neg_custom max_val_f1_gap weight_loss accuracy_loss loss_ratio 1 — auc_drop"
)


@pytest.mark.parametrize("name", BETTER_HIGHER.split())
def test_what_is_better_higher(name):
    assert meaning(name).direction == "up"


@pytest.mark.parametrize("name", BETTER_LOWER.split())
def test_what_is_better_lower(name):
    assert meaning(name).direction == "down"


@pytest.mark.parametrize("name", NOT_KNOWN.split())
def test_what_is_not_known_is_not_guessed(name):
    assert meaning(name).direction is None


def test_keys_of_the_house_are_themselves_whatever_a_table_says():
    for task in TASKS.values():
        for key, metric in task.definitions.items():
            for name in (key, *metric.elsewhere):
                found = meaning(name)
                assert (found.key, found.direction, found.negated) == (key, metric.direction, "")
                assert found.tasks
            prefixed = meaning(f"val_{key}")
            assert prefixed.key == ""
            assert prefixed.direction in (metric.direction, None)


@pytest.mark.parametrize(
    ("name", "loss"),
    [
        ("neg_log_loss", "log_loss"),
        ("neg_mean_absolute_error", "mean_absolute_error"),
        ("test_neg_brier_score", "test_brier_score"),
        ("mean_test_neg_root_mean_squared_error", "mean_test_root_mean_squared_error"),
        ("neg_negative_likelihood_ratio", "negative_likelihood_ratio"),
    ],
)
def test_a_negated_scorer_is_its_loss(name, loss):
    assert meaning(name).negated == loss
    assert meaning(name).direction == meaning(loss).direction == "down"


@pytest.mark.parametrize(
    ("names", "task", "certain"),
    [
        ("roc_auc", "binary", True),
        ("val_rmse val_mae test_r2", "regression", True),
        ("eval_loss eval_mse eval_runtime", "regression", True),
        ("neg_mean_absolute_error", "regression", True),
        ("accuracy validation_0-mlogloss", "multiclass", True),
        ("ndcg_10 loss", "ranking", True),
        ("mase mae", "forecast", True),
        ("auc_10 precision_10 recall_10 loss", "binary", True),
        ("accuracy f1", "binary", False),
        ("f1_macro", "multiclass", False),
        ("accuracy rmse", "binary", False),
        ("rmse mae accuracy", "regression", False),
        ("latency", "binary", False),
        ("", "binary", False),
    ],
)
def test_the_task_is_that_of_the_names_and_certain_where_they_agree(names, task, certain):
    assert task_of(names.split()) == (task, certain)

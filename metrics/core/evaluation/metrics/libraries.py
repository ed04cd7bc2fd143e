"""What the common libraries call their metrics: which of them are built in here, the way to the better, and the task.

scikit-learn, LightGBM, XGBoost, CatBoost, Keras, PyTorch Lightning (torchmetrics) and Hugging Face. Names come with the
part of the data before them or a number behind them: valid_0-l2, validation_1-mlogloss, test-auc-mean, val_acc_1. What
is not listed, or would mean two things, is unknown: nobody guesses which way is better from a word in a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from metrics.core.evaluation.metrics.definition import Direction
from metrics.core.evaluation.metrics.tasks import TASKS

# Way to the better and the tasks whose models are measured so, then the names; signs between their words do not count.
_TABLE = """
up: binary multiclass
    acc accuracy balanced_accuracy cohen_kappa d2_brier d2_log_loss f1 f1_macro f1_micro f1_weighted f2 fbeta
    jaccard jaccard_index kappa macro_f1 matthews_corr_coef matthews_corrcoef mcc micro_f1 npv ppv precision
    precision_macro precision_micro recall recall_macro recall_micro total_f1 weighted_f1 wkappa
up: binary multiclass ranking
    precision_10 recall_10
up: binary
    auc auc_pr aucpr auprc auroc average_precision avg_precision binary_accuracy gini gini_normalized
    normalized_gini positive_likelihood_ratio pr_auc precision_at_recall recall_at_precision roc_auc sensitivity
    sensitivity_at_specificity specificity specificity_at_sensitivity tnr tpr true_negative_rate true_positive_rate
up: multiclass
    auc_mu categorical_accuracy roc_auc_ovo roc_auc_ovo_weighted roc_auc_ovr roc_auc_ovr_weighted
    sparse_categorical_accuracy sparse_top_k_categorical_accuracy top_k_accuracy top_k_categorical_accuracy
down: binary multiclass
    balanced_error_rate brier brier_score brier_score_loss calibration_error classification_error cross_entropy
    cross_entropy_lambda ece error_rate expected_calibration_error hamming_distance hamming_loss log_loss
    max_calibration_error misclassification misclassification_error misclassification_rate xentlambda xentropy
    zero_one zero_one_loss
down: binary
    bce bce_loss binary_cross_entropy binary_crossentropy binary_error binary_logloss equal_error_rate
    false_negative_rate false_positive_rate fnr fpr negative_likelihood_ratio
down: multiclass
    categorical_crossentropy merror mlogloss multi_error multi_logloss multiclass_one_vs_all
    multiclass_ova sparse_categorical_crossentropy
up: regression forecast
    adj_r2 adjusted_r2 concordance_corr_coef d2_absolute_error d2_pinball d2_tweedie explained_variance
    interval_regression_accuracy nash_sutcliffe pearson pearson_corr_coef pearson_corrcoef pearsonr r2 r2_adjusted
    r_squared spearman spearman_corr_coef spearman_corrcoef spearmanr
down: regression forecast
    fair_loss gamma_deviance gamma_nloglik huber_loss l2_root log_cosh_error logcosh mae mape max_error mdae
    mean_absolute_error mean_absolute_percentage_error mean_gamma_deviance mean_pinball_loss mean_poisson_deviance
    mean_squared_error mean_squared_log_error mean_squared_logarithmic_error mean_tweedie_deviance medae
    median_absolute_deviation median_absolute_error mphe mse msle nmae nrmse pinball_loss poisson_nloglik
    quantile_loss relative_squared_error rmse rmsle root_mean_squared_error root_mean_squared_log_error
    root_mean_squared_logarithmic_error smape symmetric_mean_absolute_percentage_error tweedie_deviance_score
    tweedie_nloglik wape weighted_mean_absolute_percentage_error wmape
down: forecast
    mase msis owa rmsse
up: ranking
    dcg filtered_dcg hit_rate hit_ratio mean_reciprocal_rank mrr ndcg pfound query_auc reciprocal_rank
    retrieval_hit_rate retrieval_map retrieval_mrr retrieval_normalized_dcg retrieval_precision retrieval_recall
down: ranking
    query_cross_entropy query_rmse retrieval_fall_out
up:
    adjusted_mutual_info adjusted_rand bertscore bertscore_f1 bleu c_index calinski_harabasz chrf completeness_score
    concordance_index dice dice_coefficient exact_match fowlkes_mallows homogeneity_score inception_score iou
    label_ranking_average_precision log_likelihood map mean_average_precision mean_io_u mean_iou meteor ms_ssim
    mutual_info normalized_mutual_info precision_at psnr rand_score recall_at rouge rouge1 rouge2 rougel rougelsum
    sacrebleu silhouette_score ssim v_measure
down:
    aft_nloglik aic bic categorical_hinge cer char_error_rate coverage_error cox_nloglik davies_bouldin
    davies_bouldin_score fid frechet_inception_distance hinge hinge_loss inertia kernel_inception_distance kid
    kl_divergence kldiv kullback_leibler kullback_leibler_divergence label_ranking_loss loss lpips match_error_rate
    neg_log_likelihood negative_log_likelihood nll nll_loss perplexity squared_hinge ter wer word_error_rate
"""
# Of boosters, behind the part of the data; by itself such a name may be a penalty, a norm or a signed mean.
_TABLE_OF_PARTS = """
down: regression forecast
    expectile fair gamma huber l1 l2 poisson quantile tweedie
down: multiclass
    multiclass
down: binary multiclass
    error
up:
    pre
"""
# scikit-learn hands these out negated, as neg_…: more is better, and none of them lies above 0.
_NEGATED = """
    log_loss brier_score mean_absolute_error mean_squared_error root_mean_squared_error mean_squared_log_error
    root_mean_squared_log_error median_absolute_error max_error mean_absolute_percentage_error mean_poisson_deviance
    mean_gamma_deviance negative_likelihood_ratio mae mse rmse msle rmsle mape
"""
_PART = re.compile(
    r"(?:val|valid|validation|test|testing|eval|evaluation|train|training|learn|dev|holdout|oof|cv|fold|split)?\d*"
)
_ABOUT = re.compile(
    r"best|final|last|mean|avg|average|epoch|step|metrics?|overall|macro|micro|weighted|samples|binary|multiclass"
    r"|multilabel|class|top\d*|at|k"
)
_AMOUNTS = {"regression", "forecast"}
_OF_TORCH = ("binary", "multiclass", "multilabel")


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What a name means. direction: the way to the better, None where that is not known.

    key: that of the built-in metric that it is, else "". tasks: those whose models are measured so. negated: the name
    without its neg_, where it is a loss with its sign turned; direction and tasks are then those of the loss.
    """

    direction: Direction | None = None
    key: str = ""
    tasks: tuple[str, ...] = ()
    negated: str = ""


def meaning(name: str) -> Meaning:
    """What a metric's name says, whatever signs stand between its words.

    >>> [meaning(name).direction for name in ("valid_0-l2", "test-aucpr", "d2_absolute_error_score", "val_BinaryAUROC")]
    ['down', 'up', 'up', 'up']
    >>> [meaning(name).direction for name in ("l2", "std_test_accuracy", "mean_error", "latency", "score")]
    [None, None, None, None, None]
    >>> meaning("test_neg_log_loss").negated, meaning("accuracy_score").key, meaning("val_accuracy").key
    ('test_log_loss', 'accuracy', '')
    """
    whole = _words(name)
    found = _BUILT_IN.get("_".join(whole)) or _BUILT_IN.get("".join(whole))
    if found is not None:
        return found
    words = _words(re.sub(r":\w+=.*", "", name))  # CatBoost writes what a metric was asked with behind it
    return next((known for start, end in _cuts(words) if (known := _within(words, start, end))), Meaning())


def task_of(names: Iterable[str]) -> tuple[str, bool]:
    """The task whose metrics these are, and whether that is certain: they agree on it, and it is no guess.

    What every classifier is measured by (accuracy) leaves open how many classes there are.
    """
    found = [meaning(name) for name in names]
    told = [set(one.tasks) for one in found if one.tasks]
    votes = {
        task.name: sum(task.name in one for one in told) + sum(one.key in task.definitions for one in found) / 2
        for task in TASKS.values()
    }
    best = max(votes, key=lambda task: votes[task])  # the first in a tie: binary, regression
    common = set.intersection(*told) if told else set()
    return best, best in common and (len(common) == 1 or common == _AMOUNTS)


def _words(name: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z]{2})", "_", name).lower())


def _cuts(words: list[str]) -> Iterable[tuple[int, int]]:
    """Where a name may begin and end once parts of the data and the like are left out, the longest first."""
    first = next((at for at, word in enumerate(words) if not _about(word)), len(words))
    last = next((at for at in range(len(words), first, -1) if not _about(words[at - 1])), first)
    cuts = [(start, end) for start in range(first + 1) for end in range(len(words), last - 1, -1) if start < end]
    return sorted(cuts, key=lambda cut: cut[0] - cut[1])


def _about(word: str) -> bool:
    return bool(_PART.fullmatch(word) or _ABOUT.fullmatch(word))


def _within(words: list[str], start: int, end: int) -> Meaning | None:
    name = "".join(words[start:end])
    if found := _NAMED.get(name):
        return found
    for kind in _OF_TORCH:
        if name.startswith(kind) and (found := _NAMED.get(name.removeprefix(kind))):
            return found
    parts = [*words[:start], *(word for word in words[end:] if word != "mean")]
    if start and name in _OF_PARTS and all(_PART.fullmatch(word) for word in parts):
        return _OF_PARTS[name]
    if words[start] == "neg" and "_".join(words[start + 1 : end]) in _NEGATED.split():
        rest = [*words[:start], *words[start + 1 :]]
        of = _NAMED["".join(words[start + 1 : end])]
        return Meaning(direction=of.direction, tasks=of.tasks, negated="_".join(rest))
    return None


def _read(table: str) -> dict[str, Meaning]:
    """The names of a table without signs between their words; a score, such as accuracy_score, is better higher."""
    found: dict[str, Meaning] = {}
    held = Meaning()
    for line in filter(None, table.splitlines()):
        if not line.startswith(" "):
            way, _, tasks = line.partition(":")
            held = Meaning(direction="up" if way == "up" else "down", tasks=tuple(tasks.split()))
            continue
        for name in line.split():
            for form in (name, f"{name}_score") if held.direction == "up" else (name,):
                found[form.replace("_", "")] = held
    return found


def _of_the_house() -> dict[str, Meaning]:
    """The keys of this house without signs between their words, but for those whose direction says nothing."""
    return {
        key.replace("_", ""): Meaning(direction=metric.direction, tasks=(task.name,))
        for task in TASKS.values()
        for key, metric in task.definitions.items()
        if not metric.aim and metric.asks != "The rows"
    }


def _built_in() -> dict[str, Meaning]:
    """The keys of this house, and what others call exactly the same; of the tasks that the name tells, if it does."""
    found: dict[str, Meaning] = {}
    for task in TASKS.values():
        for key, metric in task.definitions.items():
            for name in (key, *metric.elsewhere):
                words = name.split("_")
                inside = next((known for start, end in _cuts(words) if (known := _within(words, start, end))), None)
                having = tuple(one for one in TASKS if key in TASKS[one].definitions)
                tasks = inside.tasks if inside else having
                found[name] = Meaning(direction=metric.direction, key=key, tasks=tasks)
    return found


_NAMED = _of_the_house() | _read(_TABLE)
_OF_PARTS = _read(_TABLE_OF_PARTS)
_BUILT_IN = _built_in()

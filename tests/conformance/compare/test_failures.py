"""What one run or both could not answer is a class of the comparison, never a reason to stop: real runs of modules."""

from __future__ import annotations

import itertools
import subprocess
import sys

import pytest
from checkout import PLANTED
from compared_kernels import ran
from script_runner import run_scripts

from logitproof.conformance.cli.main import main
from logitproof.conformance.compare.compare import compare
from logitproof.conformance.corpus.corpus import BatchKey, build
from logitproof.conformance.scripts.of_change import scripts_for_comparison
from logitproof.reports import change_key, decode_comparison, encode_comparison, hex_of

pytestmark = pytest.mark.slow

SIGNATURES = {
    "softmax": "logits, *, axis",
    "log_softmax": "logits, *, axis",
    "logsumexp": "logits, *, axis",
    "entropy": "probs, *, axis",
    "kl_divergence": "labels, probs, *, axis",
    "categorical_cross_entropy": "probs, labels, *, axis",
    "softmax_cross_entropy": "logits, labels, *, axis",
    "nll_loss": "log_probs, labels, *, axis, reduction='none', ignore_index=None",
    "sigmoid": "x",
    "log_sigmoid": "x",
    "logit": "probs",
    "softplus": "x",
    "entropy_terms": "probs",
    "binary_cross_entropy": "probs, labels",
}
WITH_GRADIENT = ("sigmoid", "logit", "kl_divergence")


def mark(function, row):
    """The first number of a row of the batch of 17 classes: it tells that case from all others."""
    return hex_of(build(BatchKey(function, "float32", "mixed/n=17")).arguments[0][row, 0])


def at(function, *rows):
    """A condition that holds where one of some rows is among the cases of a call."""
    marks = ", ".join(f"float.fromhex({mark(function, row)!r})" for row in rows)
    first = SIGNATURES[function].split(",")[0]
    return f"{first}.shape[-1] == 17 and np.isin({first}[..., 0], np.array([{marks}], np.float32)).any()"


def module(values, gradients=(), without=()):
    """The source of a module that is right but for what is said of some functions: statements ahead of the result."""
    lines = [
        "import os",
        "import sys",
        "import time",
        f"sys.path.insert(0, {str(PLANTED)!r})",
        "import correct_numpy_textbook as right",
        "import numpy as np",
        "framework = 'numpy'",
        "np.seterr(all='ignore')",
        "calls = {}",
    ]
    for function, signature in SIGNATURES.items():
        if function in without:
            continue
        names = [part.split("=")[0].strip() for part in signature.replace("*, ", "").split(",")]
        call = ", ".join(name if name in signature.split(", *")[0].split(", ") else f"{name}={name}" for name in names)
        change = values.get(function, "pass")
        lines += [
            f"def {function}({signature}):",
            f"    result = right.{function}({call})",
            f"    {change}",
            "    return result",
        ]
        if function in WITH_GRADIENT and f"{function}_vjp" not in without:
            lines += [
                f"def {function}_vjp(cotangent, {signature}):",
                f"    result = right.{function}_vjp(cotangent, {call})",
                f"    {dict(gradients).get(function, 'pass')}",
                "    return result",
            ]
    return "\n".join(lines) + "\n"


ONE_MEAN = "reduction == 'mean' and ignore_index is not None and log_probs.ndim == 2"
"""A condition that holds in one batch of float32, and no other of its input class has a death of its own."""

CORRECT = module({})
FAILING = module(
    {
        "softmax": "if logits.shape[-1] == 17: raise ValueError('too wide')",
        "log_softmax": f"if {at('log_softmax', 5)}: raise ValueError('not this')",
        "logsumexp": f"if {at('logsumexp', 5)}: os._exit(11)",
        "softmax_cross_entropy": (
            f"if {at('softmax_cross_entropy', 5)}: raise ValueError('not this')\n"
            "    if logits.shape == (1, 17): result = result.reshape(())"
        ),
        "nll_loss": f"if {ONE_MEAN}: time.sleep(60)",
        "entropy": "raise TypeError('none of these')",
        "categorical_cross_entropy": "if probs.shape[-1] == 17: os._exit(12)",
        "softplus": "if x.shape == (1025,): result = result[:, np.newaxis]",
        "entropy_terms": "if probs.shape == (1025,): result = result.astype(np.float64)",
        "binary_cross_entropy": (
            "calls[probs.shape] = calls.get(probs.shape, 0) + 1\n"
            "    if probs.shape == (1025,) and calls[probs.shape] % 2 == 0: raise ValueError('once is enough')"
        ),
    },
    {
        "logit": "if probs.shape == (1025,): return ()",
        "kl_divergence": "if probs.shape[-1] == 17: return result[:1]",
    },
    without=("log_sigmoid", "sigmoid_vjp"),
)
OTHERWISE = module(
    {
        "softmax": "if logits.shape[-1] == 17: os._exit(13)",
        "log_softmax": f"if {at('log_softmax', 5)}: raise KeyError('not this either')",
        "logsumexp": f"if {at('logsumexp', 5, 9)}: raise ValueError('not this')",
        "nll_loss": f"if {ONE_MEAN}: raise ValueError('no mean')",
        "entropy": f"if {at('entropy', 5)}: os._exit(14)",
        "categorical_cross_entropy": f"if {at('categorical_cross_entropy', 5)}: raise ValueError('not this')",
        "softplus": "if x.shape == (1025,): raise ValueError('too many')",
        "entropy_terms": "if probs.shape == (1025,): result = result[:, np.newaxis]",
    },
    {
        "logit": "if probs.shape == (1025,): raise ValueError('no gradient')",
        "kl_divergence": "if probs.shape[-1] == 17: raise ValueError('no gradient')",
    },
    without=("log_sigmoid", "sigmoid_vjp"),
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The runs of a module that is right, of one that fails, and of one that fails otherwise."""
    folder = tmp_path_factory.mktemp("runs")
    sources = {"right": CORRECT, "failing": FAILING, "otherwise": OTHERWISE}
    return {name: ran(folder / name, source, timeout=3) for name, source in sources.items()}


@pytest.fixture(scope="module")
def comparisons(runs):
    """Each run held against each."""
    return {(old, new): compare(runs[old], runs[new], jobs=1) for old, new in itertools.product(runs, repeat=2)}


def changes(comparison, function, quantity="value"):
    """What became of a function, but for what is identical: how many results, why, and whether that is a regression."""
    return {
        (change.kind, change.largest.failure, change.elements, change.is_regression)
        for check in comparison.checks
        if (check.function, check.quantity) == (function, quantity)
        for change in check.changes
        if change.kind != "identical"
    }


WORSE = {
    ("softmax", "value"): {("new error", "error", 561)},
    ("log_softmax", "value"): {("new error", "error", 17)},
    ("logsumexp", "value"): {("new error", "crash", 1)},
    ("nll_loss", "value"): {("new error", "hang", 1)},
    # After two crashes the rest of the input class is given up: in the same check, and in that along another axis.
    ("categorical_cross_entropy", "value"): {("new error", "crash", 33 + 24), ("new error", "given up", 24)},
    ("logit", "gradient:probs"): {("new error", "missing gradient", 1025)},
    ("kl_divergence", "gradient:probs"): {("new error", "unsupported", 561)},
    ("softplus", "value"): {("dtype or shape changed", "shape", 1025)},
    ("entropy_terms", "value"): {("dtype or shape changed", "dtype", 1025)},
    ("binary_cross_entropy", "value"): {("regressed", "error", 1025)},
}
"""What becomes of a function of which one batch, or one case of it, fails: kind, failure, and how many results."""


@pytest.mark.parametrize("question", WORSE, ids=" ".join)
def test_what_fails_now_is_a_regression_that_says_how_and_of_how_many_results(comparisons, question):
    assert changes(comparisons["right", "failing"], *question) == {(*each, True) for each in WORSE[question]}


@pytest.mark.parametrize("question", WORSE, ids=" ".join)
def test_what_ceases_to_fail_is_better_and_says_how_it_failed(comparisons, question):
    back = {"new error": "gone error", "regressed": "fixed"}
    better = {(back.get(kind, kind), failure, elements, False) for kind, failure, elements in WORSE[question]}
    assert changes(comparisons["failing", "right"], *question) == better


def test_a_shape_that_is_wrong_where_cases_are_called_alone_is_told_beside_what_made_them_alone(comparisons):
    shown = changes(comparisons["right", "failing"], "softmax_cross_entropy")
    assert shown == {("new error", "error", 1, True), ("dtype or shape changed", "shape", 1, True)}
    shown = changes(comparisons["failing", "right"], "softmax_cross_entropy")
    assert shown == {("gone error", "error", 1, False), ("dtype or shape changed", "shape", 1, False)}
    assert changes(comparisons["failing", "failing"], "softmax_cross_entropy") == set()


@pytest.mark.parametrize(
    ("function", "quantity", "failure"), [("entropy", "value", "error"), ("sigmoid", "gradient:x", "unsupported")]
)
def test_what_is_not_there_at_all_any_more_is_a_regression_in_every_check(comparisons, function, quantity, failure):
    for pair, kind in (("right", "failing"), "new error"), (("failing", "right"), "gone error"):
        checks = [
            check for check in comparisons[pair].checks if (check.function, check.quantity) == (function, quantity)
        ]
        examined = [check for check in checks if "examined" in check.statuses]
        assert examined
        assert all({change.kind for change in check.changes} == {kind} for check in examined)
        assert {change.largest.failure for check in examined for change in check.changes} == {failure}
        assert {check.is_regression for check in examined} == {kind == "new error"}


def test_an_entry_point_that_is_gone_is_told_as_that(comparisons):
    gone = [(each.kind, each.entry_point) for each in comparisons["right", "failing"].entry_points]
    assert gone == [("removed", "log_sigmoid")]
    assert [each.kind for each in comparisons["failing", "right"].entry_points] == ["added"]


def test_where_all_that_was_asked_for_is_gone_the_comparison_is_a_regression_and_complete(tmp_path, capsys):
    for name, source in (("old", CORRECT), ("new", module({}, without=("log_sigmoid",)))):
        ran(tmp_path / name, source, functions=("log_sigmoid",))
    assert main(["compare", str(tmp_path / "old" / "out"), str(tmp_path / "new" / "out")]) == 1
    printed = capsys.readouterr().out
    assert printed.startswith("verdict: regressed")
    assert "log_sigmoid is gone" in printed


def test_a_run_that_fails_held_against_itself_is_safe(comparisons, runs):
    for name in runs:
        comparison = comparisons[name, name]
        assert (comparison.outcome, comparison.notes) == ("safe", ())
        assert {change.kind for check in comparison.checks for change in check.changes} == {"identical"}


def test_verdicts_are_right_whichever_run_fails(comparisons):
    outcomes = {pair: comparison.outcome for pair, comparison in comparisons.items() if pair[0] != pair[1]}
    assert outcomes == {
        ("right", "failing"): "regressed",
        ("right", "otherwise"): "regressed",
        ("failing", "otherwise"): "regressed",
        ("otherwise", "failing"): "regressed",
        ("failing", "right"): "changed",  # shapes and dtypes are others, and right
        ("otherwise", "right"): "changed",
    }


OTHERWISE_SINCE = {
    ("softmax", "value"): {  # it raised, and crashes: so the rest of the input class is given up
        ("regressed", "crash", 561, True),
        ("new error", "given up", 240, True),
    },
    ("log_softmax", "value"): set(),  # it raises with other words
    ("logsumexp", "value"): {
        ("otherwise", "error", 1, False),
        ("new error", "error", 1, True),
    },  # in one more
    ("nll_loss", "value"): {("otherwise", "error", 1, False)},  # it hung, and raises
    ("categorical_cross_entropy", "value"): {
        ("otherwise", "error", 1, False),
        ("gone error", "crash", 32 + 24, False),
        ("gone error", "given up", 24, False),
    },
    ("logit", "gradient:probs"): {  # there was none; there is one for some cases, and all of them together raise
        ("gone error", "missing gradient", 1025, False),
        ("otherwise", "error", 1025, False),
    },
    ("kl_divergence", "gradient:probs"): set(),  # not offered, and raises: there never was one
    ("kl_divergence", "gradient:labels"): {("new error", "error", 561, True)},
    ("softplus", "value"): {("regressed", "error", 1025, True), ("dtype or shape changed", "shape", 1025, False)},
    ("entropy_terms", "value"): {("dtype or shape changed", "shape", 1025, False)},  # the dtype was wrong, the shape is
    ("binary_cross_entropy", "value"): {("fixed", "error", 1025, False)},
}


@pytest.mark.parametrize("question", OTHERWISE_SINCE, ids=" ".join)
def test_where_both_fail_only_what_is_graver_is_a_regression(comparisons, question):
    assert changes(comparisons["failing", "otherwise"], *question) == OTHERWISE_SINCE[question]


def test_where_everything_raised_a_crash_is_a_regression_of_its_case_alone(comparisons):
    shown = changes(comparisons["failing", "otherwise"], "entropy")
    assert {each for each in shown if each[0] != "gone error"} == {("regressed", "crash", 1, True)}


def test_a_case_that_was_given_up_counts_as_those_beside_it(comparisons):
    shown = changes(comparisons["otherwise", "failing"], "categorical_cross_entropy")
    assert shown == {
        ("new error", "crash", 32 + 24, True),
        ("regressed", "given up", 1, True),
        ("new error", "given up", 24, True),
    }


def test_the_example_is_a_case_that_was_seen_to_fail_with_its_own_reason(comparisons):
    for function, row, reason in (("log_softmax", 5, "ValueError: not this"), ("logsumexp", 5, "exit status 11")):
        (example,) = (
            change.largest
            for check in comparisons["right", "failing"].checks
            for change in check.changes
            if check.function == function and change.kind != "identical"
        )
        assert example.after == reason
        assert example.inputs["logits"].values[0] == mark(function, row)
        assert example.index[0] == row


def test_a_record_says_which_cases_failed_and_how(runs):
    failures = {}
    for check in runs["failing"].record.checks:
        for each in check.failures:
            of_function = failures.setdefault(check.function, {})
            of_function.setdefault((each.kind, each.is_answered), {}).update(each.cases)
    entropy = failures.pop("entropy")
    # It raises on everything: on what is no valid input too, and after three cases of a batch the rest is not called.
    assert entropy.keys() == {("error", False), ("refused", False), ("given up", False)}
    given_up = failures["categorical_cross_entropy"].pop(("given up", False))
    assert given_up.pop("mixed/n=17") == ((2, 33),)
    assert given_up  # the rest of the input class, after two crashes
    assert all(batch.startswith("mixed/") for batch in given_up)
    assert failures == {
        "softmax": {
            ("error", False): {"mixed/n=17": ((0, 1), (16, 17), (32, 33))},
            ("given up", False): {"mixed/n=17": ((1, 16), (17, 32))},
        },
        "log_softmax": {("error", False): {"mixed/n=17": ((5, 6),)}},
        "logsumexp": {("crash", False): {"mixed/n=17": ((5, 6),)}},
        "softmax_cross_entropy": {("error", False): {"mixed/n=17": ((5, 6),)}},
        "nll_loss": {("hang", False): {"options/n=10/ordinary/ignore_index=-100,reduction=mean": ((0, 1),)}},
        "categorical_cross_entropy": {("crash", False): {"mixed/n=17": ((0, 2),)}},
        "logit": {("missing gradient", False): {"wide/size=1025": ((0, 1025),)}},
        "kl_divergence": {("unsupported", False): {"mixed/n=17": ((0, 33),)}},
        "binary_cross_entropy": {("error", True): {"wide/size=1025": ((0, 1025),)}},
    }
    assert {check.failures for check in runs["right"].record.checks} == {()}


PHRASES = {
    "gives no result any more: it raises",
    "gives no result any more: it crashes",
    "gives no result any more: it hangs",
    "gives no result any more: it is not offered",
    "gives no result any more: there is no gradient",
    "has another dtype or shape",
}


@pytest.mark.parametrize(("old", "new"), [("right", "failing"), ("failing", "otherwise"), ("failing", "right")])
def test_every_format_tells_what_failed(comparisons, runs, capsys, old, new):
    comparison = comparisons[old, new]
    assert decode_comparison(encode_comparison(comparison)) == comparison
    forms = ["terminal", "markdown", "junit", "github", "json"]
    for form in (*forms, "html") if new == "failing" else forms:  # its pictures take long
        status = main(["compare", str(runs[old].folder), str(runs[new].folder), "--format", form])
        printed, notes = capsys.readouterr()
        assert status == (comparison.outcome == "regressed"), form
        assert "Traceback" not in notes
        if form == "html":
            assert {phrase for phrase in PHRASES if phrase not in printed} == set()
        if form in ("terminal", "markdown"):
            assert printed.startswith(f"verdict: {comparison.outcome}")


def test_a_script_shows_with_the_newer_version_what_failed_and_not_with_the_older(comparisons, tmp_path, runs):
    comparison = comparisons["right", "otherwise"]
    scripts = scripts_for_comparison(comparison)
    shown = [
        scripts[change_key(check, change)]
        for check in comparison.checks
        for change in check.changes
        if change.is_regression and change.largest.failure not in ("crash", "unsupported", "given up")
    ]
    assert len(shown) > 5
    modules = [runs[name].folder.parent / "kernels.py" for name in ("right", "otherwise")]
    ended = [[each.status for each in run_scripts(shown, tmp_path, module)] for module in modules]
    assert ended == [[0] * len(shown), [1] * len(shown)]


def test_a_later_call_that_raises_is_shown_by_its_script(comparisons, tmp_path, runs):
    comparison = comparisons["right", "failing"]
    key = next(
        change_key(check, change)
        for check in comparison.checks
        for change in check.changes
        if check.function == "binary_cross_entropy" and change.is_regression
    )
    (tmp_path / "change.py").write_text(scripts_for_comparison(comparison)[key])
    modules = [str(runs[name].folder.parent / "kernels.py") for name in ("right", "failing")]
    ended = [
        subprocess.run([sys.executable, "change.py", module], cwd=tmp_path, capture_output=True, check=False).returncode
        for module in modules
    ]
    assert ended == [0, 1]

"""`logitproof baseline`: what it writes makes the record pass, and nothing that goes further."""

from __future__ import annotations

import math
import tomllib
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from page_samples import identified_check, identified_discrepancy, stated
from record_samples import check, record
from report_samples import HOSTILE, cut_short, empty, finished
from waiver_samples import SIGNATURE, TODAY, gated, known, waivers_for, waivers_in

from logitproof.conformance.cli.main import main
from logitproof.conformance.errors import UserError
from logitproof.conformance.settings.baseline import WaiverAuthor, appended, baseline_text, text_of
from logitproof.conformance.settings.settings import settings_in
from logitproof.reports import Interval, encode_record, float_from, hex_of, read_record

TEXTS = st.one_of(
    st.sampled_from([text for text in HOSTILE if text.isascii() or "\ud800" not in text]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)
ERRORS = st.one_of(st.floats(0.0, 1e300), st.just(math.inf))
FINITE = st.floats(-1e308, 1e308)
VERSIONS = st.sampled_from(["2.13.0", "2.13.0+cpu", "2.14.0.dev20261120", "1!2.0rc1", "nightly", ""])


@st.composite
def intervals(draw):
    """Where inputs may lie."""
    if draw(st.integers(0, 5)) == 0:
        return Interval(None, None, nan=True)
    ends = sorted([draw(FINITE), draw(FINITE)])
    return Interval(hex_of(ends[0]), hex_of(ends[1]), nan=draw(st.booleans()))


@st.composite
def records(draw, *, finite=False):
    """Records with defects of every sort, in checks, in properties, and counted only; or of finite errors, and some."""
    errors = st.floats(0.0, 1e300) if finite else ERRORS
    backend, version = draw(TEXTS), draw(VERSIONS)
    checks, cases, properties = [], [], []
    for number in range(draw(st.integers(1, 3))):
        kinds = draw(st.lists(TEXTS, unique=True, min_size=int(finite), max_size=2))
        counts = draw(st.lists(st.integers(1, 10**6), min_size=2, max_size=2))
        left = draw(st.integers(0, 3))
        owner = identified_check(
            backend,
            version=version,
            input_class=str(number),
            entry_point=draw(TEXTS),
            quantity=draw(st.sampled_from(["value", "gradient:logits"])),
            severities={"defect": sum(counts[: len(kinds)]) + left},
        )
        checks.append(owner)
        for kind, count in zip(kinds, counts, strict=False):
            fields = {"kind": kind, "count": count, "largest_ulps": hex_of(draw(errors)), "extent": draw(EXTENTS)}
            for case in ("worst", "smallest")[: draw(st.integers(1, 2))]:
                fields |= {"error_ulps": hex_of(draw(errors)), "error_bound_ratio": hex_of(draw(errors))}
                fields["cause"] = draw(st.one_of(st.none(), TEXTS))
                cases.append(identified_discrepancy(owner, case=case, **fields))
    if draw(st.booleans()):
        properties.append(stated(backend, version=version, property_name=draw(TEXTS)))
    base = record(*checks, discrepancies=tuple(cases))
    return replace(base, properties=tuple(properties))


EXTENTS = st.dictionaries(st.sampled_from(["x", "logits", "labels", "probs"]), intervals(), max_size=2)


@settings(max_examples=150, deadline=None)
@given(run=records())
def test_a_baseline_makes_its_record_pass_whatever_the_record_holds(run):
    text = baseline_text([each.item for each in gated(run, ()).gating], SIGNATURE)
    waivers = waivers_in(text)
    now = gated(run, waivers, strict=True)
    assert (now.gating, now.stale) == ((), ())
    assert len(now.waived) == len(waivers) == len(tomllib.loads(text).get("waiver", ()))
    # It is the record that passes, and not that nothing is looked at.
    assert gated(run, waivers[1:]).status == (1 if waivers else 0)


def _farther(text):
    return hex_of(math.nextafter(float_from(text), math.inf))


def _largest(run, one, *names):
    return max((getattr(each, name) for each in _alike(run, one) for name in names), key=float_from)


def _alike(run, one):
    return [each for each in run.discrepancies if (each.check, each.kind) == (one.check, one.kind)]


def _case(run, one, **changes):
    """The run with another case in the place of this one."""
    return _cases(run, [one], **changes)


def _cases(run, replaced, **changes):
    ids = {each.id for each in replaced}
    cases = (replace(each, **changes) if each.id in ids else each for each in run.discrepancies)
    return replace(run, discrepancies=tuple(cases))


def _counting(run, one):
    """The run whose check counts one result more."""
    checks = (
        replace(check, severities={"defect": check.severities["defect"] + 1}) if check.id == one.check else check
        for check in run.checks
    )
    return replace(run, checks=tuple(checks))


def _more_results(run, one):
    return _counting(_case(run, one, count=max(each.count for each in _alike(run, one)) + 1), one)


def _another_version(run, _):
    checks = tuple(replace(check, version="3.0.0") for check in run.checks)
    cases = tuple(replace(each, version="3.0.0") for each in run.discrepancies)
    return replace(run, checks=checks, discrepancies=cases, properties=())


def _new(taken):
    return next(name for name in "abcdefg" if name not in taken)


def _reaching(run, one, change):
    """The run in which an argument of all of a kind reaches elsewhere; None where that is nowhere else."""
    for name, interval in one.extent.items():
        wider = change(interval)
        if wider != interval:
            return _cases(run, _alike(run, one), extent={**one.extent, name: wider})
    return None


def _above(interval):
    upper = interval.upper or hex_of(0.0)
    return replace(interval, lower=interval.lower or upper, upper=_farther(upper))


def _below(interval):
    lower = hex_of(math.nextafter(float_from(interval.lower or hex_of(0.0)), -math.inf))
    return replace(interval, lower=lower, upper=interval.upper or lower)


FARTHER = {
    "a larger error": lambda run, one: _case(run, one, error_ulps=_farther(_largest(run, one, *ULPS))),
    "a larger error elsewhere": lambda run, one: _case(run, one, largest_ulps=_farther(_largest(run, one, *ULPS))),
    "a larger multiple of the bound": lambda run, one: _case(
        run, one, error_bound_ratio=_farther(_largest(run, one, "error_bound_ratio"))
    ),
    "another cause": lambda run, one: _case(run, one, cause=_new({each.cause for each in _alike(run, one)})),
    "no known cause": lambda run, one: (
        _case(run, one, cause=None) if all(each.cause for each in _alike(run, one)) else None
    ),
    "more results": _more_results,
    "more results without a case": _counting,
    "another version": _another_version,
    "another kind": lambda run, one: _case(run, one, kind=_new({each.kind for each in run.discrepancies})),
    "inputs above": lambda run, one: _reaching(run, one, _above),
    "inputs below": lambda run, one: _reaching(run, one, _below),
    "NaN among the inputs": lambda run, one: _reaching(run, one, lambda interval: replace(interval, nan=True)),
    "inputs that nobody kept": lambda run, one: _cases(run, _alike(run, one), extent={}) if one.extent else None,
    "two extents": lambda run, one: _case(run, one, extent={}) if one.extent and len(_alike(run, one)) > 1 else None,
}
ULPS = ("largest_ulps", "error_ulps")


@pytest.mark.parametrize("name", FARTHER)
def test_what_goes_farther_than_its_baseline_gates_again(name):
    tried = []

    @settings(max_examples=120, deadline=None)
    @given(run=records(finite=True), data=st.data())
    def attempt(run, data):
        one = data.draw(st.sampled_from(run.discrepancies))
        farther = FARTHER[name](run, one)
        if farther is None:
            return
        tried.append(name)
        waivers = waivers_for(run)
        assert gated(run, waivers).status == 0
        now = gated(farther, waivers)
        assert now.status == 1
        assert one.check in {each.item.check for each in now.gating}

    attempt()
    assert len(tried) > 5


@settings(max_examples=300, deadline=None)
@given(text=TEXTS)
def test_any_text_is_read_back_from_one_line(text):
    line = f"x = {text_of(text)}"
    assert line.isprintable()
    assert tomllib.loads(line) == {"x": text}


def test_it_is_the_same_each_time_and_says_what_the_record_can_tell():
    run = known()
    items = [each.item for each in gated(run, ()).gating]
    assert baseline_text(items, SIGNATURE) == baseline_text(items, SIGNATURE)
    first, second = tomllib.loads(baseline_text(items, SIGNATURE))["waiver"]
    assert first == {
        "check": identified_check().id,
        "backend": "torch",
        "versions": "==2.13.0",
        "function": "sigmoid",
        "entry-point": "torch.sigmoid",
        "dtype": "float32",
        "quantity": "value",
        "kind": "beyond bound",
        "cause": "log of softmax",
        "region": {"x": [-90.0, -88.0]},
        "max-ulps": 2097151.5,
        "max-bound-ratio": 1.25,
        "max-results": 2,
        "reason": "known",
        "owner": "kernels@example.org",
        "expires": date(2027, 6, 30),
    }
    assert (second["check"], second["kind"], second["max-bound-ratio"]) == (stated().id, "identity broken", 3.5)


def test_two_causes_and_nan_among_the_inputs_are_both_named():
    owner = identified_check()
    fields = {"kind": "nan", "extent": {"x": Interval(hex_of(0.0), hex_of(1.0), nan=True)}}
    run = record(
        owner,
        discrepancies=(
            identified_discrepancy(owner, **fields),
            identified_discrepancy(owner, case="small", cause="overflow", **fields),
        ),
    )
    (table,) = tomllib.loads(baseline_text([each.item for each in gated(run, ()).gating], WaiverAuthor()))["waiver"]
    assert table["cause"] == ["", "overflow"]
    assert table["region"] == {"x": {"from": 0.0, "to": 1.0, "nan": True}}
    assert table.keys().isdisjoint({"owner", "expires", "severity"})


def test_the_other_severities_are_waived_by_their_name():
    run = known()
    waivers = waivers_for(run, "any")
    assert {waiver.severity for waiver in waivers} == {"defect", "weakness"}
    assert gated(run, waivers, "any").status == 0
    assert gated(run, waivers_for(run), "any").status == 1


def test_a_version_that_no_set_can_name_is_refused_and_not_widened():
    owner = identified_check(version="built here, by hand")
    run = record(owner, discrepancies=(identified_discrepancy(owner),))
    with pytest.raises(UserError, match=r"the version of 'torch' is 'built here, by hand', which no set of versions"):
        waivers_for(run)


# --- the command


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a record, and nothing else."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "record.json").write_bytes(encode_record(known()))
    return tmp_path


def _baseline(*words):
    return main(["baseline", "record.json", *words])


def test_it_goes_to_standard_output_unless_said_otherwise(folder, capsys):
    assert _baseline("--owner", "a team") == 0
    printed = capsys.readouterr()
    assert [table["owner"] for table in tomllib.loads(printed.out)["waiver"]] == ["a team"] * 2
    assert printed.err == ""
    assert {path.name for path in folder.iterdir()} == {"record.json"}


@pytest.mark.parametrize("name", ["logitproof.toml", "pyproject.toml"])
@pytest.mark.usefixtures("folder")
def test_the_file_that_it_writes_makes_the_report_pass(name, capsys):
    assert main(["report", "record.json"]) == 1
    assert _baseline("--output", name, "--expires", "2999-12-31") == 0
    assert f"{name}: 2 waivers added" in capsys.readouterr().err
    assert main(["report", "record.json", "--strict"]) == 0
    assert main(["report", "record.json", "--fail-on", "weakness"]) == 1


def test_what_a_file_has_is_kept_and_not_written_again(folder, capsys):
    settings_file = folder / "logitproof.toml"
    settings_file.write_bytes(b'# ours\r\njobs = 2 # kept\r\nprofile = "smoke"')
    assert _baseline("--output", "logitproof.toml") == 0
    once = settings_file.read_bytes()
    assert once.startswith(b'# ours\r\njobs = 2 # kept\r\nprofile = "smoke"\n\n[[waiver]]\n')
    assert _baseline("--output", "logitproof.toml") == 0
    assert settings_file.read_bytes() == once
    assert "0 waivers added" in capsys.readouterr().err
    (folder / "record.json").write_bytes(encode_record(_counting(known(), known().discrepancies[0])))
    assert main(["report", "record.json"]) == 1
    assert _baseline("--output", "logitproof.toml") == 0
    assert settings_file.read_bytes().startswith(once)
    assert main(["report", "record.json", "--strict"]) == 0


def test_a_waiver_that_has_expired_is_written_anew(folder):
    text = baseline_text([each.item for each in gated(known(), ()).gating], WaiverAuthor(expires=date(2020, 1, 1)))
    (folder / "logitproof.toml").write_text(text)
    assert main(["report", "record.json"]) == 1
    assert _baseline("--output", "logitproof.toml") == 0
    assert main(["report", "record.json"]) == 0


@pytest.mark.usefixtures("folder")
def test_weaknesses_are_waived_where_they_gate():
    assert _baseline("--output", "logitproof.toml", "--fail-on", "weakness") == 0
    assert main(["report", "record.json", "--fail-on", "weakness"]) == 0


@pytest.mark.parametrize(
    ("incomplete", "words"), [(cut_short, "incomplete"), (empty, "incomplete, or examined nothing")]
)
def test_an_incomplete_record_cannot_be_made_to_pass(folder, incomplete, words, capsys):
    (folder / "record.json").write_bytes(encode_record(incomplete()))
    assert _baseline("--output", "logitproof.toml") == 3
    assert words in capsys.readouterr().err
    assert main(["report", "record.json"]) == 3


def test_nothing_to_waive_is_no_waiver(folder, capsys):
    (folder / "record.json").write_bytes(encode_record(record(check(severities={}, tiers={"C": 10}))))
    assert _baseline() == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--output", "no/such/folder.toml"), "--output no/such/folder.toml: No such file or directory"),
        (("--output", "."), "--output .: "),
        (("--expires", "soon"), "--expires: invalid day value: 'soon'"),
        (("--expires", "2020-01-01"), "--expires 2020-01-01: that day is over"),
        (("--owner", " "), "--owner is empty"),
        (("--fail-on", "regression"), "a baseline is of one run"),
        (("--fail-on", "defects"), "unknown --fail-on 'defects': did you mean 'defect'?"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(folder, words, message, capsys):
    assert _baseline(*words) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert message in printed.err
    assert {path.name for path in folder.iterdir()} == {"record.json"}


@pytest.mark.parametrize(
    ("older", "message"),
    [
        ("jobs = [", "cannot be read"),
        ("colour = 'red'", "logitproof.toml: unknown key 'colour'"),
        ("waiver = []", "waivers cannot be added to it"),
        ("[[waiver]]\nchek = 'x'", "waiver 1: unknown key 'chek': did you mean 'check'?"),
    ],
)
def test_a_file_that_is_wrong_is_left_alone(folder, older, message, capsys):
    (folder / "known.toml").write_text(older)
    (folder / "record.json").write_bytes(encode_record(finished()))
    assert _baseline("--output", "known.toml") == 2
    assert message.replace("logitproof.toml", "known.toml") in capsys.readouterr().err
    assert (folder / "known.toml").read_text() == older


@pytest.mark.parametrize(
    ("there", "asked"), [("logitproof.toml", "pyproject.toml"), ("pyproject.toml", "logitproof.toml")]
)
def test_settings_are_not_put_beside_others(folder, there, asked, capsys):
    (folder / there).write_text("[tool.logitproof]\njobs = 1\n" if there == "pyproject.toml" else "jobs = 1\n")
    assert _baseline("--output", asked) == 2
    assert f"{there} has settings" in capsys.readouterr().err
    assert not (folder / asked).exists()


KERNELS = """
import numpy as np

framework = "numpy"


def log_sigmoid(x):
    return (-np.log(1 + np.exp(-x)) * {factor}).astype(x.dtype)
"""


@pytest.mark.slow
def test_a_real_run_passes_by_its_baseline_and_one_that_is_worse_does_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = ("run", "--backend", "kernels.py", "--dtype", "float32", "--profile", "smoke", "--jobs", "1")
    (tmp_path / "kernels.py").write_text(KERNELS.format(factor=1))
    assert main(run) == 1
    for discrepancy in read_record(tmp_path / "logitproof-report").discrepancies:
        if discrepancy.kind != "identity broken":
            assert discrepancy.extent.keys() == {"x"}
            assert float_from(discrepancy.extent["x"].lower) <= float_from(discrepancy.inputs["x"].values[0])
            assert float_from(discrepancy.inputs["x"].values[0]) <= float_from(discrepancy.extent["x"].upper)
            assert float_from(discrepancy.error_ulps) <= float_from(discrepancy.largest_ulps)
    assert main(["baseline", "--output", "logitproof.toml"]) == 0
    assert main([*run, "--strict"]) == 0
    (tmp_path / "kernels.py").write_text(KERNELS.format(factor=1.001))
    assert main(run) == 1


def test_waivers_can_follow_any_table_of_pyproject():
    older = '[project]\nname = "mine"\n\n[tool.logitproof]\njobs = 2\n\n[tool.other]\nx = 1\n'
    text = baseline_text([each.item for each in gated(known(), ()).gating], SIGNATURE, "tool.logitproof.waiver")
    whole = appended(older, text)
    settings = settings_in(whole, "pyproject.toml")
    assert (settings["jobs"], len(settings["waiver"])) == (2, 2)
    assert tomllib.loads(whole)["tool"]["other"] == {"x": 1}
    assert gated(known(), settings["waiver"], today=TODAY).status == 0

"""Settings: called like the options, wrong ones named, and the command line wins."""

from __future__ import annotations

import argparse

import msgspec
import pytest

from logitproof.conformance.cli.arguments import options_of
from logitproof.conformance.cli.run import request_from
from logitproof.conformance.errors import UserError
from logitproof.conformance.settings.settings import SettingsTable, read_settings


def _settings(folder, text, name="logitproof.toml"):
    (folder / name).write_text(text)
    return read_settings(folder)


def test_there_need_not_be_any(tmp_path):
    assert read_settings(tmp_path) == {}
    assert _settings(tmp_path, "[project]\nname = 'mine'\n", "pyproject.toml") == {}


@pytest.mark.parametrize(("name", "header"), [("logitproof.toml", ""), ("pyproject.toml", "[tool.logitproof]\n")])
def test_both_files_can_hold_them(tmp_path, name, header):
    text = header + 'backend = ["torch"]\nentry-point = ["torch.softmax"]\nprofile = "smoke"\ntimeout = 3\njobs = 2\n'
    text += "hello-timeout = 90\n"
    assert _settings(tmp_path, text, name) == {
        "backend": ["torch"],
        "entry_point": ["torch.softmax"],
        "profile": "smoke",
        "timeout": 3,
        "hello_timeout": 90,
        "jobs": 2,
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("bakend = []", "logitproof.toml: unknown key 'bakend': did you mean 'backend'?"),
        ("colour = 'red'", "choose from backend, function"),
        ("backend = 'torch'", "backend must be a list of strings, not 'torch'"),
        ("backend = [1]", "backend must be a list of strings"),
        ("timeout = '3'", "timeout must be a number"),
        ("jobs = 1.5", "jobs must be a whole number, not 1.5"),
        ("jobs = true", "jobs must be a whole number, not True"),
        ("backend = [", "logitproof.toml cannot be read"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, words):
    with pytest.raises(UserError) as caught:
        _settings(tmp_path, text)
    assert words in str(caught.value)


def test_one_place_is_enough(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.logitproof]\njobs = 1\n")
    with pytest.raises(UserError, match=r"both logitproof\.toml and pyproject\.toml"):
        _settings(tmp_path, "jobs = 2\n")


@pytest.mark.framework("torch")
def test_the_command_line_wins():
    options = argparse.Namespace(profile="smoke", timeout=None, backend=["torch"])
    settings = {"profile": "nightly", "timeout": 3, "hello_timeout": 90, "backend": ["keras"], "function": ["softmax"]}
    request = request_from(options, settings, ["run"])
    assert (request.profile, request.timeout, request.hello_timeout) == ("smoke", 3, 90)
    assert (request.backends, request.functions) == (("torch",), ("softmax",))


@pytest.mark.framework("torch")
@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"profile": "weekly"}, "unknown profile 'weekly'"),
        ({"jobs": 0}, "--jobs must be at least 1"),
        ({"dtype": ["double"]}, "unknown dtype 'double'"),
    ],
)
def test_values_are_checked_as_those_of_the_command_line_are(settings, words):
    with pytest.raises(UserError, match=words):
        request_from(argparse.Namespace(backend=["torch"]), settings, ["run"])


def test_every_option_of_run_has_a_setting_of_its_name():
    options = vars(options_of(["run"])).keys() - {"command", "version"}
    assert {field.name for field in msgspec.structs.fields(SettingsTable)} == options | {"waiver"}

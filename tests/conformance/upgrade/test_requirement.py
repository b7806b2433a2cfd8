"""What may be installed, and what only pretends to be a requirement."""

from __future__ import annotations

import pytest

from logitproof.conformance.errors import UserError
from logitproof.conformance.upgrade.requirement import framework_of, parse_wanted


def _refusal(text):
    with pytest.raises(UserError) as caught:
        parse_wanted(text)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("text", "name", "argument", "exact"),
    [
        ("tensorflow-cpu==2.15.1", "tensorflow-cpu", "tensorflow-cpu==2.15.1", True),
        (" Torch >= 2.2 , <3 ", "torch", "Torch<3,>=2.2", False),
        ("jax[cpu]==0.4.38", "jax", "jax[cpu]==0.4.38", True),
        ("jax==0.4.*", "jax", "jax==0.4.*", False),
        ("keras", "keras", "keras", False),
        ("tf_nightly===2.20.0.dev1", "tf-nightly", "tf_nightly===2.20.0.dev1", True),
        ("torch; python_version > '3'", "torch", 'torch; python_version > "3"', False),
        ("torch @ https://example.org/torch.whl", "torch", "torch@ https://example.org/torch.whl", False),
    ],
)
def test_a_requirement_is_parsed_and_written_anew(text, name, argument, exact):
    wanted = parse_wanted(text)
    assert (wanted.name, wanted.argument.replace(" @", "@"), wanted.is_exact) == (name, argument, exact)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "-r requirements.txt",
        "--index-url=https://example.org",
        "--extra-index-url https://example.org torch",
        "-e .",
        "torch --pre",
        "torch==2.0 -r other.txt",
        "torch==2.0\n--index-url https://example.org",
        "torch\x00",
        "torch @ file:///etc/passwd",
        "torch @ http://example.org/torch.whl",
        "torch @ git+file:///srv/torch",
        "https://example.org/torch.whl",
        "$(touch here)",
        "torch; import os",
    ],
)
def test_what_tries_to_be_something_else_is_refused_in_one_line(text):
    _refusal(text)


def test_a_wheel_is_known_by_its_bytes_wherever_it_lies(tmp_path):
    wheels = []
    for folder, content in (("a", b"one"), ("b", b"one"), ("c", b"two")):
        wheel = tmp_path / folder / "torch-2.99-py3-none-any.whl"
        wheel.parent.mkdir()
        wheel.write_bytes(content)
        wheels.append(parse_wanted(str(wheel)))
    assert [one.name for one in wheels] == ["torch"] * 3
    assert wheels[0].identity == wheels[1].identity != wheels[2].identity
    assert all(one.is_exact for one in wheels)
    assert wheels[0].argument.startswith("/")


def test_a_source_folder_is_known_by_the_name_in_its_project_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fork").mkdir()
    (tmp_path / "fork" / "pyproject.toml").write_text('[project]\nname = "Torch"\n')
    wanted = parse_wanted("./fork")
    assert (wanted.name, wanted.argument, wanted.is_exact) == ("torch", str(tmp_path / "fork"), False)


def test_a_path_that_is_nothing_to_install_is_told_so(tmp_path):
    assert "pyproject.toml" in _refusal(str(tmp_path))
    assert "No such file" in _refusal(str(tmp_path / "torch-1-py3-none-any.whl"))
    (tmp_path / "odd.whl").write_bytes(b"")
    assert "name of a wheel" in _refusal(str(tmp_path / "odd.whl"))
    (tmp_path / "pyproject.toml").write_text("[project\n")
    assert "cannot be read" in _refusal(str(tmp_path))


def test_the_framework_is_told_from_the_distribution():
    assert framework_of(parse_wanted("tensorflow-cpu==2.15.1")) == "tensorflow"
    assert framework_of(parse_wanted("jax")) == "jax"
    with pytest.raises(UserError, match="torch"):
        framework_of(parse_wanted("numpy==2.0"))

"""The command line: options and help. Each command's work is in a module of its own, imported when it is called."""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from ._errors import UserError

WRONG, INCOMPLETE = 2, 3

_STATUS = """exit status:
  0  nothing that gates
  1  there are defects
  2  the command line or a file is wrong; nothing was written
  3  incomplete: a backend could not start, or the run was cut short"""

_RUN = """examples:
  logitproof run                                      every installed framework
  logitproof run --backend torch --function softmax   one framework, one function
  logitproof run --backend kernels.py --profile smoke your own functions, quickly
  logitproof run --inputs logits.npz                  your own tensors beside the corpus

Settings in [tool.logitproof] of pyproject.toml, or in logitproof.toml, are called like these options.

"""

_JUDGE = """examples:
  logitproof judge softmax --inputs x.npz --outputs y.npz

x.npz holds the arguments by name (logits, labels, ...), the keywords (axis, weight, ...) and, for gradients, the
cotangent; y.npz holds the results: value, gradient_logits, ... Write both with numpy.savez.

"""

_EXACT = """examples:
  logitproof exact softmax 1 2 3
  logitproof exact softmax 1 2 3 / 1000 2000 3000                two rows
  logitproof exact sigmoid -88.72284 --dtype float32 --digits 40
  logitproof exact softmax_cross_entropy 1 2 3 --labels 0 0 1 --gradient logits
  logitproof exact sparse_softmax_cross_entropy 1 2 3 --labels 2 --label-smoothing 0.125

Numbers are decimals, hex floats (0x1.8p-3), inf or nan.

"""


_HUNT = """examples:
  logitproof hunt                                     every installed framework, for a minute
  logitproof hunt --backend torch --function sparse_softmax_cross_entropy --dtype float32 --minutes 5
  logitproof hunt --backend kernels.py --seed 7       your own functions; the same search again

What is found is kept in .logitproof/witnesses/, and every later run examines it first.

"""


_REPORT = """examples:
  logitproof report                                       the last run, on the terminal
  logitproof report --format html --output report.html    one page that needs nothing but a browser
  logitproof report results/ --format markdown            for a comment on a pull request
  logitproof report results/record.json --format junit --output junit.xml
  logitproof report --format github                       annotations and summary of a GitHub job
  logitproof report new/ --since old/                     what is new, and what is gone
  unxz -c record.json.xz | logitproof report -            from standard input

formats:
  terminal   tables and the worst findings; plain in a pipe
  html       everything, to filter, sort and link to
  markdown   verdict, findings worst first, the rest counted: under 60,000 characters
  junit      a test case per check and property, for CI servers
  github     annotations on standard output, at most ten of a kind; the Markdown goes to $GITHUB_STEP_SUMMARY
  json       the record itself, in the schema of this release

The exit status is that of the record, as it was when the run ended: a report of defects ends with 1.

"""


_REPRODUCE = """examples:
  logitproof reproduce 0123456789abcdef                    print a script for this discrepancy of the last run
  logitproof reproduce 012345 --output finding.py          the beginning of an id is enough where it is the only one
  logitproof reproduce 0123456789abcdef --record old/record.json

An id is that of a discrepancy in record.json and summary.md, or of a witness in .logitproof/witnesses/. The script
imports the framework and NumPy, prints what is observed and what is expected, and ends with status 1 while the
discrepancy is there, 0 when it is gone. The script of a module of your own takes another path of it as its argument.

"""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Raise what `main` prints."""
        line = f"{message} (see {self.prog} --help)"
        raise UserError(line)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    typed = list(sys.argv[1:] if arguments is None else arguments)
    try:
        options = _parser().parse_args([_shielded(argument) for argument in typed])
        return _command(options.command)(options, typed)
    except UserError as error:
        _complain(" ".join(str(error).split()))
        return WRONG
    except KeyboardInterrupt:
        _complain("interrupted")
        return INCOMPLETE
    except Exception:  # noqa: BLE001 - see below; nothing is hidden
        # Python would end with status 1, which here means that a backend has defects.
        traceback.print_exc()
        _complain("this is an error of logitproof itself, please report it")
        return INCOMPLETE


def _complain(line: str) -> None:
    sys.stderr.write(f"logitproof: {line}\n")


def _command(name: str) -> Callable[[argparse.Namespace, Sequence[str]], int]:
    run: Callable[[argparse.Namespace, Sequence[str]], int] = import_module(f"._{name}_command", __package__).main
    return run


def _shielded(argument: str) -> str:
    """Keep argparse from taking -inf or -0x1p-3 for an option: a leading space makes it an ordinary word."""
    if not argument.startswith("-"):
        return argument
    try:
        float.fromhex(argument)
    except (ValueError, OverflowError):
        try:
            float(argument)
        except ValueError:
            return argument
    return f" {argument}"


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="logitproof",
        description="Hold the softmax, sigmoid, cross-entropy, KL and entropy functions of deep-learning frameworks, "
        "values and gradients, against certified mathematics.",
        epilog=_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_run(_subparser(commands, "run", "examine frameworks, write record.json and the reports", _RUN + _STATUS))
    _add_judge(_subparser(commands, "judge", "judge results that came from anywhere", _JUDGE + _STATUS))
    _add_exact(_subparser(commands, "exact", "print an exact result, as decimals and nearest floats", _EXACT))
    _add_hunt(_subparser(commands, "hunt", "search for larger errors, shrink failures, keep them", _HUNT + _STATUS))
    _add_report(_subparser(commands, "report", "tell a record in another format", _REPORT + _STATUS))
    _add_reproduce(_subparser(commands, "reproduce", "write a stand-alone script for one discrepancy", _REPRODUCE))
    _add_list(_subparser(commands, "list", "list what there is to examine", ""))
    return parser


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        # Imported here because --help needs none of it and must be quick.
        version = import_module("importlib.metadata").version("logitproof")
        sys.stdout.write(f"logitproof {version}\n")
        parser.exit()


def _subparser(
    commands: argparse._SubParsersAction[_Parser], name: str, purpose: str, epilog: str
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=purpose,
        description=f"{purpose[0].upper()}{purpose[1:]}.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _add_run(parser: argparse.ArgumentParser) -> None:
    several = {
        "--backend": (
            "NAME",
            "torch, tensorflow, keras, a path (kernels.py) or package.module (default: all installed)",
        ),
        "--function": ("NAME", "only this function (see: logitproof list functions)"),
        "--entry-point": ("NAME", "only this public API, e.g. torch.sigmoid"),
        "--dtype": ("NAME", "only float16, bfloat16, float32 or float64"),
        "--mode": ("NAME", "eager: the only one in this release"),
        "--device": ("NAME", "cpu: the only one in this release"),
        "--check": ("ID", "only the check with this id, from a record"),
        "--property": ("ID", "only this property (see: logitproof list properties), and no checks"),
    }
    for name, (metavar, purpose) in several.items():
        parser.add_argument(name, action="append", metavar=metavar, help=f"{purpose}; may be repeated")
    parser.add_argument("--inputs", metavar="FILE.npz", type=Path, help="your own tensors, beside the corpus")
    parser.add_argument("--profile", metavar="NAME", help="smoke, ci (default) or nightly: how many inputs")
    parser.add_argument("--timeout", metavar="S", type=_number, help="seconds that one call may take (default 10)")
    parser.add_argument("--jobs", metavar="N", type=_count, help="processes that compute truth (default: one per core)")
    parser.add_argument("--output", metavar="DIR", type=Path, help="where the files go (default logitproof-report)")


def _add_judge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("function", metavar="FUNCTION", help="canonical name (see: logitproof list functions)")
    parser.add_argument("--inputs", metavar="FILE.npz", type=Path, required=True, help="arguments and keywords")
    parser.add_argument("--outputs", metavar="FILE.npz", type=Path, required=True, help="results to judge")
    parser.add_argument("--definition", metavar="NAME", default="literal", help="a stated deviation to judge them by")


def _add_exact(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("function", metavar="FUNCTION", help="canonical name (see: logitproof list functions)")
    parser.add_argument("numbers", metavar="NUMBER", nargs="+", help="the first argument; / starts another row")
    for name in ("labels", "probs", "log-probs"):
        parser.add_argument(f"--{name}", metavar="NUMBER", nargs="+", help=f"the argument {name.replace('-', '_')}")
    parser.add_argument("--axis", metavar="N", type=int, help="the axis that rows run along (default: the last)")
    parser.add_argument("--label-smoothing", metavar="E", type=_number, help="from 0 to 1")
    for name in ("weight", "pos-weight"):
        parser.add_argument(f"--{name}", metavar="NUMBER", nargs="+", help=f"the keyword {name.replace('-', '_')}")
    parser.add_argument("--ignore-index", metavar="N", type=int, help="rows with this label do not count")
    parser.add_argument("--reduction", metavar="NAME", help="none, mean or sum")
    parser.add_argument("--gradient", metavar="ARGUMENT", help="the gradient by this argument, not the value")
    parser.add_argument("--cotangent", metavar="NUMBER", nargs="+", help="what the gradient is multiplied with")
    parser.add_argument("--definition", metavar="NAME", help="a stated deviation (see: logitproof list functions)")
    parser.add_argument("--dtype", metavar="NAME", help="round inputs to this dtype first, show its nearest floats")
    parser.add_argument("--digits", metavar="N", type=_count, default=20, help="significant digits (default 20)")


def _add_hunt(parser: argparse.ArgumentParser) -> None:
    several = {
        "--backend": "torch, tensorflow, keras, a path (kernels.py) or package.module (default: all installed)",
        "--function": "only this function (see: logitproof list functions)",
        "--entry-point": "only this public API, e.g. torch.sigmoid",
        "--dtype": "only float16, bfloat16, float32 or float64",
    }
    for name, purpose in several.items():
        parser.add_argument(name, action="append", metavar="NAME", help=f"{purpose}; may be repeated")
    parser.add_argument("--minutes", metavar="M", type=_number, help="how long (default 1)")
    parser.add_argument("--examples", metavar="N", type=_count, help="end after N examples of each function and dtype")
    parser.add_argument("--seed", metavar="N", type=int, help="repeat the search that told this seed")
    parser.add_argument("--timeout", metavar="S", type=_number, help="seconds that one call may take (default 10)")


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "record",
        metavar="RECORD",
        nargs="?",
        type=Path,
        help="a record.json, a folder that has one, or - for standard input (default: logitproof-report)",
    )
    parser.add_argument(
        "--format",
        choices=("terminal", "html", "markdown", "junit", "github", "json"),
        default="terminal",
        help="terminal (default), html, markdown, junit, github or json",
        metavar="NAME",
    )
    parser.add_argument("--output", metavar="FILE", type=Path, help="where it goes (default: standard output)")
    parser.add_argument(
        "--since", metavar="OLD", type=Path, help="the record of an earlier run: tell what is new since"
    )


def _add_reproduce(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="id of a discrepancy or witness, or its first characters, six or more")
    parser.add_argument("--record", metavar="FILE", type=Path, help="default: logitproof-report/record.json")
    parser.add_argument("--output", metavar="FILE", type=Path, help="where the script goes (default: standard output)")
    parser.add_argument(
        "--whole-batch", action="store_true", help="call with the whole batch of the run, not with the one case"
    )


def _add_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("backends", "functions", "properties"), help="what to list")


def _number(text: str) -> float:
    return float(text)


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


_number.__name__, _count.__name__ = "number", "positive whole number"

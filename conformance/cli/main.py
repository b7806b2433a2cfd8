"""The command line: options and help. Each command's work is in a module of its own, imported when it is called."""

from __future__ import annotations

import argparse
import difflib
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from ..errors import UserError
from ..signals import interruptible, listen, stop_listening, undisturbed
from ..system import refusal

WRONG, INCOMPLETE = 2, 3

_STATUS = """exit status:
  0  nothing that gates
  1  something gates: defects, unless --fail-on says otherwise
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

Numbers are decimals, hex floats (0x1.8p-3), inf or nan. Which of them are rounded to the dtype, and why a result is
no number, is said on standard error.

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


_BASELINE = """examples:
  logitproof baseline                                            waivers for the last run, on standard output
  logitproof baseline results/record.json --output logitproof.toml --owner kernels@example.org
  logitproof baseline --output pyproject.toml --reason "before the rewrite" --expires 2027-06-30
  logitproof baseline --fail-on weakness --output logitproof.toml

A file that exists is added to: what it waives already is not written again. Every waiver is as narrow as the record can
tell: a larger error, more results, another cause, version or input gates again.

exit status:
  0  the waivers make this record pass
  2  the command line or a file is wrong; nothing was written
  3  the record is incomplete, and no waiver makes it pass"""


_UPGRADE = """examples:
  logitproof upgrade tensorflow-cpu==2.15.1 tensorflow-cpu==2.18.1
  logitproof upgrade torch==2.12.0 torch==2.13.0 --profile smoke --function softmax
  logitproof upgrade jax==0.4.38 jax==0.10.2 --dtype float32 --installer uv
  logitproof upgrade keras==3.5.0 keras==3.15.1 --with tensorflow-cpu==2.18.1
  logitproof upgrade torch==2.13.0 torch@/opt/nightly/bin/python
  logitproof upgrade torch==2.13.0 ./dist/torch-2.14.0-cp311-cp311-linux_x86_64.whl --python /usr/bin/python3.11
  logitproof upgrade torch==2.12.0 torch==2.13.0 --backend path/to/kernels.py

Both environments are built, or found in the cache, and examined on the same inputs. logitproof-upgrade/ gets a record
of each side, in old/ and new/, and what changed: comparison.html, comparison.md, comparison.json and junit.xml.

The first line says `verdict: safe`, `verdict: changed` or `verdict: regressed`. The installer's own settings hold: the
index that pip or uv is set up with.

"""


_REPRODUCE = """examples:
  logitproof reproduce 0123456789abcdef                    print a script for this discrepancy of the last run
  logitproof reproduce 012345 --output finding.py          the beginning of an id is enough where it is the only one
  logitproof reproduce 0123456789abcdef --record old/record.json
  logitproof reproduce 0123456789abcdef-regressed --record comparison.json     a change between two versions

An id is that of a discrepancy in record.json and summary.md, or of a witness in .logitproof/witnesses/. The script
imports the framework and NumPy, prints what is observed and what is expected, and ends with status 1 while the
discrepancy is there, 0 when it is gone. The script of a module of your own takes another path of it as its argument.

"""


_COMPARE = """examples:
  logitproof compare old/ new/                                      on the terminal
  logitproof compare old/record.json new/record.json --format html --output comparison.html
  logitproof compare old/ new/ --format json --output comparison.json
  logitproof reproduce 0123456789abcdef-regressed --record comparison.json
  logitproof compare torch==2.12.0 torch==2.13.0 --store history    runs that `run --store` has filed
  logitproof compare old/ new/ --inputs logits.npz                  runs that were given tensors of your own

The first line is `verdict: safe`, `verdict: changed` or `verdict: regressed`. Both runs must have the same inputs:
profile, version of the corpus, tensors of your own. With `outputs/` beside both records every element is compared.

formats:
  terminal, html, markdown, junit, github and json, as for `logitproof report`

exit status:
  0  nothing that gates
  1  something gates: a regression, unless --fail-on says otherwise
  2  the command line or a file is wrong, or the runs are not on the same inputs; nothing was written
  3  one of the runs is incomplete, or nothing could be compared"""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Raise what `main` prints."""
        line = f"{message} (see `{self.prog} --help`)"
        raise UserError(line)

    def refuse(self, argument: str) -> NoReturn:
        """Raise what `main` prints of an argument that is none of this command's."""
        if not argument.startswith("-"):
            self.error(f"unexpected argument {argument!r}")
        option = argument.partition("=")[0]
        near = difflib.get_close_matches(option, self._option_string_actions, n=1)
        self.error(f"unknown option {option!r}" + (f": did you mean {near[0]!r}?" if near else ""))


def program() -> NoReturn:
    """Be the program: `main` for the whole of this process, which a signal interrupts alike at any time."""
    listen()
    try:
        sys.exit(main())
    finally:
        stop_listening()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    if reason := refusal():
        sys.stderr.write(f"logitproof: {reason}\n")
        return WRONG
    typed = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with interruptible():
            options = _options([_shielded(argument) for argument in typed])
            with undisturbed():  # what is half imported cannot be relied on
                run = _command(options.command)
            return run(options, typed)
    except UserError as error:
        _complain(str(error))
        return WRONG
    except KeyboardInterrupt:
        _complain("interrupted")
        return INCOMPLETE
    except Exception:  # noqa: BLE001 - see below; nothing is hidden
        # Python would end with status 1, which here means that a backend has defects.
        sys.stderr.writelines(f"{_clean(line)}\n" for line in traceback.format_exc().splitlines())
        _complain("this is an error of logitproof itself, please report it")
        return INCOMPLETE


def _complain(line: str) -> None:
    sys.stderr.write(f"logitproof: {_clean(' '.join(line.split()))}\n")


def _clean(line: str) -> str:
    """Return a line, parts of which somebody typed, without what would steer the terminal."""
    cleaned: str = import_module("logitproof.reports").clean(line)  # --help needs nothing of it
    return cleaned


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the command line.

    Raises:
        UserError: it is wrong.
    """
    parser, commands = _parser()
    options, surplus = parser.parse_known_args(arguments)
    if surplus:
        before = arguments[: arguments.index(options.command)]
        (parser if surplus[0] in before else commands[options.command]).refuse(surplus[0])
    return options


def _command(name: str) -> Callable[[argparse.Namespace, Sequence[str]], int]:
    run: Callable[[argparse.Namespace, Sequence[str]], int] = import_module(f".{name}", __package__).main
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


def _parser() -> tuple[_Parser, Mapping[str, _Parser]]:
    """Return the parser, and those of its commands."""
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
    _add_baseline(_subparser(commands, "baseline", "write waivers for all that gates in a record", _BASELINE))
    _add_compare(_subparser(commands, "compare", "hold two runs against each other, and against the truth", _COMPARE))
    _add_upgrade(
        _subparser(commands, "upgrade", "examine two versions of a framework, and compare", _UPGRADE + _STATUS)
    )
    _add_reproduce(_subparser(commands, "reproduce", "write a stand-alone script for one discrepancy", _REPRODUCE))
    _add_list(_subparser(commands, "list", "list what there is to examine", ""))
    return parser, commands.choices


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
    parser.add_argument(
        "--backend",
        action="append",
        metavar="NAME",
        help="framework (torch, tensorflow, keras, jax), or a user's module; may be repeated (default: all installed); "
        "NAME@/path/to/python for what another interpreter has",
    )
    _add_selection(parser)
    parser.add_argument("--output", metavar="DIR", type=Path, help="where the files go (default logitproof-report)")
    _add_store(parser)
    parser.add_argument(
        "--since",
        metavar="OLD",
        type=Path,
        help="the record of an earlier run: tell what is new since (default: the run that lies in --output)",
    )
    add_gate(parser)


def _add_selection(parser: argparse.ArgumentParser) -> None:
    """Add what restricts an examination, and says how it is made."""
    several = {
        "--function": ("NAME", "only this canonical function, e.g. softmax"),
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
    _add_limits(parser)
    parser.add_argument("--jobs", metavar="N", type=_count, help="processes that compute truth (default: one per core)")


def _add_limits(parser: argparse.ArgumentParser) -> None:
    """Add what limits a worker's time."""
    parser.add_argument("--timeout", metavar="S", type=_number, help="seconds that one call may take (default 10)")
    parser.add_argument(
        "--hello-timeout",
        metavar="S",
        type=_number,
        help="seconds that a backend may take to start and import its framework (default 60)",
    )


def add_gate(parser: argparse.ArgumentParser, default: str = "defect") -> None:
    """Add the options of the gate, which several commands have."""
    parser.add_argument(
        "--fail-on",
        metavar="NAME",
        help=f"defect, weakness, any, unexamined, or regression since the run of --since (default {default})",
    )
    parser.add_argument(
        "--strict",
        action=argparse.BooleanOptionalAction,
        help="fail on stale waivers too: those that match nothing, have expired, or whose discrepancy is gone",
    )


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
    parser.add_argument("--label-smoothing", metavar="E", help="from 0 to 1")
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
    _add_limits(parser)


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "record",
        metavar="RECORD",
        nargs="?",
        type=Path,
        help="a record.json, a folder that has one, or - for standard input (default: logitproof-report)",
    )
    _add_format(parser)
    parser.add_argument("--output", metavar="FILE", type=Path, help="where it goes (default: standard output)")
    parser.add_argument(
        "--since", metavar="OLD", type=Path, help="the record of an earlier run: tell what is new since"
    )
    add_gate(parser)


def _add_baseline(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "record",
        metavar="RECORD",
        nargs="?",
        type=Path,
        help="a record.json, a folder that has one, or - for standard input (default: logitproof-report)",
    )
    parser.add_argument("--output", metavar="FILE", type=Path, help="a file of settings (default: standard output)")
    parser.add_argument("--fail-on", metavar="NAME", help="what gates: defect (default), weakness, any, unexamined")
    parser.add_argument("--owner", metavar="WHO", help="who looks after the waivers")
    parser.add_argument("--reason", metavar="TEXT", help="why the results are put up with")
    parser.add_argument("--expires", metavar="DAY", type=_day, help="the last day of the waivers, e.g. 2027-06-30")


def _add_compare(parser: argparse.ArgumentParser) -> None:
    for name, which in (("old", "older"), ("new", "newer")):
        purpose = f"the {which} run: a record.json, a folder that has one, or - for standard input"
        parser.add_argument(name, metavar=name.upper(), type=Path, help=purpose)
    _add_format(parser)
    parser.add_argument("--output", metavar="FILE", type=Path, help="where it goes (default: standard output)")
    parser.add_argument(
        "--store", metavar="DIR", type=Path, help="the history that OLD and NEW are in, as NAME or NAME==VERSION"
    )
    parser.add_argument("--inputs", metavar="FILE.npz", type=Path, help="the tensors that both runs were given")
    parser.add_argument("--jobs", metavar="N", type=_count, help="processes that compute truth (default: one per core)")
    add_gate(parser, default="regression")


def _add_upgrade(parser: argparse.ArgumentParser) -> None:
    for name, which in (("old", "older"), ("new", "newer")):
        purpose = f"the {which} side: a requirement, a wheel, a source folder, or NAME@/path/to/python"
        parser.add_argument(name, metavar=name.upper(), help=purpose)
    companions = {"": "both sides", "-old": "the older side", "-new": "the newer side"}
    for suffix, where in companions.items():
        parser.add_argument(
            f"--with{suffix}",
            dest=f"companions{suffix.replace('-', '_')}",
            action="append",
            metavar="REQUIREMENT",
            help=f"install this too, on {where}; may be repeated",
        )
    parser.add_argument("--python", metavar="PROGRAM", help="the Python of both environments (default: this one)")
    parser.add_argument("--python-old", metavar="PROGRAM", help="the Python of the older side")
    parser.add_argument("--python-new", metavar="PROGRAM", help="the Python of the newer side")
    parser.add_argument("--installer", metavar="NAME", default="pip", help="pip (default) or uv")
    parser.add_argument("--cache", metavar="DIR", type=Path, help="where environments are kept (default: your cache)")
    parser.add_argument(
        "--backend", action="append", metavar="NAME", help="examine this in both: kernels.py (default: the framework)"
    )
    _add_selection(parser)
    parser.add_argument("--output", metavar="DIR", type=Path, help="where the files go (default logitproof-upgrade)")
    _add_format(parser)
    _add_store(parser)
    add_gate(parser, default="regression")


def _add_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format",
        choices=("terminal", "html", "markdown", "junit", "github", "json"),
        default="terminal",
        help="terminal (default), html, markdown, junit, github or json",
        metavar="NAME",
    )


def _add_store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", metavar="DIR", type=Path, help="file the run under backend and version there")


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


def _day(text: str) -> date:
    return date.fromisoformat(text)


_number.__name__, _count.__name__, _day.__name__ = "number", "positive whole number", "day"

"""The arguments of every command, with their help texts. Nothing heavy is imported: --help is quick."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from ..backends.frameworks import FRAMEWORKS
from ..errors import UserError
from .examples import BASELINE, COMPARE, EXACT, FORMAT_ROWS, HUNT, JUDGE, REPORT, REPRODUCE, RUN, STATUS, UPGRADE


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Raise what `main` prints."""
        line = f"{message} (see `{self.prog} --help`)"
        raise UserError(line)

    def format_help(self) -> str:
        """Return the help; what it says of the formats is what their table does."""
        text = super().format_help()
        return text.replace(FORMAT_ROWS, _format_rows()) if FORMAT_ROWS in text else text

    def refuse(self, argument: str) -> NoReturn:
        """Raise what `main` prints of an argument that is none of this command's."""
        if not argument.startswith("-"):
            self.error(f"unexpected argument {argument!r}")
        option = argument.partition("=")[0]
        near = difflib.get_close_matches(option, self._option_string_actions, n=1)
        self.error(f"unknown option {option!r}" + (f": did you mean {near[0]!r}?" if near else ""))


class _FormatNames:
    """The names of the formats, looked up when somebody asks for one: to import the reports takes a while."""

    def __iter__(self) -> Iterator[str]:
        return iter(import_module("logitproof.reports").FORMATS)

    def __contains__(self, name: object) -> bool:
        return name in import_module("logitproof.reports").FORMATS


def _format_rows() -> str:
    rows = import_module("logitproof.reports").FORMATS.values()
    return "\n".join(f"  {row.name:<10} {row.purpose}" for row in rows)


def options_of(arguments: Sequence[str]) -> argparse.Namespace:
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


def shielded(argument: str) -> str:
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
        epilog=STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_run(_subparser(commands, "run", "examine frameworks, write record.json and the reports", RUN + STATUS))
    _add_judge(_subparser(commands, "judge", "judge results that came from anywhere", JUDGE + STATUS))
    _add_exact(_subparser(commands, "exact", "print an exact result, as decimals and nearest floats", EXACT))
    _add_hunt(_subparser(commands, "hunt", "search for larger errors, shrink failures, keep them", HUNT + STATUS))
    _add_report(_subparser(commands, "report", "tell a record in another format", REPORT + STATUS))
    _add_baseline(_subparser(commands, "baseline", "write waivers for all that gates in a record", BASELINE))
    _add_compare(_subparser(commands, "compare", "hold two runs against each other, and against the truth", COMPARE))
    _add_upgrade(_subparser(commands, "upgrade", "examine two versions of a framework, and compare", UPGRADE + STATUS))
    _add_reproduce(_subparser(commands, "reproduce", "write a stand-alone script for one discrepancy", REPRODUCE))
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
        help=f"framework ({', '.join(FRAMEWORKS)}), or a user's module; may be repeated (default: all installed); "
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
        "--mode": (
            "NAME",
            "in this mode, of those that a backend has (default: its first); an unknown one gets a list",
        ),
        "--device": ("NAME", "on this device, of those that a backend has (default: its first)"),
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
        "--backend": f"{', '.join(FRAMEWORKS)}, a path (kernels.py) or package.module (default: all installed)",
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
        choices=_FormatNames(),
        default="terminal",
        help="one of %(choices)s (default %(default)s)",
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


_number.__name__, _count.__name__, _day.__name__ = "number", "positive whole number", "day"  # as argparse tells them

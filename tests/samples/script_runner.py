"""Many generated scripts in one process of their own: what each of them ended with, printed and observed.

A script imports its framework, which takes seconds; so the scripts of a test share one process, one after the other,
each with names of its own. Run as a program, this file is that process.
"""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Ran:
    """What became of a script: its exit status or the exception that ended it, what it printed, and its results."""

    status: int | str
    printed: str
    observed: list[np.ndarray]


def run_scripts(scripts, folder, argument=None, python=sys.executable):
    """Run scripts, with `argument` as their only one, in a fresh process of `python`; return a Ran for each."""
    asked, answered = Path(folder) / "scripts.json", Path(folder) / "answers"
    asked.write_text(json.dumps(list(scripts)), encoding="utf-8")
    answered.mkdir(exist_ok=True)
    command = [python, __file__, str(asked), str(answered), *([] if argument is None else [str(argument)])]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    endings = json.loads((answered / "endings.json").read_text(encoding="utf-8"))
    with np.load(answered / "observed.npz") as arrays:
        return [
            Ran(status, printed, [arrays[f"{number}/{run}"] for run in range(count)])
            for number, (status, printed, count) in enumerate(endings)
        ]


def _bits(result):
    """A result as NumPy has it; bfloat16 by its bits."""
    name = str(getattr(result, "dtype", ""))
    if name == "torch.bfloat16":
        import torch

        return result.detach().view(torch.int16).numpy().view(np.uint16)
    array = np.asarray(result.detach() if name.startswith("torch.") else result)
    return array.view(np.uint16) if array.dtype.name == "bfloat16" else array


def _run(script):
    names, printed, status = {"__name__": "__main__"}, io.StringIO(), "it did not end"
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(script, "script.py", "exec"), names)  # noqa: S102 - our own
    except SystemExit as ending:
        status = ending.code
    except BaseException as error:  # noqa: BLE001 - told
        status = f"{type(error).__name__}: {error}"
    results = names.get("results", [names["observed"]] if "observed" in names else [])
    return status, printed.getvalue(), [_bits(result) for result in results if result is not None]


def _main(asked, answered, *arguments):
    sys.argv = ["script.py", *arguments]
    warnings.simplefilter("ignore")
    ran = [_run(script) for script in json.loads(Path(asked).read_text(encoding="utf-8"))]
    endings = [(status, printed, len(observed)) for status, printed, observed in ran]
    (Path(answered) / "endings.json").write_text(json.dumps(endings), encoding="utf-8")
    arrays = {
        f"{number}/{run}": array for number, (_, _, observed) in enumerate(ran) for run, array in enumerate(observed)
    }
    np.savez(Path(answered) / "observed.npz", **arrays)


if __name__ == "__main__":
    _main(*sys.argv[1:])

"""Draw the picture of the README: what `logitproof run` prints, from a run made here and now (`make picture`)."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI

from logitproof.reports import read_record, run_view

COMMAND = (
    "logitproof run --backend torch --function sigmoid --function logsumexp --function softmax_cross_entropy"
    " --dtype float32"
)
WIDTH = 132
# A picture inside a page may not load fonts from elsewhere.
RICH_FORMAT = (Console.export_svg.__kwdefaults__ or {})["code_format"]
SELF_CONTAINED = re.sub(r"@font-face \{\{.*?\}\}\s*", "", RICH_FORMAT, flags=re.DOTALL)


def main() -> None:
    """Run, and write run.svg beside this file."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "logitproof", *COMMAND.split()[1:]]
        outcome = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=False)
        if outcome.returncode > 1:
            sys.exit(f"the run was not complete: status {outcome.returncode}")
        record = read_record(Path(folder) / "logitproof-report" / "record.json")
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(f"[bold]$ {COMMAND}[/bold]\n", highlight=False)
    console.print(run_view(record, Path("logitproof-report")))
    picture = console.export_svg(title="logitproof", theme=MONOKAI, code_format=SELF_CONTAINED, unique_id="run")
    Path(__file__).with_name("run.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()

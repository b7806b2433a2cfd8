"""`logitproof list`: the frameworks installed here, the catalogue, or the properties."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from logitproof.properties import PROPERTIES, TRAINING_STEP, Property, Training
from logitproof.reference import DEFINITIONS, FUNCTIONS

from ..backends.frameworks import FRAMEWORKS
from ..backends.installed import installed, version_of
from .output import show


def main(options: argparse.Namespace, typed: Sequence[str]) -> int:
    """List what `options.what` names; the exit status is 0."""
    del typed
    show({"backends": _backends, "functions": _functions, "properties": _properties}[options.what]())
    return 0


def _backends() -> RenderableType:
    table = Table(box=None, pad_edge=False)
    for name in ("backend", "version", "how to examine it"):
        table.add_column(name)
    usable = installed()
    for name, framework in FRAMEWORKS.items():
        how = f"logitproof run --backend {name}" if name in usable else framework.install
        table.add_row(name, version_of(framework) or "not installed", how)
    table.add_row("your module", "", "logitproof run --backend path/to/kernels.py, or package.module")
    return table


def _functions() -> RenderableType:
    parts: list[RenderableType] = []
    for function in FUNCTIONS.values():
        lines = [f"= {function.formula}", f"quantities: {', '.join(function.quantities)}"]
        if stated := [name for name in DEFINITIONS[function.name] if name != "literal"]:
            lines.append(f"stated deviations known: {', '.join(stated)}")
        parts += [Text(function.signature, style="bold"), Padding(Text("\n".join(lines)), (0, 0, 0, 4), expand=False)]
    return Group(*parts)


def _properties() -> RenderableType:
    training = TRAINING_STEP
    return Group(
        *(part for prop in PROPERTIES.values() for part in _property(prop, prop.domain.text, prop.functions)),
        *_property(training, training.domain, ("softmax regression, by the framework's own gradient descent",)),
    )


def _property(prop: Property | Training, domain: str, functions: Sequence[str]) -> tuple[RenderableType, ...]:
    lines = (
        prop.statement,
        f"LaTeX: {prop.latex}",
        f"for: {domain}",
        f"functions: {', '.join(functions)}",
        f"source: {prop.source}",
    )
    return Text(prop.id, style="bold"), Padding(Text("\n".join(lines)), (0, 0, 0, 4), expand=False)

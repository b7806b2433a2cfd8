"""What the help of each command ends with: examples, and the exit status."""

from __future__ import annotations

STATUS = """exit status:
  0  nothing that gates
  1  something gates: defects, unless --fail-on says otherwise
  2  the command line or a file is wrong; nothing was written
  3  incomplete: a backend could not start, or the run was cut short"""

FORMAT_ROWS = "{formats}"
"""Where a row for each format stands when the text is shown."""


RUN = """examples:
  logitproof run                                      every installed framework
  logitproof run --backend torch --function softmax   one framework, one function
  logitproof run --backend kernels.py --profile smoke your own functions, quickly
  logitproof run --inputs logits.npz                  your own tensors beside the corpus

Settings in [tool.logitproof] of pyproject.toml, or in logitproof.toml, are called like these options.

"""


JUDGE = """examples:
  logitproof judge softmax --inputs x.npz --outputs y.npz

x.npz holds the arguments by name (logits, labels, ...), the keywords (axis, weight, ...) and, for gradients, the
cotangent; y.npz holds the results: value, gradient_logits, ... Write both with numpy.savez.

"""


EXACT = """examples:
  logitproof exact softmax 1 2 3
  logitproof exact softmax 1 2 3 / 1000 2000 3000                two rows
  logitproof exact sigmoid -88.72284 --dtype float32 --digits 40
  logitproof exact softmax_cross_entropy 1 2 3 --labels 0 0 1 --gradient logits
  logitproof exact sparse_softmax_cross_entropy 1 2 3 --labels 2 --label-smoothing 0.125

Numbers are decimals, hex floats (0x1.8p-3), inf or nan. Which of them are rounded to the dtype, and why a result is
no number, is said on standard error.

"""


HUNT = """examples:
  logitproof hunt                                     every installed framework, for a minute
  logitproof hunt --backend torch --function sparse_softmax_cross_entropy --dtype float32 --minutes 5
  logitproof hunt --backend kernels.py --seed 7       your own functions; the same search again

What is found is kept in .logitproof/witnesses/, and every later run examines it first.

"""


REPORT = """examples:
  logitproof report                                       the last run, on the terminal
  logitproof report --format html --output report.html    one page that needs nothing but a browser
  logitproof report results/ --format markdown            for a comment on a pull request
  logitproof report results/record.json --format junit --output junit.xml
  logitproof report --format github                       annotations and summary of a GitHub job
  logitproof report new/ --since old/                     what is new, and what is gone
  unxz -c record.json.xz | logitproof report -            from standard input

formats:
{formats}

The exit status is that of the record, as it was when the run ended: a report of defects ends with 1.

"""


BASELINE = """examples:
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


UPGRADE = """examples:
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


REPRODUCE = """examples:
  logitproof reproduce 0123456789abcdef                    print a script for this discrepancy of the last run
  logitproof reproduce 012345 --output finding.py          the beginning of an id is enough where it is the only one
  logitproof reproduce 0123456789abcdef --record old/record.json
  logitproof reproduce 0123456789abcdef-regressed --record comparison.json     a change between two versions

An id is that of a discrepancy in record.json and summary.md, or of a witness in .logitproof/witnesses/. The script
imports the framework and NumPy, prints what is observed and what is expected, and ends with status 1 while the
discrepancy is there, 0 when it is gone. The script of a module of your own takes another path of it as its argument.

"""


COMPARE = """examples:
  logitproof compare old/ new/                                      on the terminal
  logitproof compare old/record.json new/record.json --format html --output comparison.html
  logitproof compare old/ new/ --format json --output comparison.json
  logitproof reproduce 0123456789abcdef-regressed --record comparison.json
  logitproof compare torch==2.12.0 torch==2.13.0 --store history    runs that `run --store` has filed
  logitproof compare old/ new/ --inputs logits.npz                  runs that were given tensors of your own

The first line is `verdict: safe`, `verdict: changed` or `verdict: regressed`. Both runs must have the same inputs:
profile, version of the corpus, tensors of your own. With `outputs/` beside both records every element is compared.

formats:
{formats}

exit status:
  0  nothing that gates
  1  something gates: a regression, unless --fail-on says otherwise
  2  the command line or a file is wrong, or the runs are not on the same inputs; nothing was written
  3  one of the runs is incomplete, or nothing could be compared"""

"""`python -m logitproof`: the command line, where its script is not on the path."""

from logitproof.conformance.cli.main import program

program()

"""`python -m logitproof`: the command line, where its script is not on the path."""

import sys

from logitproof.conformance._command_line import main

sys.exit(main())

"""Why a finding is wrong: known mistakes held against all that a kernel returned. Verdicts are made elsewhere."""

"""Why a finding is wrong: known mistakes held against all that a kernel returned. Verdicts are made elsewhere.

What is said of planted faults, and what other thresholds would make of them, was measured with those of
`test_planted.py`, in float32; of kernels that are nearly a mistake, with those of `test_coincidences.py`.
"""

"""The worker: a process that runs one framework and answers over its standard streams.

It imports only the standard library, NumPy and its framework, and keeps to Python 3.9 and NumPy 1.22, because it is
started inside environments that do not have logitproof installed. The protocol is described in docs/worker-protocol.md.
"""

"""The command line: a file a command, which reads options, calls the rest, and prints. No numerics."""

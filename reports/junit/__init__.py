"""JUnit XML for CI servers. What gates is decided in `gate`."""

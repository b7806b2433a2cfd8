"""JUnit XML for CI servers."""

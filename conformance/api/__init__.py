"""What `import logitproof` hands on: examine, judge, exact, assert_ok. No command line, no files."""

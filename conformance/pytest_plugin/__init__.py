"""The pytest plugin: properties as tests of a user's backend. The run of a record is in `run`."""

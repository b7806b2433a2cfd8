"""The random search for worse inputs, and their shrinking. The inputs of the gate are in `corpus`."""

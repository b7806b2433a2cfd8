"""The training step: gradient descent on the digits, with its bound and its exact descent."""

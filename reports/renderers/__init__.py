"""Documents in the formats of text: a file for each. What is said, and of what, is not known here."""

"""What is said of a run and of a comparison, as documents. In which format it is said is not decided here."""

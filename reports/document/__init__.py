"""The document: what is told of a run or of a comparison, whoever reads it. It knows of neither."""

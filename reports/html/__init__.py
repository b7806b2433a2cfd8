"""The pages report.html and comparison.html: one file each, no network. Their pictures are in `pictures`."""

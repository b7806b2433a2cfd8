"""summary.md, the Markdown of a comparison, and the text for an issue tracker."""

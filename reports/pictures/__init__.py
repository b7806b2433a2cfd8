"""Pictures of the errors as SVG: histograms, curves. Tables and maps belong to the pages."""

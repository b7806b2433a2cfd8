"""Two runs held against each other, element by element where outputs were kept. How that is told is in `reports`."""

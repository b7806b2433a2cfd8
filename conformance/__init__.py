"""What frameworks do: backends are asked about exact inputs, and judged. What is true is in `reference`."""

"""Properties put to a backend, and the answers judged. What the properties say is in `properties`."""

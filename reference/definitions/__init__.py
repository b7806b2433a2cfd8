"""The functions and their derivatives in exact arithmetic, literal and deviating. How to compute them is elsewhere."""

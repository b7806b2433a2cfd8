"""Stand-alone scripts that show one finding, change or property without logitproof. Running them is the user's."""

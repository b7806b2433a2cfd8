"""What of a run fails it: waivers, regressions, and the verdict. What was found is in `findings`."""

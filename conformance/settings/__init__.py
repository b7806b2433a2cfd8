"""What a project settles once: logitproof.toml, waivers, baselines, and what gates. Weighing them is in `reports`."""

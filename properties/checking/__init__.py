"""What a property is, and how it is checked: relations, bounds, replays. Which there are is in `statements`."""

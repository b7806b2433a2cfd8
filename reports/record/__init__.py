"""The record of a run: its model, strict codec, storage, and how its values are worded. Nothing is judged here."""

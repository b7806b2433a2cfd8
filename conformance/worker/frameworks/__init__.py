"""What a worker knows of each framework: tensors, recording, entry points. Nothing of the parent process."""

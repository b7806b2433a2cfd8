"""How a script spells tensors, calls and gradients: a file a framework."""

"""The numbers that recipes are made of: logits, labels, probabilities, masks. Which ones go where, recipes say."""

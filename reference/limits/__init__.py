"""What holds at infinities, NaN, zeros and empty sums, before arithmetic is asked. No number is computed here."""

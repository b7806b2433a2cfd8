"""The catalogue of known mistakes, each a change to an algorithm. Which of them fits is found one folder up."""

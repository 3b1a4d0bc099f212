"""What the methods learn from: a text that every machine has. Imports no other room."""

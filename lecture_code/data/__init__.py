"""What is learnt from: text, digits, names, dialogues. Imports no other room."""

"""What the methods learn from.

Imports no other room: whatever is learnt from is on every machine.

    corpus    text: documentation and code of SciPy, and sums

Other data get a module here when the first chapter that learns from them comes: digits
with *Fine-tuning and pretraining*, names and dialogues with *Sequence generation*.
"""

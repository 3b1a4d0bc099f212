"""What the methods learn from.

Imports no other room: whatever is learnt from is on every machine.

    corpus       text: documentation and code of SciPy, and sums
    digits       images of digits: printed with fonts, and scanned
    dialogues    questions and answers of a small grammar, with a dull answer
    corpus        text: documentation and code of SciPy, and sums
    digits        images of digits: printed with fonts, and scanned
    arithmetic    strings of a tiny grammar, with a parser

Other data get a module here when the first chapter that learns from them comes: names
and dialogues with *Sequence generation*.
"""

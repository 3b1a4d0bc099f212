"""What the methods learn from.

Imports no other room: whatever is learnt from is on every machine.

    arithmetic    strings of a tiny grammar, with a parser
    corpus        text: documentation and code of SciPy, and sums
    dialogues     questions and answers of a small grammar, with a dull answer
    digits        images of digits: printed with fonts, and scanned
"""

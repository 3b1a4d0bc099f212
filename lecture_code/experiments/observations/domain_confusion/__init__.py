"""The full-scale runs of the chapter *Domain confusion*.

Start with the protocol in `hooks.py`.

    arms          what is compared, and how an arm is trained
    steps         how a training is cut into steps
    measures      what a network has learnt
    hooks         the table of the lecture, re-created
    lengths       why a longer training loses the lead, and what keeps it
    networks      the networks of one seed, for the pictures of the page
    sweeps        other λ and ν, and other distances of the two worlds
    causes        which part of the "real" look makes a network miss
    autoencoders  whether it is the arm that an autoencoder's features follow
    digits        printed and scanned digits: the same losses and loop
    digit_arms    what is compared on digits, and the digits of a seed
    shift         classes that have other shares in the target
"""

"""The full-scale runs of the chapter *Architecture search*.

characters       the text and the language models that recurrent cells are judged by
cells            searches for a recurrent cell
trained_cells    the two best cells beside LSTM, GRU and plain recurrent net
"""

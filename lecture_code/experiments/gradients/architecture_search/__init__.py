"""The full-scale runs of the chapter *Architecture search*.

table           every child for digits, trained three times
searchers       what each way to search finds with 500 queries
single_search   one repeat of one searcher
characters       the text and the language models that recurrent cells are judged by
cells            searches for a recurrent cell
trained_cells    the two best cells beside LSTM, GRU and plain recurrent net
"""

"""Architecture search: a table of a whole space, searchers, cells and update rules."""

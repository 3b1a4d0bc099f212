"""The full-scale runs of the chapter *Online dynamics adaptation*."""

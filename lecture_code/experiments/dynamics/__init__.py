"""Full-scale runs of the chapters on transfer across dynamics."""

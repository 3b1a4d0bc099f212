"""The full-scale runs of the chapter *Inverse-dynamics transfer*."""

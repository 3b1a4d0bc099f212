"""What each chapter draws: one file a chapter, from results and values to pictures."""

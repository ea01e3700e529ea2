"""How fast and how exact, as ratios and errors of one run; nothing here passes or fails."""

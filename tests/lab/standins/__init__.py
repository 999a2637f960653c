"""Stand-ins for provider plugins: whole programs go through the real engine. They prove engine behaviour only."""

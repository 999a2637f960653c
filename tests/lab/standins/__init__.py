"""Stand-ins for provider plugins, so that whole programs go through the real engine; they prove engine behaviour only."""

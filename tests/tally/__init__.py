"""A second kind of background work, which proves that the engine knows no archives."""

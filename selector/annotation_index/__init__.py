"""Which labels and objects are on which frames: an index per job on disk, and filters over it."""

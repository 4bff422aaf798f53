"""The admin site of connections and API tokens."""

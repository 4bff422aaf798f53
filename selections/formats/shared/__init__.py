"""What several formats of annotations share. Pure."""

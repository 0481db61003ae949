"""One module for each migration, oldest first by number; none is changed once it is released."""

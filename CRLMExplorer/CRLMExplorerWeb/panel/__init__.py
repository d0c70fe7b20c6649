"""The parts of the page: each file lays out one; none holds state."""

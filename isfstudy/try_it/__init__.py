"""A pair, something hidden from the network, and what comes of it: notebook 00, with widgets and as a still."""

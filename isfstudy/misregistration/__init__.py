"""Does the network handle misalignment? Infrared moved against visible, scored against where it was. Notebook 16."""

"""The command `isf`: fuse, evaluate, train, and look after the image sets."""

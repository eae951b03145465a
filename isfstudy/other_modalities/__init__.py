"""Does a network for infrared and visible images fuse other pairs? Focal planes, exposures, stains, depth."""

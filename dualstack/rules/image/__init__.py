"""Rules about the image and what is put on the node's file system."""

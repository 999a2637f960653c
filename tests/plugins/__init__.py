"""Our whole program with the real engine and the real provider plugins, against real servers of the lab's own."""

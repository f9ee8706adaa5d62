"""How the window lives with the operating system."""

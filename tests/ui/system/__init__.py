"""How the window lives with the operating system, tried with real parts."""

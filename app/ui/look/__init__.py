"""How the window looks: colours, pictures, and the parts that pages are made of."""

"""What things are: values, states, errors. Standard library only, no input or output."""

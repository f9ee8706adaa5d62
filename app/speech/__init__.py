"""The words of both faces, window and command line: read, chosen and filled without Qt."""

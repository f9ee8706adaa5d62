"""A cloud in the box: three control interfaces and enough S3, on loopback, with scripted faults."""

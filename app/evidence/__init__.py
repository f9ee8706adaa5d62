"""What proves a delivery afterwards, and what support needs to see."""

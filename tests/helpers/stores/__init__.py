"""Real object stores that tests start on loopback: OpenStack Swift and Ceph."""

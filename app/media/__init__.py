"""What is on the card: folders, photos, fingerprints."""

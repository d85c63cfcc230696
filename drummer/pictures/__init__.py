"""Pictures of grooves."""

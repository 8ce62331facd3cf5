"""The tune page: measure searches on one's own pictures, learn weights, label matches."""

"""What chance gives: how often a picture that is not there, or not the same, would look as good."""

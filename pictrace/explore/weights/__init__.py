"""What other weights would do to a ranking, told from the ScoreTable alone: nothing is compared again."""

"""One search from start to end: a query's features, its ScoreTable, rankings, the answer in words."""

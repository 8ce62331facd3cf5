"""What leaves the program: documents, reports, pictures of evidence, charts."""

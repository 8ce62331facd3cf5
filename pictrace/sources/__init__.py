"""What a folder, a table, a list, an archive or a database holds: the pictures to read, without reading them yet."""

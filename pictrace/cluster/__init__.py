"""A search that several machines share: a catalog in shards, each with a worker of a Dask cluster."""

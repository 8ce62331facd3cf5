"""A search that several machines share: workers of a Dask cluster, each with a shard, or other PicTrace servers."""

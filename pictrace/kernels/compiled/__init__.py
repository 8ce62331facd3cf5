"""The kernels compiled by numba: importing a module of this package compiles it."""

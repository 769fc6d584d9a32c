"""Limits itself to no processor time, no files and no processes."""

# %% before the test
import resource

for limit in (resource.RLIMIT_CPU, resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC):
    resource.setrlimit(limit, (1, 1))

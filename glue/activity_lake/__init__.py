"""From raw GitHub activity to typed, de-duplicated, partitioned tables.

Everything that shapes data is a function from data frames to data frames; only `storage` and `landing`
touch files. Nothing here imports awsglue, so that the same code runs on Glue and on any Spark 3.5.
"""

"""Plain buckets: flat tables of objects that people make, and which only the S3 door shows."""

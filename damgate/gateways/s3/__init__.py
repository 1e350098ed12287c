"""The S3 door: states, channels and plain buckets for aws cli, boto3, rclone and whoever else speaks S3."""

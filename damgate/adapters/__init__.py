"""The ports made real: databases, disks, policy engines, the clock."""

"""What operators see of a running site: health, metrics and logs."""

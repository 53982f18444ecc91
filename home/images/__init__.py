"""Images and documents that staff upload, and the sizes that pages show."""

"""The commands; each is thin over `stockton_cms.operations`."""

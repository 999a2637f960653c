"""Documents: YAML in and out with where values came from, merging, findings and fixes, and what is hidden."""

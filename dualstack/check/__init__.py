"""From a resolved mapping to a checked site: form, rules, the files that it names, applied fixes, the fleet."""

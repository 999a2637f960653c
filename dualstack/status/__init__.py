"""The sites of a project as they are: what is deployed, what the living cluster answers, what is still to be done."""

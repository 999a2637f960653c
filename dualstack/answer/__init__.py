"""Answers for programs and pages: JSON, SARIF, the generated documents."""

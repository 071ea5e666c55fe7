"""The gallery of claims: one picture per claim, and the page and the file that list all verdicts."""

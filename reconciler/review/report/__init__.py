"""The HTML report: its template, style and script are files of their own beside this."""

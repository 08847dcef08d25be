"""Every code that gitway reports, explained. One file a hundred of codes; `table` puts them together."""

"""What a reviewer has to look at twice. One file a danger; `table` lists them all."""

"""What gitway tells GitHub. Standard library only: the job that may write to pull requests installs nothing."""

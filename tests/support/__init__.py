"""What the tests of all rooms share: real repositories, backends, Envoys and S3 servers."""

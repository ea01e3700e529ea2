"""What a study is, and how its images are read and written."""

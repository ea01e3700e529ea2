"""Pictures of the features, made by the program itself when the documentation is built."""

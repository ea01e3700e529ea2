"""One study, many studies, and the command line."""

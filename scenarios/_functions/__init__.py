"""The code of the functions, as it is zipped and run, and what the scenarios check it with."""

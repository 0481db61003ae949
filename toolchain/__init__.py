"""Set-up and daily chores of the project, in the standard library alone; `./run` is the way in."""

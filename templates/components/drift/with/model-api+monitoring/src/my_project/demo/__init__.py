"""`my-project monitor-demo`: the whole path from a shifted input to a firing alert, on one machine."""

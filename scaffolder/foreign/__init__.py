"""Components in repositories that scaffolder did not generate.

`record` is what the lock keeps about such a repository, `needs` what a component asks of it, `dependencies` where
packages are declared there, `relocate` how our files fit its layout, `template` puts the stack together, and `adopt`
proposes the changes.
"""

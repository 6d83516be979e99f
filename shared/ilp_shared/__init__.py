"""What two or more ILP services share: event bus, database, access, problems, app and worker skeletons.

It imports no service. See `shared/README.md` for what may enter here.
"""

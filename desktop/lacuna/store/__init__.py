"""The reader's work at rest: encrypted, in one folder, its key in the system's keyring."""

"""What is open to whoever has a link: approvals, and runs that are shown to anybody."""

"""MySQL and MariaDB scripts."""

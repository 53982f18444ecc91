"""Two machines behind one nginx, and what they share: tests that they are one."""

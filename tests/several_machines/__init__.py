"""Two machines behind one nginx, and what they share: proofs that they are one."""

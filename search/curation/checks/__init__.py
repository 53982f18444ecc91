"""Search checks: what people must find first, as officers say, watched (S12)."""

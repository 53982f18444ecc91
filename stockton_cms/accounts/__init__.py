"""Accounts of staff: sign-in, two-factor authentication, invitations and roles."""

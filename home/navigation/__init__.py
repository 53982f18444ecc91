"""What leads from page to page: menus, listings and latest changes."""

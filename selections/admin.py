"""The admin site of selections, frames and archives."""

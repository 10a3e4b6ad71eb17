"""Views: one file each, chosen by the type of summary that a probe gives. No torch here."""

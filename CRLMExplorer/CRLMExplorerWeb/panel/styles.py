"""How the panel's fields and buttons look."""

FIELD = {"density": "compact", "variant": "outlined", "hide_details": True}
BUTTON = {"size": "small", "variant": "tonal"}

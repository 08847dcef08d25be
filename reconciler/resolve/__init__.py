"""Resources → what is attached to what, the IR per fleet, and the `.status` a controller would write."""

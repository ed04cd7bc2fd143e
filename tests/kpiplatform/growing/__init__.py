"""An app with a table to be filled, and migrations after it: such as may land, and such as must not."""

"""The steps, by number; a step that was released is never changed."""

"""The pages that show several floors at once, and the components every page is made of."""
